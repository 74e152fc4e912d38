// A WebSocket client of plain sockets, for tests that need to send what no proper client would: frames are written by
// hand, and what comes back is read strictly. It closes nothing by itself.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';

export const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const WAIT_MS = 20000;
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** A frame of a client (RFC 6455 sec. 5.2). `declares`: a length other than the payload's; `form`: in how many bytes. */
export function frame(opcode, payload = '', { fin = true, rsv = 0, masked = true, declares, form } = {}) {
  const data = Buffer.from(payload);
  const length = BigInt(declares ?? data.length);
  const bytes = form ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const head = Buffer.alloc(2 + bytes + (masked ? 4 : 0));
  head[0] = (fin ? 0x80 : 0) | rsv << 4 | opcode;
  head[1] = (masked ? 0x80 : 0) | (bytes === 8 ? 127 : bytes === 2 ? 126 : Number(length));
  if (bytes === 2) head.writeUInt16BE(Number(length), 2);
  if (bytes === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, data]);
  const key = randomBytes(4);
  key.copy(head, 2 + bytes);
  return Buffer.concat([head, mask(data, key)]);
}

function mask(data, key) {
  const out = Buffer.allocUnsafe(data.length);
  for (let i = 0; i < data.length; ++i) out[i] = data[i] ^ key[i & 3];
  return out;
}

/** A message in frames of `size` bytes each; `rsv` goes to the first. */
export function fragments(opcode, payload, size, { rsv = 0 } = {}) {
  const data = Buffer.from(payload);
  const out = [];
  for (let at = 0; at === 0 || at < data.length; at += size) {
    const options = { fin: at + size >= data.length, rsv: at === 0 ? rsv : 0 };
    out.push(frame(at === 0 ? opcode : CONTINUATION, data.subarray(at, at + size), options));
  }
  return out;
}

export function closePayload(code, reason = '') {
  const bytes = Buffer.from(reason);
  const out = Buffer.alloc(2 + bytes.length);
  out.writeUInt16BE(code);
  bytes.copy(out, 2);
  return out;
}

/** A whole close frame. */
export const close = (code = 1000, reason = '') => frame(CLOSE, closePayload(code, reason));

export const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Whatever is to happen, happens soon. */
export async function soon(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in time: ${what}`)), WAIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class Connection {
  #socket;
  #chunks = [];
  #size = 0;
  #ended = false;
  #broken = null;
  #wake = () => {};

  /** Only the TCP connection. */
  static async tcp(url) {
    const { hostname, port } = new URL(url);
    const connection = new Connection();
    // Half open, so that it shows who closes first.
    const socket = connection.#socket = connect({ host: hostname, port, allowHalfOpen: true, noDelay: true });
    socket.on('data', (chunk) => {
      connection.#chunks.push(chunk);
      connection.#size += chunk.length;
      connection.#wake();
    });
    socket.on('end', () => { connection.#ended = true; connection.#wake(); });
    socket.on('error', (error) => { connection.#broken = error; connection.#wake(); });
    await soon(once(socket, 'connect'), 'a TCP connection');
    return connection;
  }

  /** With the opening handshake; `agreed` is what the server says of extensions. */
  static async open(url, { offer } = {}) {
    const connection = await Connection.tcp(url);
    const key = randomBytes(16).toString('base64');
    await connection.write(`GET / HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${offer ? `Sec-WebSocket-Extensions: ${offer}\r\n` : ''}\r\n`);
    const head = await connection.head();
    const proof = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.equal(head.match(/^sec-websocket-accept: (.*)\r$/im)?.[1], proof);
    connection.agreed = head.match(/^sec-websocket-extensions: (.*)\r$/im)?.[1] ?? '';
    return connection;
  }

  get ended() { return this.#ended; }
  get bytesWaiting() { return this.#socket.writableLength; }
  pause() { this.#socket.pause(); }
  resume() { this.#socket.resume(); }
  destroy() { this.#socket.destroy(); }

  /** All at once, or `chop` octets in each write. Resolves when the kernel has taken it all. */
  async write(data, chop) {
    if (!chop) return void (this.#socket.write(data) || await soon(once(this.#socket, 'drain'), 'room to write'));
    for (let at = 0; at < data.length; at += chop) {
      if (!this.#socket.write(data.subarray(at, at + chop))) await soon(once(this.#socket, 'drain'), 'room to write');
      if (chop < 64) await new Promise(setImmediate);  // else several might go into one packet
    }
  }

  /** The head of an HTTP response, and in `body` what follows it, if the connection ends then. */
  async head() {
    for (;;) {
      const end = this.#joined().indexOf('\r\n\r\n');
      if (end >= 0) return this.#take(end + 4).toString('latin1');
      await this.#more('the head of a response');
    }
  }

  async body() {
    await this.end();
    return this.#take(this.#size).toString();
  }

  /** The next frame of the server. */
  async frame() {
    await this.#has(2, 'a frame');
    const [first, second] = this.#joined(2);
    assert.equal(second & 0x80, 0, 'sec. 5.1: a server does not mask');
    assert.equal(first & 0x30, 0, 'sec. 5.2: RSV2 and RSV3 are 0');
    const bytes = { 126: 2, 127: 8 }[second] ?? 0;
    await this.#has(2 + bytes, 'a length');
    const head = this.#take(2 + bytes);
    const length = bytes === 8 ? Number(head.readBigUInt64BE(2)) : bytes === 2 ? head.readUInt16BE(2) : second;
    assert.equal(bytes, length < 126 ? 0 : length < 65536 ? 2 : 8, 'sec. 5.2: the fewest bytes');
    await this.#has(length, `a payload of ${length} bytes`);
    return { opcode: first & 0x0f, fin: first >= 0x80, rsv1: (first & 0x40) !== 0, payload: this.#take(length) };
  }

  /** Just these messages and control frames come next, whole and not compressed. */
  async expects(replies) {
    for (const [opcode, wanted] of replies) {
      const { rsv1, fin, opcode: is, payload } = await this.frame();
      const want = Buffer.from(wanted);
      assert.deepEqual([is, payload.length, fin, rsv1], [opcode, want.length, true, false]);
      if (!payload.equals(want)) assert.deepEqual(payload, want);  // which is slow, and says where
    }
  }

  /** The server ends the TCP connection, properly, and sends nothing before. */
  async end() {
    while (!this.#ended) await this.#more('the end of the connection');
  }

  /** The close frame, then the end, at once and without anything between; the code, or null if there is none. */
  async closed() {
    const last = await this.frame();
    assert.equal(last.opcode, CLOSE, `a close frame, and not opcode ${last.opcode} with ${last.payload.subarray(0, 40)}`);
    assert.ok(last.fin && !last.rsv1 && last.payload.length <= 125 && last.payload.length !== 1);
    const since = performance.now();
    await this.end();
    assert.ok(performance.now() - since < 5000, 'sec. 7.1.1: the server ends the TCP connection at once');
    assert.equal(this.#size, 0, 'sec. 5.5.1: nothing after a close frame');
    this.#socket.destroy();
    return last.payload.length === 0 ? null : last.payload.readUInt16BE();
  }

  async #has(size, what) {
    while (this.#size < size) await this.#more(what);
  }

  async #more(what) {
    if (this.#broken) throw new Error(`${this.#broken.message} instead of ${what}`);
    if (this.#ended) throw new Error(`the connection ended instead of ${what}`);
    await soon(new Promise((resolve) => { this.#wake = resolve; }), what);
  }

  /** What came, in one piece as far as needed. */
  #joined(least = this.#size) {
    if ((this.#chunks[0]?.length ?? 0) < least) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(size) {
    const parts = [];
    let left = size;
    while (left > 0) {
      const chunk = this.#chunks[0];
      parts.push(chunk.subarray(0, left));
      if (chunk.length > left) this.#chunks[0] = chunk.subarray(left);
      else this.#chunks.shift();
      left -= parts.at(-1).length;
    }
    this.#size -= size;
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}

/** One direction of permessage-deflate (RFC 7692 sec. 7.2). Without `takeover` each message is by itself. */
class Codec {
  #make;
  #stream = null;

  constructor(create, { bits, takeover }) {
    this.#make = () => create({ windowBits: bits });
    this.takeover = takeover;
  }

  run(data) {
    if (!this.#stream || !this.takeover) {
      this.#stream?.close();
      this.#stream = this.#make();
    }
    const stream = this.#stream;
    return soon(new Promise((resolve, reject) => {
      const out = [];
      const add = (chunk) => out.push(chunk);
      stream.on('data', add).once('error', reject);
      stream.write(data);
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off('data', add).off('error', reject);
        resolve(Buffer.concat(out));
      });
    }), 'zlib');
  }

  close() { this.#stream?.close(); }
}

export class Deflater extends Codec {
  constructor(options) { super(createDeflateRaw, options); }

  async compress(data) {
    if (data.length === 0) return Buffer.from([0]);  // sec. 7.2.3.6; a flush of nothing gives nothing
    const out = await this.run(data);
    assert.deepEqual(out.subarray(-4), TAIL);
    return out.subarray(0, -4);
  }
}

export class Inflater extends Codec {
  constructor(options) { super(createInflateRaw, options); }

  inflate(data) { return this.run(Buffer.concat([data, TAIL])); }
}
