// Source: one connection with the state of its jobs, for several listeners. What the elements stand on; a page that
// wants to set the options, or to hear the events itself, makes one and gives it to them.

import { report } from './delivery.js';
import { connect, jobStore } from './fanfare.js';

const NO_LINK = Object.freeze({ phase: 'connecting', transport: 'sse', shared: '' });

/**
 *     const source = new Source('/events', { transports: ['sse', 'poll'] });
 *     source.listen({ event: show, link: (link) => console.log(link.phase) });
 *     document.querySelector('fanfare-status').source = source;
 */
export class Source {
  #url;
  #options;
  #connection = null;
  #starting = false;
  #closed = false;
  #link = NO_LINK;
  #listeners = new Set();
  #stores = new Map();

  /** options: those of connect(), with `store` as a function of a topic's name; null for no store. */
  constructor(url, { store = () => jobStore(), ...options } = {}) {
    this.#url = url;
    this.#options = { ...options, store };
  }

  get link() { return this.#link; }
  get position() { return this.#connection?.position ?? ''; }
  /** Null before the first turn of the event loop, in which all who want a topic can say so. */
  get connection() { return this.#connection; }
  get idle() { return this.#listeners.size === 0; }

  /** What is known of a topic; '': the only one that there is. Null: nothing yet. */
  stateOf(topic = '') {
    const state = this.#stores.get(topic)?.state ?? null;
    return state?.loaded === false ? null : state;
  }

  /**
   * @param listener  {topic, event(event), link(link)}, each optional. With a topic, only its events
   * @return  what ends it
   */
  listen(listener) {
    const topic = listener.topic ?? '';
    this.#listeners.add(listener);
    const fresh = !this.#stores.has(topic);
    if (fresh) this.#stores.set(topic, this.#options.store?.(topic) ?? null);
    if (!this.#closed && (fresh || this.#connection === null)) this.#start();
    return () => this.#listeners.delete(listener);
  }

  reconnect() {
    this.#closed = false;
    if (this.#connection) this.#connection.reconnect();
    else this.#start();
  }

  /** Listeners stay; reconnect() goes on. */
  close() {
    this.#closed = true;
    this.#connection?.close();
    if (this.#connection === null) this.#linked({ phase: 'closed', reason: 'stopped', status: 0, detail: '' });
  }

  // Who comes within this turn shares the connection from its beginning. A topic that is asked for later needs a new
  // one: a position covers only the topics of the stream that issued it.
  #start() {
    if (this.#starting) return;
    this.#starting = true;
    queueMicrotask(() => {
      this.#starting = false;
      if (!this.#closed) this.#connect();
    });
  }

  #connect() {
    const old = this.#connection;
    const { store, ...options } = this.#options;
    const wanted = new Set([...this.#listeners].map(({ topic }) => topic ?? ''));
    for (const topic of this.#stores.keys()) if (!wanted.has(topic)) this.#stores.delete(topic);
    const topics = [...this.#stores.keys()].filter((topic) => topic !== '');
    // Who names the only topic and who does not mean the same.
    if (topics.length === 1 && this.#stores.has('')) this.#stores.set('', this.#stores.get(topics[0]));
    const stores = Object.fromEntries([...this.#stores].filter(([, one]) => one !== null));
    const [only] = topics.length > 1 ? [] : Object.values(stores);
    let mine = null;
    const now = (action) => (given) => {
      if (mine === null || mine === this.#connection) action(given);
    };
    this.#connection = null;
    old?.close();
    mine = connect(this.#url, {
      ...(topics.length > 0 ? { topics } : {}),
      ...options,
      ...(topics.length > 1 ? { store: stores } : only ? { store: only } : {}),
      on: now((event) => this.#heard(event)),
      onLink: now((link) => this.#linked(link)),
    });
    this.#connection = mine;
  }

  #heard(event) {
    for (const { topic, event: hear } of this.#listeners) {
      if (!topic || !event.topic || topic === event.topic) calling(hear, event);
    }
  }

  #linked(link) {
    if (link === this.#link) return;
    this.#link = link;
    for (const listener of this.#listeners) calling(listener.link, link);
  }
}

// What one listener throws is not the others' loss.
function calling(action, given) {
  try {
    action?.(given);
  } catch (error) {
    report(error);
  }
}

const sources = new Map();

/** Joins the source of this URL that other elements have, or makes it. -> {source, leave} */
export function joinSource(url, options, listener) {
  const key = JSON.stringify([new URL(url, document.baseURI).href, options]);
  const source = sources.get(key) ?? new Source(url, options);
  sources.set(key, source);
  const end = source.listen(listener);
  const leave = () => {
    end();
    // Not at once: an element that is moved leaves its place and comes back.
    setTimeout(() => {
      if (!source.idle || sources.get(key) !== source) return;
      sources.delete(key);
      source.close();
    });
  };
  return { source, leave };
}
