// Hands events on, each once: to the store of their topic, then to the handlers; and keeps the position.

import { isRecord } from './envelope.js';
import { isRepeated } from './position.js';

const MAX_POSITION_CHARS = 1024;
const MAX_DONE = 100000;  // topics; of more it is not known here that they have ended, and the server says so

export class Delivery {
  #handlers;
  #otherwise;
  #store;
  #onMoved;
  #position;
  #topic = '';
  #done = new Set();  // topics that have ended
  #between = false;   // something without an id came, and the next id is still to come

  /** onMoved() is called after each event, when position and stores agree. */
  constructor({ on, store, position = '', onMoved = () => {} }) {
    this.#handlers = new Map(typeof on === 'function' ? [] : Object.entries(on ?? {}));
    this.#otherwise = typeof on === 'function' ? on : this.#handlers.get('*');
    this.#store = storeOf(store);
    this.#position = position;
    this.#onMoved = onMoved;
  }

  get position() { return this.#position; }

  /** Of the last event that named one. */
  get topic() { return this.#topic; }

  /** As the position, but null while there is no text for where this is: half of the topics' states are here, say. */
  get place() { return this.#between ? null : this.#position; }

  /** Whether the last event of all these topics was here. @param topics  none: the one of the stream */
  over(topics) {
    return this.#done.has('') || (topics.length > 0 && topics.every((topic) => this.#done.has(topic)));
  }

  /** False: it was here before. */
  take(event) {
    if (isRepeated(event, this.#position)) return false;
    const begin = isReset(event);
    if (begin) {
      this.#position = '';
      this.#done.clear();
    }
    if (event.topic !== '') this.#topic = event.topic;
    if (event.type === 'done' && this.#done.size < MAX_DONE) this.#done.add(event.topic);
    if (event.id !== '') this.at(event.id);
    else if (this.#position === '') this.#between = true;
    this.#call(this.#store, event);
    this.#onMoved();
    this.#call(this.#handlers.get(event.type) ?? this.#otherwise, event);
    return true;
  }

  /** The position moved without an event. */
  at(id) {
    if (id === '' || id.length > MAX_POSITION_CHARS) return;
    this.#position = id;
    this.#between = false;
  }

  #call(handler, event) {
    if (!handler) return;
    try {
      handler(event);
    } catch (error) {
      report(error);
    }
  }
}

/** A host's mistake ends neither the stream nor what others hear; it shows where uncaught errors do. */
export function report(error) {
  if (globalThis.reportError) globalThis.reportError(error);
  else setTimeout(() => { throw error; });
}

function isReset({ type, id, data }) {
  return type === 'reset' && id === '' && isRecord(data) && typeof data.reason === 'string';
}

function storeOf(store) {
  if (!store) return () => {};
  if (typeof store.apply === 'function') return (event) => store.apply(event);
  const stores = new Map(Object.entries(store));
  return (event) => {
    const topic = event.type === 'gone' && isRecord(event.data) ? event.data.topic : event.topic;
    if (topic !== '') stores.get(topic)?.apply(event);
    else for (const one of stores.values()) one.apply(event);  // about all of them, or there is only one
  };
}
