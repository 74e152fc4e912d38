// The link to the hub: a native EventSource with the reconnecting around it, and long polls when no stream can be had.
// Knows nothing of the DOM, and of the events only their names.
//
// The native EventSource would reconnect by itself, but at a fixed pace, and not at all after an answer like 503. So it
// is closed at its first error, and this class decides.

export const RETRIES = 5;
export const CAP_MS = 30000;
export const STABLE_MS = 5000;   // a stream that stood this long is a success: the retries are counted anew
export const CONNECT_MS = 10000; // no answer at all for this long is a failure
const POLL_S = 25;               // below what proxies cut at

export const TYPES = ['connected', 'snapshot', 'reset', 'summary_progress', 'summary_complete', 'system', 'ping'];

/** Milliseconds before retry number `attempt`, from 0: 1, 2, 4, 8, 16 s, and 30 s at most. */
export function backoff(attempt) {
  return Math.min(CAP_MS, 1000 * 2 ** attempt);
}

/**
 * Phases, told to onPhase as {phase, ...}:
 *   idle
 *   connecting
 *   connected     by stream
 *   reconnecting  waitMs until the next try; the dot is red
 *   polling       no stream could be had, but polls are answered
 *   refused       status, detail: trying again would not help (400, 401, 403, 404)
 */
export class Link {
  #makeUrl;
  #onEvent;
  #onPhase;
  #quietMs;
  #source = null;
  #abort = null;
  #timers = new Map();
  #turn = 0;  // of the current attempt: what belongs to an older one is stale
  #attempt = 0;
  #since = '';

  /** makeUrl() gives the stream's URL, with a query; quietMs: a stream that says nothing for so long is dead. */
  constructor({ makeUrl, onEvent, onPhase, quietMs }) {
    this.#makeUrl = makeUrl;
    this.#onEvent = onEvent;
    this.#onPhase = onPhase;
    this.#quietMs = quietMs;
  }

  /** Starts, or starts over; goes on from the last event that was seen. */
  open() {
    this.#attempt = 0;
    this.#onPhase({ phase: 'connecting' });
    this.#connect();
  }

  close() {
    this.#drop();
    this.#onPhase({ phase: 'idle' });
  }

  #connect() {
    this.#drop();
    const turn = this.#turn;
    const source = new EventSource(this.#url());
    this.#source = source;
    this.#after('connect', CONNECT_MS, () => this.#lost());
    source.onopen = () => {
      if (turn !== this.#turn) return;
      this.#cancel('connect');
      this.#after('stable', STABLE_MS, () => { this.#attempt = 0; });
      this.#watchQuiet();
      this.#onPhase({ phase: 'connected' });
    };
    source.onerror = () => {
      if (turn !== this.#turn) return;
      if (source.readyState === EventSource.CLOSED) this.#askWhy();
      else this.#lost();
    };
    for (const type of TYPES) {
      source.addEventListener(type, (event) => {
        if (turn !== this.#turn) return;
        this.#watchQuiet();
        this.#hear(type, parsed(event.data), event.lastEventId);
      });
    }
  }

  #watchQuiet() {
    this.#after('quiet', this.#quietMs, () => this.#lost());
  }

  #lost(atLeastMs = 0) {
    this.#drop();
    if (this.#attempt >= RETRIES) return this.#poll();
    const waitMs = Math.max(atLeastMs, backoff(this.#attempt));
    this.#attempt += 1;
    this.#after('retry', waitMs, () => this.#connect());
    this.#onPhase({ phase: 'reconnecting', waitMs });
  }

  // EventSource does not say why it gave up. The same request by fetch does.
  async #askWhy() {
    this.#drop();
    const turn = this.#turn;
    const abort = new AbortController();
    this.#abort = abort;
    this.#after('connect', CONNECT_MS, () => abort.abort());
    let refusal = null;
    let retryAfterMs = 0;
    try {
      const response = await fetch(this.#url(), { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal: abort.signal });
      retryAfterMs = Math.min(CAP_MS, 1000 * Number(response.headers.get('Retry-After')) || 0);
      refusal = await refusalOf(response);
    } catch {
      // no answer, which is a loss like any other
    }
    if (turn !== this.#turn) return;
    if (refusal) this.#refuse(refusal);
    else this.#lost(retryAfterMs);
  }

  // Without a stream: ask for what came since, and the server answers when there is something.
  async #poll() {
    this.#drop();
    const turn = this.#turn;
    let greeted = false;
    for (let failures = 0; turn === this.#turn;) {
      const answer = await this.#ask(failures > 0 || this.#since === '' ? 0 : POLL_S);
      if (turn !== this.#turn) return;
      if (answer.refusal) return this.#refuse(answer.refusal);
      if (answer.body) {
        failures = 0;
        this.#onPhase({ phase: 'polling' });
        // Each answer begins with a greeting; one is enough.
        const events = answer.body.events.filter((event) => !greeted || event.type !== 'connected');
        greeted = true;
        for (const event of events) this.#hear(event.type, event.data, event.id);
        this.#since = answer.body.id ?? this.#since;
        continue;
      }
      const waitMs = backoff(failures);
      failures += 1;
      this.#onPhase({ phase: 'reconnecting', waitMs });
      await new Promise((resolve) => this.#after('retry', waitMs, resolve));
    }
  }

  /** -> {body} of an answer, {refusal}, or {}: it failed */
  async #ask(wait) {
    const abort = new AbortController();
    this.#abort = abort;
    this.#after('connect', CONNECT_MS + wait * 1000, () => abort.abort());
    try {
      const response = await fetch(`${this.#url()}&wait=${wait}`, { headers: { Accept: 'application/json' }, cache: 'no-store', signal: abort.signal });
      const refusal = await refusalOf(response);
      if (refusal) return { refusal };
      if (!response.ok) return {};
      const body = await response.json();
      return Array.isArray(body?.events) ? { body } : {};
    } catch {
      return {};
    } finally {
      if (this.#abort === abort) this.#cancel('connect');
    }
  }

  #url() {
    return this.#makeUrl() + (this.#since ? `&since=${encodeURIComponent(this.#since)}` : '');
  }

  #hear(type, data, id) {
    if (id) this.#since = id;
    this.#onEvent({ type, data, id });
  }

  #refuse(refusal) {
    this.#drop();
    this.#onPhase({ phase: 'refused', ...refusal });
  }

  #drop() {
    this.#turn += 1;
    this.#source?.close();
    this.#source = null;
    this.#abort?.abort();
    this.#abort = null;
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

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** null: no refusal for good. */
async function refusalOf(response) {
  if (![400, 401, 403, 404, 406].includes(response.status)) return null;
  const body = await response.json().catch(() => null);
  return { status: response.status, detail: typeof body?.error === 'string' ? body.error : `The server answered ${response.status}.` };
}
