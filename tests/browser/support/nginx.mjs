// nginx in front of a server, on a port and in a folder of its own.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const nginxCommand = process.env.FANFARE_NGINX;
/** Directives that let WebSockets through. */
export const upgrades = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;';

const START_MS = 15000;
const MAX_PORTS = 5;
const TAKEN = /Address already in use/;

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
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
   * @param nextPort  where to listen. A port that is free may be another's a moment later; then it is asked for one more
   */
  static async start(upstream, location, { tls, nextPort = freePort } = {}) {
    const nginx = new Nginx();
    nginx.#scheme = tls ? 'https' : 'http';
    nginx.#folder = await mkdtemp(join(tmpdir(), 'fanfare-nginx-'));
    try {
      for (let left = MAX_PORTS; ; --left) {
        nginx.port = await nextPort();
        await nginx.#configure(upstream, location, tls);
        try {
          await nginx.up();
          return nginx;
        } catch (error) {
          if (!TAKEN.test(error.message) || left === 1) throw error;
        }
      }
    } catch (error) {
      await nginx.stop();
      throw error;
    }
  }

  #configure(upstream, location, tls) {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${this.#folder}/${name};`);
    return writeFile(join(this.#folder, 'nginx.conf'), `
      daemon off;
      worker_processes 1;
      pid ${this.#folder}/pid;
      error_log stderr;
      events {}
      http {
        access_log off;
        ${temporary.join(' ')}
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        server {
          listen 127.0.0.1:${this.port}${tls ? ' ssl' : ''};
          ${tls ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : ''}
          location / { proxy_pass http://127.0.0.1:${upstream}; proxy_set_header Host $http_host; ${location} }
        }
      }`);
  }

  get url() { return `${this.#scheme}://127.0.0.1:${this.port}/`; }

  async up() {
    let said = '';
    const child = spawn(nginxCommand, ['-p', this.#folder, '-c', 'nginx.conf', '-e', 'stderr'], { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (bytes) => { said = (said + bytes).slice(-4096); });
    let over = false;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => { over = true; resolve(); }));
    for (const deadline = Date.now() + START_MS; !(await this.#listens());) {
      // Without a port it would try for some seconds before it ends.
      if (over || TAKEN.test(said) || Date.now() > deadline) {
        await this.down();
        throw new Error(`nginx does not listen; it said: ${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  // It writes the file once it does. That somebody accepts on the port would not tell who.
  async #listens() {
    return Number(await readFile(join(this.#folder, 'pid'), 'utf8').catch(() => '')) === this.#child.pid;
  }

  /** Ends it at once, with all that goes through it. */
  async down() {
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  async stop() {
    await this.down();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
