// How long to wait before the next attempt: full jitter, so that a crowd does not come back at once.

const SHORTEST_BASE_MS = 10;      // a server that asks for less means "at once", not "in a tight loop"
const LONGEST_ASKED_MS = 3600000; // what a server may ask for

export class Backoff {
  #base;
  #cap;
  #random;
  #attempt = 0;

  constructor({ base = 1000, cap = 30000 } = {}, random = Math.random) {
    this.#base = base;
    this.#cap = cap;
    this.#random = random;
  }

  /** Failures since the last connection that stood. */
  get attempt() { return this.#attempt; }

  /** Milliseconds until the next attempt. @param askedMs  at least so many, from Retry-After */
  next(askedMs = 0) {
    const wait = this.#random() * Math.min(this.#cap, this.#base * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 30);  // far above where the cap is reached
    if (askedMs <= 0) return wait;
    // It counts whole seconds and is the same for many: spread within one.
    return Math.max(wait, Math.min(askedMs, LONGEST_ASKED_MS) + this.#random() * 1000);
  }

  /** For one who was told when to come back: the server has drawn the lot already. Told so again and again, before any
      connection stood, it takes its own time at least. */
  exactly(milliseconds) {
    const least = this.#attempt > 0 ? this.next() : 0;
    this.#attempt = Math.max(this.#attempt, 1);
    return Math.max(Math.min(milliseconds, LONGEST_ASKED_MS), least);
  }

  /** Something changed that makes success likely, but for everybody around at the same time. */
  soon() { return this.#random() * this.#base; }

  /** The field `retry:` of a stream. */
  setBase(milliseconds) { this.#base = Math.min(Math.max(milliseconds, SHORTEST_BASE_MS), this.#cap); }

  /** A connection has stood for long enough. */
  reset() { this.#attempt = 0; }
}
