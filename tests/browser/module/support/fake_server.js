// The other end of fetch and WebSocket, as a test drives it.

import { vi } from 'vitest';

/** One request by fetch that waits to be answered. */
class Exchange {
  constructor(url, init, respond, fail) {
    this.url = new URL(url);
    this.init = init;
    this.headers = init.headers ?? {};
    this.respond = respond;
    this.fail = (why = 'fetch failed') => fail(new TypeError(why));
    this.aborted = false;
    init.signal?.addEventListener('abort', () => {
      this.aborted = true;
      const error = new DOMException('aborted', 'AbortError');
      fail(error);
      try {
        this.controller?.error(error);
      } catch {
        // it has ended before
      }
    });
  }

  get since() { return this.url.searchParams.get('since') ?? ''; }
  get accepts() { return this.headers.Accept; }

  answer(status, { headers = {}, body = null } = {}) {
    this.respond(new Response(body, { status, headers }));
    return this;
  }

  /** An event stream that stays open. */
  stream(text = '') {
    const body = new ReadableStream({ start: (controller) => { this.controller = controller; } });
    this.respond(new Response(body, { status: 200, headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } }));
    if (text) this.send(text);
    return this;
  }

  json(value) {
    return this.answer(200, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });
  }

  send(text) { this.controller.enqueue(typeof text === 'string' ? new TextEncoder().encode(text) : text); }
  end() { this.controller.close(); }
  cut() { this.controller.error(new TypeError('network error')); }
}

/** A fetch of its own, and every WebSocket that is opened meanwhile. */
export class FakeServer {
  exchanges = [];
  sockets = [];
  #seen = 0;

  constructor() {
    const { sockets } = this;
    vi.stubGlobal('WebSocket', class extends FakeWebSocket {
      constructor(url, protocol) {
        super(url, protocol);
        sockets.push(this);
      }
    });
  }

  fetch = (url, init) => new Promise((resolve, reject) => {
    this.exchanges.push(new Exchange(url, init, resolve, reject));
  });

  get last() { return this.exchanges.at(-1); }
  get socket() { return this.sockets.at(-1); }

  /** The one request since the last call; throws when there are none or several. */
  next() {
    const fresh = this.exchanges.slice(this.#seen);
    this.#seen = this.exchanges.length;
    if (fresh.length !== 1) throw new Error(`${fresh.length} requests, not one`);
    return fresh[0];
  }

  get idle() { return this.exchanges.length === this.#seen; }
}

export class FakeWebSocket {
  sent = [];
  closed = false;
  onopen = null;
  onmessage = null;
  onclose = null;
  constructor(url, protocol) {
    this.url = new URL(url);
    this.protocol = protocol;
  }
  send(text) { this.sent.push(text); }
  close() { this.closed = true; }
  open() { this.onopen?.({}); }
  say(message) { this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) }); }
  drop(code = 1006, reason = '') { this.onclose?.({ code, reason }); }
}

export const EPOCH = 'kbbuuv7vbjkek';
export const at = (n) => `${EPOCH}.${n}`;

/** A block of a stream with event names. @param n  the position; null: none */
export function block(n, type, data) {
  return `${n === null ? '' : `id: ${at(n)}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function enveloped(topic, n, type, data) {
  const id = n === null ? {} : { id: at(n) };
  return { topic, ...id, type, data };
}
