// nginx in front of a server, on a port and in a folder of its own.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const nginxCommand = process.env.FANFARE_NGINX;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

export class Nginx {
  #folder;
  #child;
  #ended;
  #scheme;
  port;

  /**
   * @param upstream  the port of the server
   * @param location  directives for it, besides proxy_pass
   * @param tls       files: { key, cert }
   */
  static async start(upstream, location, tls) {
    const nginx = new Nginx();
    nginx.#scheme = tls ? 'https' : 'http';
    nginx.#folder = await mkdtemp(join(tmpdir(), 'fanfare-nginx-'));
    nginx.port = await freePort();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${nginx.#folder}/${name};`);
    await writeFile(join(nginx.#folder, 'nginx.conf'), `
      daemon off;
      worker_processes 1;
      pid ${nginx.#folder}/pid;
      error_log stderr;
      events {}
      http {
        access_log off;
        ${temporary.join(' ')}
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        server {
          listen 127.0.0.1:${nginx.port}${tls ? ' ssl' : ''};
          ${tls ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : ''}
          location / { proxy_pass http://127.0.0.1:${upstream}; proxy_set_header Host $http_host; ${location} }
        }
      }`);
    await nginx.up();
    return nginx;
  }

  get url() { return `${this.#scheme}://127.0.0.1:${this.port}/`; }

  async up() {
    let said = '';
    const child = spawn(nginxCommand, ['-p', this.#folder, '-c', 'nginx.conf', '-e', 'stderr'], { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (bytes) => { said = (said + bytes).slice(-4096); });
    let over = false;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => { over = true; resolve(); }));
    for (let tries = 0; !(await accepts(this.port)); ++tries) {
      if (over || tries > 1000) throw new Error(`nginx does not listen; it said: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it at once, with all that goes through it. */
  async down() {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  async stop() {
    await this.down();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
