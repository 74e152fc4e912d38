// One watched stream: a native EventSource, and the reconnecting around it. Knows nothing of the DOM, and of
// the events only that "done" is the last one.
//
// The native EventSource would reconnect by itself, but at a fixed pace, with the ?since= of its first
// request, and not at all after an answer like 503. So it is closed at its first error, and this class
// decides: try again later, or ask the server with fetch why it refused.

export const QUICK_MS = 250;     // most breaks are short: the first retry is nearly immediate
export const BASE_MS = 1000;
export const CAP_MS = 30000;
export const STABLE_MS = 5000;   // a stream that stood this long is a success: the next break starts from the quick retry
export const CONNECT_MS = 10000; // no answer at all for this long is a failure
export const QUIET_MS = 37500;   // 2.5 heartbeats of 15 s. Heartbeats are comments, which a page cannot see: so ask again
const MAX_RETRY_AFTER_MS = 300000;

/** Milliseconds before retry number `attempt` (0 is the first): full jitter, so that a crowd does not come back at once. */
export function backoff(attempt, random) {
  return random() * (attempt === 0 ? QUICK_MS : Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)));
}

/**
 * Phases, told to onPhase as {phase, ...}:
 *   connecting
 *   connected
 *   reconnecting  waitMs: until the next try; 0: it is being tried
 *   closed        reason: done | over (204) | unknown (404) | expired (410) | refused | stopped; detail: the server's words
 */
export class Connection {
  #makeUrl;
  #onEvent;
  #onPhase;
  #io;
  #source = null;
  #timers = new Map();
  #turn = 0;  // of the current attempt: what belongs to an older one is stale
  #attempt = 0;
  #phase = '';

  /** makeUrl() is called for every attempt, so that it can carry the newest ?since=. `io` replaces the browser, for tests. */
  constructor({ makeUrl, onEvent, onPhase, io = browserIo() }) {
    this.#makeUrl = makeUrl;
    this.#onEvent = onEvent;
    this.#onPhase = onPhase;
    this.#io = io;
  }

  open() {
    this.#attempt = 0;
    this.#tell({ phase: 'connecting' });
    this.#connect();
  }

  /** Ends it. Nothing is called back afterwards, but for the one "closed". */
  close() {
    this.#end('stopped');
  }

  /** Skips what is left of a wait: the user is impatient, or the network came back. */
  retryNow() {
    if (this.#phase !== 'reconnecting' || !this.#timers.has('retry')) return;
    this.#tell({ phase: 'reconnecting', waitMs: 0 });
    this.#connect();
  }

  #connect() {
    this.#drop();
    const turn = this.#turn;
    const source = new this.#io.EventSource(this.#makeUrl());
    this.#source = source;
    this.#after('connect', CONNECT_MS, () => this.#later());
    source.onopen = () => {
      if (turn === this.#turn) this.#opened();
    };
    source.onmessage = (message) => {
      if (turn === this.#turn) this.#message(message.data);
    };
    source.onerror = () => {
      if (turn !== this.#turn) return;
      const refused = source.readyState === this.#io.EventSource.CLOSED;
      if (refused) this.#askWhy();
      else this.#later();
    };
  }

  #opened() {
    this.#cancel('connect');
    this.#after('stable', STABLE_MS, () => { this.#attempt = 0; });
    this.#watchQuiet();
    this.#tell({ phase: 'connected' });
  }

  #message(data) {
    this.#watchQuiet();
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return;  // not ours to understand; the stream goes on
    }
    this.#onEvent(event);
    if (event?.type === 'done') this.#end('done');
  }

  // Nothing seen for a while: either all is well and nothing happens, or the peer is gone without a word. Asking
  // again from the last position costs one request and shows which.
  #watchQuiet() {
    this.#after('quiet', QUIET_MS, () => this.#connect());
  }

  #later(atLeastMs = 0) {
    this.#drop();
    const waitMs = Math.max(atLeastMs, backoff(this.#attempt, this.#io.random));
    this.#attempt += 1;
    this.#after('retry', waitMs, () => {
      this.#tell({ phase: 'reconnecting', waitMs: 0 });
      this.#connect();
    });
    this.#tell({ phase: 'reconnecting', waitMs });
  }

  // EventSource does not say why it gave up. The same request by fetch does.
  async #askWhy() {
    this.#drop();
    const turn = this.#turn;
    const abort = new AbortController();
    this.#after('connect', CONNECT_MS, () => abort.abort());
    let status = 0;
    let detail = '';
    let retryAfterMs = 0;
    try {
      const response = await this.#io.fetch(this.#makeUrl(), {
        headers: { Accept: 'text/event-stream' },
        cache: 'no-store',
        signal: abort.signal,
      });
      status = response.status;
      retryAfterMs = retryAfter(response);
      if (!response.ok) detail = await errorText(response);
    } catch {
      status = 0;  // no answer
    }
    abort.abort();  // a 200 is a stream, which is not read here
    if (turn !== this.#turn) return;
    const reason = finalReason(status);
    if (reason) this.#end(reason, detail);
    else this.#later(retryAfterMs);
  }

  #end(reason, detail = '') {
    this.#drop();
    if (this.#phase !== 'closed') this.#tell({ phase: 'closed', reason, detail });
  }

  #drop() {
    this.#turn += 1;
    this.#source?.close();
    this.#source = null;
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
  }

  #after(name, milliseconds, action) {
    this.#cancel(name);
    this.#timers.set(name, this.#io.setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, milliseconds));
  }

  #cancel(name) {
    if (!this.#timers.has(name)) return;
    this.#io.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #tell(phase) {
    if (phase.phase === this.#phase && phase.phase !== 'reconnecting') return;
    this.#phase = phase.phase;
    this.#onPhase(phase);
  }
}

function finalReason(status) {
  if (status === 204) return 'over';
  if (status === 404) return 'unknown';
  if (status === 410) return 'expired';
  if (status === 400 || status === 401 || status === 403) return 'refused';
  return '';
}

function retryAfter(response) {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0;
}

async function errorText(response) {
  try {
    const body = await response.json();
    return typeof body.error === 'string' ? body.error : '';
  } catch {
    return '';
  }
}

function browserIo() {
  return {
    EventSource: globalThis.EventSource,
    fetch: (...args) => globalThis.fetch(...args),
    setTimeout: (...args) => globalThis.setTimeout(...args),
    clearTimeout: (id) => globalThis.clearTimeout(id),
    random: Math.random,
  };
}
