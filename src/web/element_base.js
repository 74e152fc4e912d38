// What all elements are: something with a shadow root that draws a source's state, and is told by attributes which.
//
//   src         the stream's URL; elements with the same one share a connection
//   topic       one of its topics, sent as ?topic=
//   transports  "sse websocket poll", or some of them
//   storage     the state survives a reload (see connect's options)
//   shared      one connection for all tabs
//   heartbeat   milliseconds, see connect's options
//
// The event fanfare-event tells each of the stream's events (detail: the event), fanfare-state that something has
// changed (detail: the state), fanfare-link what became of the connection (detail: the link). None of them bubbles.

import { joinSource } from './element_source.js';
import { SHARED_CSS, styleSheet } from './element_style.js';

const DRAW_MS = 33;     // events may come by the hundred; nobody sees more than this
const STALE_MS = 1000;  // most breaks are over before anybody could read about them

// So that the module can be imported where there is no page.
const PageElement = globalThis.HTMLElement ?? class {};

export class FanfareElement extends PageElement {
  static observedAttributes = ['src', 'topic', 'transports', 'storage', 'shared', 'heartbeat'];
  static css = '';

  #given = null;   // the source that the page set
  #source = null;
  #leave = null;
  #state = null;   // the state that the page set
  #last = null;    // the state that was told last
  #drawing = null;
  #joining = false;
  #staleTimer = null;
  #stale = false;

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [styleSheet(SHARED_CSS), styleSheet(new.target.css)];
  }

  get src() { return this.getAttribute('src') ?? ''; }
  set src(url) { this.#reflect('src', url); }
  get topic() { return this.getAttribute('topic') ?? ''; }
  set topic(name) { this.#reflect('topic', name); }

  /** A Source in place of the attributes, which are not looked at then. Null: the attributes count again. */
  get source() { return this.#source; }
  set source(source) {
    this.#given = source;
    this.#joinSoon();
  }

  /** What is drawn: a job's state, or null. One that was set stays until null is set. */
  get state() { return this.#state ?? this.#source?.stateOf(this.topic) ?? null; }
  set state(state) {
    this.#state = state;
    this.drawSoon();
  }

  get hasSource() { return this.#source !== null; }
  /** Null: there is no source. */
  get link() { return this.#source?.link ?? null; }
  /** The server will say nothing more, and has not said how it ended. */
  get lost() {
    const { phase, reason } = this.link ?? {};
    return phase === 'closed' && reason !== 'stopped' && this.state?.done !== true;
  }
  /** What is shown is not what is: the connection has been away for a while. */
  get stale() { return this.#stale; }

  connectedCallback() {
    this.drawSoon();
    this.#joinSoon();
  }

  disconnectedCallback() {
    this.#part();
    clearTimeout(this.#drawing);
    this.#drawing = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (FanfareElement.observedAttributes.includes(name)) this.#joinSoon();
    else this.drawSoon();
  }

  drawSoon() {
    if (!this.isConnected) return;
    this.#drawing ??= setTimeout(() => {
      this.#drawing = null;
      this.draw();
    }, DRAW_MS);
  }

  /** For the elements to override. */
  draw() {}
  heard() {}
  linked() {}

  // Several attributes may be set in one go.
  #joinSoon() {
    if (this.#joining || !this.isConnected) return;
    this.#joining = true;
    queueMicrotask(() => {
      this.#joining = false;
      if (this.isConnected) this.#join();
    });
  }

  #join() {
    const listener = {
      topic: this.topic,
      event: (event) => this.#hear(event),
      link: (link) => this.#follow(link),
    };
    const leave = this.#leave;
    this.#leave = null;
    if (this.#given) {
      this.#source = this.#given;
      this.#leave = this.#given.listen(listener);
    } else if (this.src !== '') {
      ({ source: this.#source, leave: this.#leave } = joinSource(this.src, this.#options(), listener));
    } else {
      this.#source = null;
    }
    leave?.();
    this.#last = null;
    this.#follow(this.link);
  }

  #part() {
    this.#leave?.();
    this.#leave = null;
    this.#source = null;
    this.#freshen(false);
  }

  #options() {
    const options = {};
    const transports = this.getAttribute('transports')?.trim();
    if (transports) options.transports = transports.split(/[\s,]+/);
    for (const name of ['storage', 'shared']) {
      if (this.hasAttribute(name)) options[name] = this.getAttribute(name) || true;
    }
    const heartbeat = Number(this.getAttribute('heartbeat'));
    if (this.hasAttribute('heartbeat') && heartbeat >= 0) options.heartbeat = heartbeat;
    return options;
  }

  #hear(event) {
    this.heard(event);
    this.#tell('fanfare-event', event);
    const state = this.state;
    if (state !== null && state !== this.#last) {
      this.#last = state;
      this.#tell('fanfare-state', state);
    }
    this.drawSoon();
  }

  #follow(link) {
    if (link?.phase !== 'reconnecting') this.#freshen(false);
    else this.#staleTimer ??= setTimeout(() => this.#freshen(true), STALE_MS);
    this.linked(link);
    if (link) this.#tell('fanfare-link', link);
    this.drawSoon();
  }

  #freshen(stale) {
    if (!stale) {
      clearTimeout(this.#staleTimer);
      this.#staleTimer = null;
    }
    this.#stale = stale;
    this.drawSoon();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #reflect(name, value) {
    if (value === null || value === undefined || value === '') this.removeAttribute(name);
    else this.setAttribute(name, value);
  }
}

/** Once: the module may be on the page twice. */
export function define(name, type) {
  const registry = globalThis.customElements;
  if (registry && !registry.get(name)) registry.define(name, type);
}

/** An element with attributes and children; texts become text, whatever they hold. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Only when it differs: a live region must not be set to what it says already. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
