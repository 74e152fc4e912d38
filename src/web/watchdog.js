// Notices a peer that is gone without a word: nothing was heard for longer than it may be silent.

export class Watchdog {
  #onQuiet;
  #timer = null;
  #limit = 0;
  #heardAt = 0;

  constructor(onQuiet) { this.#onQuiet = onQuiet; }

  /** From now on something has to be heard every `milliseconds`. 0: never. */
  expect(milliseconds) {
    this.#limit = milliseconds;
    this.heard();
    clearTimeout(this.#timer);
    this.#timer = null;
    if (milliseconds > 0) this.#arm(milliseconds);
  }

  /** Cheap: the timer runs on and looks at the clock. */
  heard() { this.#heardAt = Date.now(); }

  /** A page that slept has timers that are late, so ask when it wakes. */
  check() {
    if (this.#limit <= 0) return;
    const left = this.#limit - this.#quiet();
    clearTimeout(this.#timer);
    if (left > 0) return this.#arm(left);
    this.stop();
    this.#onQuiet();
  }

  stop() { this.expect(0); }

  #arm(milliseconds) { this.#timer = setTimeout(() => this.check(), milliseconds); }

  // The wall clock goes on while the machine sleeps; if it is set back, that is no silence.
  #quiet() {
    const now = Date.now();
    if (now < this.#heardAt) this.#heardAt = now;
    return now - this.#heardAt;
  }
}
