// How fast a job's percent grows lately: what was gained and the time that it took, both fading with age.

const FADE_MS = 15000;  // after this time a sample counts 37 %. Calm, since the percent of a job moves in jumps

export class Pace {
  #gained = 0;
  #passed = 0;
  #percent = NaN;
  #at = 0;

  /** Seconds until 100, in steps of 0.1. Null: not known. */
  secondsFrom(percent, now) {
    if (percent >= this.#percent) {
      const passed = Math.max(0, now - this.#at);
      const kept = Math.exp(-passed / FADE_MS);
      this.#gained = this.#gained * kept + (percent - this.#percent);
      this.#passed = this.#passed * kept + passed;
    } else {
      this.#gained = this.#passed = 0;  // the first, or work was thrown away
    }
    this.#percent = percent;
    this.#at = now;
    const seconds = ((100 - percent) * this.#passed) / this.#gained / 1000;
    return this.#passed > 0 && Number.isFinite(seconds) ? Math.round(seconds * 10) / 10 : null;
  }
}
