// One watched job: a WebSocket and the reconnecting around it, and polling when no socket can be had. Knows nothing of
// the DOM.

export const RETRIES = 5;
export const PING_MS = 15000;     // a text ping; its answer shows that the socket lives, which a script cannot see otherwise
export const PONG_MS = 10000;
export const CONNECT_MS = 10000;  // no answer at all for this long is a failure
export const STABLE_MS = 5000;    // a socket that stood this long is a success: the retries are counted anew
export const POLL_MS = 2000;

/** Milliseconds before retry number `attempt`, from 0: min(1 s x 2^n, 30 s). */
export function backoff(attempt) {
  return Math.min(1000 * 2 ** attempt, 30000);
}

/**
 * Phases, told to onPhase as {phase, ...}:
 *   connecting
 *   connected
 *   reconnecting  waitMs until the next try
 *   polling       no socket could be had
 *   done          the server closed with 1000: the job has ended
 *   unknown       there is no such job, or not any more
 *   idle          closed by the page
 */
export class JobSocket {
  #paths;
  #onStatus;
  #onPhase;
  #onRoundTrip;
  #socket = null;
  #timers = new Map();
  #turn = 0;  // of the current attempt: what belongs to an older one is stale
  #attempt = 0;
  #pinged = 0;
  #etag = '';

  constructor({ jobId, onStatus, onPhase, onRoundTrip }) {
    const id = encodeURIComponent(jobId);
    this.#paths = { socket: `/ws/download/${id}`, status: `/api/status/${id}` };
    this.#onStatus = onStatus;
    this.#onPhase = onPhase;
    this.#onRoundTrip = onRoundTrip;
  }

  open() {
    this.#attempt = 0;
    this.#onPhase({ phase: 'connecting' });
    this.#connect();
  }

  close() {
    this.#end('idle');
  }

  #connect() {
    this.#drop();
    const turn = this.#turn;
    const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + this.#paths.socket);
    this.#socket = socket;
    let opened = false;
    this.#after('connect', CONNECT_MS, () => this.#lost());
    socket.onopen = () => {
      if (turn !== this.#turn) return;
      opened = true;
      this.#cancel('connect');
      this.#after('stable', STABLE_MS, () => { this.#attempt = 0; });
      this.#ping();
      this.#onPhase({ phase: 'connected' });
    };
    socket.onmessage = ({ data }) => {
      if (turn === this.#turn) this.#hear(data);
    };
    socket.onclose = ({ code }) => {
      if (turn !== this.#turn) return;
      if (code === 1000) this.#end('done');
      else if (opened) this.#lost();
      else this.#askWhy();
    };
  }

  #hear(text) {
    let message = null;
    try {
      message = JSON.parse(text);
    } catch {
      return;  // not ours to understand
    }
    if (message.type === 'status') this.#onStatus(message.data);
    if (message.type !== 'pong') return;
    this.#cancel('pong');
    this.#onRoundTrip(performance.now() - this.#pinged);
  }

  #ping() {
    this.#pinged = performance.now();
    this.#socket.send('ping');
    this.#after('pong', PONG_MS, () => this.#lost());
    this.#after('ping', PING_MS, () => this.#ping());
  }

  #lost() {
    this.#drop();
    if (this.#attempt >= RETRIES) return this.#poll();
    const waitMs = backoff(this.#attempt);
    this.#attempt += 1;
    this.#after('retry', waitMs, () => this.#connect());
    this.#onPhase({ phase: 'reconnecting', waitMs });
  }

  // A WebSocket that was refused does not say why; the poll of the same job does.
  async #askWhy() {
    this.#drop();
    const turn = this.#turn;
    const status = await this.#ask();
    if (turn !== this.#turn) return;
    if (status === 404 || status === 410) this.#end('unknown');
    else this.#lost();
  }

  async #poll() {
    this.#drop();
    const turn = this.#turn;
    for (let failures = 0; turn === this.#turn;) {
      const status = await this.#ask();
      if (turn !== this.#turn) return;
      if (status === 404 || status === 410) return this.#end('unknown');
      failures = status === 0 ? failures + 1 : 0;
      const waitMs = failures > 0 ? backoff(failures - 1) : POLL_MS;
      this.#onPhase(failures > 0 ? { phase: 'reconnecting', waitMs } : { phase: 'polling' });
      await new Promise((resolve) => this.#after('retry', waitMs, resolve));
    }
  }

  /** Polls once. -> the status code; 0: it failed. Ends this when the job has. */
  async #ask() {
    const turn = this.#turn;
    const headers = this.#etag ? { 'If-None-Match': this.#etag } : {};
    try {
      const response = await fetch(this.#paths.status, { headers: { Accept: 'application/json', ...headers }, cache: 'no-store', signal: AbortSignal.timeout(CONNECT_MS) });
      const state = response.status === 200 ? await response.json() : null;
      if (turn !== this.#turn) return response.status;
      if (state) {
        this.#etag = response.headers.get('ETag') ?? '';
        this.#onStatus(state);
        if (state.status === 'completed' || state.status === 'failed') this.#end('done');
      }
      return response.ok || response.status === 304 || response.status === 404 || response.status === 410 ? response.status : 0;
    } catch {
      return 0;
    }
  }

  #end(phase) {
    this.#drop();
    this.#onPhase({ phase });
  }

  #drop() {
    this.#turn += 1;
    this.#socket?.close();
    this.#socket = null;
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
  }

  #after(name, milliseconds, action) {
    this.#cancel(name);
    this.#timers.set(name, setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, milliseconds));
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
