// A TCP proxy that does to connections what networks do, at random but repeatably: cut them properly, reset them, stall
// them, let them dribble. Without being told to it passes everything on.

import { connect, createServer } from 'node:net';

const DRIBBLE_MS = 3;

export class FaultProxy {
  #pairs = new Set();
  #random;
  #silent = false;
  #down = false;
  #server = createServer({ allowHalfOpen: true }, (near) => this.#join(near));
  port;
  accepted = 0;

  /** @param port  where to connect to; may be changed */
  static async start(port, random = Math.random) {
    const proxy = new FaultProxy();
    proxy.port = port;
    proxy.#random = random;
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url() { return `http://127.0.0.1:${this.#server.address().port}/`; }
  /** Connections that carry a stream, by the target of their request. */
  streams(target = '/events') { return [...this.#pairs].filter((pair) => pair.target.startsWith(target)).length; }

  /** Does one thing to one connection that carries a stream; false: there is none. */
  fault(kinds = ['cut', 'reset', 'stall', 'dribble']) {
    const pairs = [...this.#pairs].filter(({ target, spoilt }) => target.startsWith('/events') && !spoilt);
    if (pairs.length === 0) return false;
    const pair = pairs[this.#pick(pairs.length)];
    const kind = kinds[this.#pick(kinds.length)];
    pair.spoilt = kind !== 'dribble';
    if (kind === 'cut') end(pair);
    else if (kind === 'reset') pair.near.resetAndDestroy();
    else if (kind === 'stall') pair.stalled = true;
    else this.#dribble(pair);
    return true;
  }

  /** Nothing passes any more, and nobody is told. */
  silence() { this.#silent = true; }

  /** Nobody is there. */
  async down() {
    this.#down = true;
    for (const { near } of this.#pairs) near.resetAndDestroy();
  }

  up() {
    this.#down = this.#silent = false;
    for (const pair of this.#pairs) if (pair.stalled || pair.late.length > 0) pair.near.resetAndDestroy();
  }

  stop() {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near) {
    this.accepted += 1;
    if (this.#down) return void near.resetAndDestroy();
    const far = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    const pair = { near, far, target: '', stalled: false, spoilt: false, slow: 0, late: [] };
    this.#pairs.add(pair);
    const gone = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.on('data', (bytes) => {
      // Of a connection that is used again, the request of now.
      pair.target = /^[A-Z]+ (\S+) HTTP/.exec(bytes.toString('latin1'))?.[1] ?? pair.target;
      if (!this.#silent && !pair.stalled) far.write(bytes);
    });
    far.on('data', (bytes) => this.#back(pair, bytes));
    near.on('end', () => far.end());
    far.on('end', () => { if (!this.#silent && !pair.stalled) this.#later(pair, () => near.end()); });
    for (const side of [near, far]) side.on('error', gone).on('close', gone);
  }

  #back(pair, bytes) {
    if (this.#silent || pair.stalled) return;
    if (pair.slow <= 0) return void pair.near.write(bytes);
    for (const byte of bytes) this.#later(pair, () => pair.near.write(Buffer.of(byte)));
  }

  // Byte by byte for the next few hundred of them, and a cut in between.
  #dribble(pair) {
    pair.slow = 50 + this.#pick(400);
    pair.cutAt = this.#pick(2 * pair.slow);
  }

  #later(pair, action) {
    if (pair.slow <= 0) return action();
    pair.late.push(action);
    if (pair.late.length > 1) return;
    const next = () => {
      if (pair.near.destroyed) return;
      if (this.#silent || pair.stalled) return;
      pair.slow -= 1;
      if (pair.slow === pair.cutAt) return end(pair);
      const burst = pair.slow > 0 ? 1 : pair.late.length;
      for (const one of pair.late.splice(0, burst)) one();
      if (pair.late.length > 0) setTimeout(next, DRIBBLE_MS);
    };
    setTimeout(next, DRIBBLE_MS);
  }

  #pick(count) { return Math.floor(this.#random() * count); }
}

function end({ near, far }) {
  near.end();
  near.destroySoon();
  far.destroy();
}
