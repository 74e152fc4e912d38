// A page without a browser: the time is the test's, and so are the network, the window's events and the storage.

import { vi } from 'vitest';

class Target {
  #listeners = new Map();
  addEventListener = (type, listener) => this.#of(type).add(listener);
  removeEventListener = (type, listener) => this.#of(type).delete(listener);
  fire(type, fields = {}) { for (const listener of [...this.#of(type)]) listener({ type, ...fields }); }
  listeners() { return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0); }
  #of(type) {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    return this.#listeners.get(type);
  }
}

class Storage {
  items = new Map();
  room = Infinity;  // for all items together
  getItem(name) { return this.items.get(name) ?? null; }
  removeItem(name) {
    this.items.delete(name);
    delete this[name];
  }
  setItem(name, text) {
    const others = [...this.items].reduce((sum, [other, value]) => sum + (other === name ? 0 : value.length), 0);
    if (others + text.length > this.room) throw new Error('QuotaExceededError');
    this.items.set(name, text);
    this[name] = text;  // as a browser's, whose keys are the names
  }
}

/** Replaces the page's globals until the end of the test. */
export function fakePage({ visible = true } = {}) {
  vi.useRealTimers();  // with what the test before has left
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  const window = new Target();
  const document = Object.assign(new Target(), { visibilityState: visible ? 'visible' : 'hidden', baseURI: 'http://page.test/' });
  const storage = new Storage();
  const errors = [];
  vi.stubGlobal('addEventListener', window.addEventListener);
  vi.stubGlobal('removeEventListener', window.removeEventListener);
  vi.stubGlobal('document', document);
  vi.stubGlobal('location', { origin: 'http://page.test' });
  vi.stubGlobal('sessionStorage', storage);
  vi.stubGlobal('reportError', (error) => errors.push(error));
  vi.stubGlobal('navigator', {});
  return {
    window, document, storage, errors,
    show() {
      document.visibilityState = 'visible';
      document.fire('visibilitychange');
    },
    hide() {
      document.visibilityState = 'hidden';
      document.fire('visibilitychange');
    },
  };
}

/** Lets so much time pass, and everything happen that is due. */
export async function pass(milliseconds) {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

/** Lets happen what needs no time: streams take a few turns of the event loop. */
export async function settle() {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(0);
}
