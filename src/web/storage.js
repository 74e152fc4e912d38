// Position and state over a reload, in sessionStorage: one item for both, so that they are always of the same moment.
// Where that cannot be had, neither is kept, and the reloaded page begins with a snapshot.

import { isRecord } from './envelope.js';
import { watchPage } from './page_events.js';

const PREFIX = 'fanfare:';
const EVERY_MS = 1000;          // an older pair is as good: it only means more events to catch up with
const MAX_CHARS = 1024 * 1024;  // of the some 5 Mi that a page has

export class Keeper {
  #name;
  #stores;
  #current;
  #timer = null;
  #end = null;

  /** current() tells the position. @param name  of watchName(); @param store  one, or one for each topic by its name */
  constructor(name, store, current) {
    this.#name = name;
    this.#stores = typeof store.apply === 'function' ? { '': store } : store;
    this.#current = current;
    this.start();
  }

  /** Saves when the page goes, until stop(). */
  start() {
    this.#end ??= watchPage({ left: () => this.save() });
  }

  /** Fills the stores and returns the position that belongs to them; empty: there is none. */
  load() {
    let kept;
    try {
      kept = JSON.parse(storage()?.getItem(this.#name) ?? 'null');
    } catch {
      return '';
    }
    if (!isRecord(kept) || typeof kept.position !== 'string' || !isRecord(kept.states)) return '';
    const names = Object.keys(this.#stores);
    const whole = names.length === Object.keys(kept.states).length &&
      names.every((name) => Object.hasOwn(kept.states, name) && this.#stores[name].load(kept.states[name]));
    return whole ? kept.position : '';  // the snapshots that come then replace what was loaded in part
  }

  /** Soon. */
  moved() {
    this.#timer ??= setTimeout(() => this.save(), EVERY_MS);
  }

  save() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const position = this.#current();
    const states = {};
    for (const [name, store] of Object.entries(this.#stores)) states[name] = store.save();
    const text = position ? JSON.stringify({ position, states }) : '';
    put(this.#name, text.length <= MAX_CHARS ? text : '');
  }

  stop() {
    this.save();
    this.#end?.();
    this.#end = null;
  }
}

function put(name, text) {
  const items = storage();
  if (!items) return;
  try {
    if (text === '') items.removeItem(name);
    else items.setItem(name, text);
  } catch {
    makeRoom(items);
    try {
      items.setItem(name, text);
    } catch {
      items.removeItem(name);
    }
  }
}

// What other watches of this tab have left.
function makeRoom(items) {
  for (const name of Object.keys(items)) if (name.startsWith(PREFIX)) items.removeItem(name);
}

function storage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;  // switched off by the user
  }
}
