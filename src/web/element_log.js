// <fanfare-log src="/jobs/demo">: the job's log lines. With the attribute "events", every event of the stream as it
// came, for who wants to see the wire; once a second topic has come, with the topic of each.
//
// Attributes: max, the most lines (300); level, the least that is shown: debug, info, warning, error; hide, types of
// events that are not shown ("ping heartbeat"). Methods: add({level, message, time, type}), clear().
// Slot: what stands there while there is no line. Parts: log, line, time, type, topic, text.

import { FanfareElement, define, make } from './element_base.js';
import { clock } from './element_figures.js';

const LOG_LEVELS = ['debug', 'info', 'warning', 'error'];
const MAX_LOG_ROWS = 300;
const AT_END_PX = 24;

// A level of another vocabulary counts as "info", and looks so.
const rankOf = (level) => LOG_LEVELS.indexOf(LOG_LEVELS.includes(level) ? level : 'info');

const LOG_CSS = `
.log { max-height: var(--fanfare-log-height, 20rem); overflow-y: auto; padding: .5rem .75rem; border-radius: var(--_radius); background: var(--_sunken); border: 1px solid var(--_line); font: .8125rem/1.6 var(--_mono); }
.log:not(:has(li:not([hidden]))) { display: none; }
.log:has(li:not([hidden])) ~ slot { display: none; }
::slotted(*) { color: var(--_quiet); font-size: .8125rem; }
li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 .75rem; }
time { color: var(--_quiet); }
b { font-weight: 700; }
[data-level=warning] b { color: var(--_warn); }
[data-level=error] b { color: var(--_bad); }
[data-level=debug] .text { color: var(--_quiet); }
.text { white-space: pre-wrap; }
.topic { display: none; color: var(--_quiet); }
.several .topic { display: inline; }
:host([events]) li { grid-template-columns: 4.25rem 9.5rem minmax(0, 1fr); }
@container (max-width: 34rem) {
  :host([events]) li { grid-template-columns: 4.25rem minmax(0, 1fr); }
  :host([events]) .text { grid-column: 1 / -1; }
}
:host { container-type: inline-size; }`;

export class FanfareLog extends FanfareElement {
  static css = LOG_CSS;
  static observedAttributes = [...FanfareElement.observedAttributes, 'max', 'level', 'hide', 'label', 'events'];

  #list = make('ol', { role: 'list' });
  #box = make('div', { class: 'log', part: 'log', role: 'log', 'aria-live': 'off', tabindex: '0' }, this.#list);
  #drawn = [];  // the lines of the state that are in the list, as objects
  #topic = '';  // the first that an event named
  #heard = [];  // events that are not in it yet: each look at whether the end is in view costs a layout

  constructor() {
    super();
    this.shadowRoot.append(this.#box, make('slot', {}));
  }

  get max() {
    const value = Number.parseInt(this.getAttribute('max'), 10);
    return value > 0 ? value : MAX_LOG_ROWS;
  }

  get #least() { return Math.max(0, LOG_LEVELS.indexOf(this.getAttribute('level'))); }

  heard(event) {
    if (!this.hasAttribute('events')) return;
    this.#heard.push({ event, time: Date.now() });
    if (this.#heard.length > 2 * this.max) this.#heard = this.#heard.slice(-this.max);
  }

  add({ level = 'info', message, time = Date.now(), type = '' }) {
    if (!this.hasAttribute('events') && rankOf(level) < this.#least) return;
    this.#drawHeard();
    this.#keepEnd(() => this.#append({ level, message, time, type }));
  }

  // What others can focus of it is only the whole.
  focus(options) { this.#box.focus(options); }

  clear() {
    this.#list.replaceChildren();
    this.#drawn = [];
    this.#heard = [];
    this.#topic = '';
    this.#box.classList.remove('several');
  }

  draw() {
    this.#box.setAttribute('aria-label', this.getAttribute('label') || 'Log');
    if (this.hasAttribute('events')) {
      this.#drawHeard();
      for (const line of this.#list.children) line.hidden = this.#hides(line.dataset.type);
      return;
    }
    const lines = (this.state?.log ?? []).filter(({ level }) => rankOf(level) >= this.#least).slice(-this.max);
    this.#keepEnd(() => this.#follow(lines));
  }

  #drawHeard() {
    if (this.#heard.length === 0) return;
    const heard = this.#heard.slice(-this.max);
    this.#heard = [];
    this.#keepEnd(() => {
      for (const { event: { type, data, topic }, time } of heard) {
        this.#topic ||= topic;
        if (topic && topic !== this.#topic) this.#box.classList.add('several');
        // On one line, with places to break it.
        const message = typeof data === 'string' ? data : JSON.stringify(data, null, 1)?.replace(/\n */g, ' ') ?? '';
        this.#append({ level: data?.level, message, time, type, topic });
      }
    });
  }

  // Lines keep their identity from state to state: what went is removed at the top, what is new is added below.
  #follow(lines) {
    if (this.#drawn.length === 0 && lines.length === 0) return;  // what add() wrote stays
    let gone = this.#drawn.findIndex((line) => line === lines[0]);
    if (gone < 0) gone = this.#drawn.length;
    const kept = this.#drawn.length - gone;
    if (this.#drawn.slice(gone).some((line, i) => line !== lines[i])) {
      this.clear();
      return this.#follow(lines);
    }
    for (let i = 0; i < gone; i += 1) this.#list.firstElementChild?.remove();
    for (const line of lines.slice(kept)) this.#append(line);
    this.#drawn = lines;
  }

  #append({ level, message, time, type = '', topic = '' }) {
    const word = type || (level === 'info' ? '' : level);
    const text = make('span', { class: 'text', part: 'text' }, String(message));
    if (word && !type) text.prepend(make('b', { part: 'type' }, word), ' ');
    if (topic) text.prepend(make('span', { class: 'topic', part: 'topic' }, `${topic} `));
    const when = make('time', { part: 'time' }, clock(time));
    if (Math.abs(time) < 8.64e15) when.dateTime = new Date(time).toISOString();
    const line = make('li', { part: 'line', 'data-level': LOG_LEVELS.includes(level) ? level : 'info' }, when, ...(type ? [make('b', { part: 'type' }, type)] : []), text);
    if (type) line.dataset.type = type;
    line.hidden = this.#hides(type);
    this.#list.append(line);
    while (this.#list.childElementCount > this.max) this.#list.firstElementChild.remove();
  }

  #hides(type) {
    return Boolean(type) && (this.getAttribute('hide') ?? '').split(/[\s,]+/).includes(type);
  }

  #keepEnd(change) {
    const box = this.#box;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX;
    change();
    if (atEnd) box.scrollTop = box.scrollHeight;
  }
}

define('fanfare-log', FanfareLog);
