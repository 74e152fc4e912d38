// Files to download, as slow as a test needs: /NAME?size=N[&hold=M] sends M bytes and then waits until release() is
// called; without hold it sends all at once. /missing... is 404. Loopback only, at most MAX_SIZE bytes a file.

import { once } from 'node:events';
import { createServer } from 'node:http';

const MAX_SIZE = 64 << 20;
const PART = Buffer.alloc(64 << 10, 'fanfare!');

export class FileServer {
  #gates = [];
  #open = false;
  #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  static async start() {
    const files = new FileServer();
    await new Promise((resolve) => files.#server.listen(0, '127.0.0.1', resolve));
    return files;
  }

  url(name, { size = 1 << 20, hold } = {}) {
    const query = new URLSearchParams({ size, ...(hold === undefined ? {} : { hold }) });
    return `http://127.0.0.1:${this.#server.address().port}/${name}?${query}`;
  }

  /** Lets every file that is held, now or later, go on. */
  release() {
    this.#open = true;
    for (const pass of this.#gates.splice(0)) pass();
  }

  hold() {
    this.#open = false;
  }

  stop() {
    this.release();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request, response) {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname.startsWith('/missing')) return response.writeHead(404).end('not here');
    const size = Math.min(MAX_SIZE, Number(url.searchParams.get('size')));
    const hold = Math.min(size, Number(url.searchParams.get('hold') ?? size));
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
    if (request.method === 'HEAD') return response.end();
    await write(response, hold);
    if (hold < size && !this.#open) await new Promise((resolve) => this.#gates.push(resolve));
    await write(response, size - hold);
    response.end();
  }
}

async function write(response, bytes) {
  const closed = new Promise((resolve) => response.once('close', resolve));
  while (bytes > 0 && !response.destroyed) {
    const part = PART.subarray(0, bytes);
    bytes -= part.length;
    if (!response.write(part)) await Promise.race([once(response, 'drain'), closed]);
  }
}
