// <fanfare-toasts src="/events" types="system notification">: short messages in the corner of the page, for a while.
//
// Attributes: types, which of the stream's events become toasts (default: system notification toast); max, how many at
// once (4); timeout, milliseconds that each stays (7000; 0: until it is dismissed).
// Properties: toToast(event) -> {tone, title, text} or null. Methods: show({tone, title, text, timeout}), clear().
// tone: info, good, warning, error. Parts: toast, title, text, dismiss.

import { FanfareElement, define, make } from './element_base.js';

const TOAST_TONES = new Set(['info', 'good', 'warning', 'error']);
const TOAST_TYPES = 'system notification toast';

const TOASTS_CSS = `
:host { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 10; width: min(22rem, calc(100vw - 2rem)); pointer-events: none; }
ul { display: grid; gap: .625rem; }
li {
  display: flex; justify-content: space-between; align-items: start; gap: .75rem; padding: .75rem .75rem .75rem 1rem; pointer-events: auto;
  border: 1px solid var(--_line); border-inline-start: 4px solid var(--_tone, var(--_accent)); border-radius: var(--_radius);
  background: var(--_surface); box-shadow: 0 12px 32px -8px rgb(0 0 0 / 30%); animation: rise .2s ease-out; font-size: .875rem; line-height: 1.5;
}
li[data-tone=good] { --_tone: var(--_good); }
li[data-tone=warning] { --_tone: var(--_warn); }
li[data-tone=error] { --_tone: var(--_bad); }
strong { font-weight: 650; }
p { white-space: pre-line; }
button { flex: none; width: 1.75rem; height: 1.75rem; margin: -.125rem 0; border: 0; border-radius: 6px; background: none; color: var(--_quiet); font: inherit; font-size: 1.125rem; line-height: 1; cursor: pointer; }
button:hover { background: var(--_sunken); }
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }`;

export class FanfareToasts extends FanfareElement {
  static css = TOASTS_CSS;

  // Both are there before the first toast: a live region that comes with its text is not read.
  #list = make('ul', { role: 'list' });
  #box = make('section', { 'aria-label': 'Notifications' }, this.#list);
  #polite = make('p', { class: 'unseen', role: 'status' });
  #urgent = make('p', { class: 'unseen', role: 'alert' });
  #timers = new Map();  // toast -> timer
  #last = '';
  #before = null;       // what had the focus before the toasts got it

  constructor() {
    super();
    this.shadowRoot.append(this.#box, this.#polite, this.#urgent);
    for (const name of ['pointerleave', 'focusout']) this.#list.addEventListener(name, () => this.#runAll());
    this.#list.addEventListener('focusin', ({ relatedTarget }) => {
      if (!this.#list.contains(relatedTarget)) this.#before = relatedTarget;
    });
  }

  /** What to show of an event of one of the types; null: nothing. */
  toToast(event) {
    const { level = 'info', title, message, text } = typeof event.data === 'object' && event.data !== null ? event.data : { message: String(event.data) };
    return { tone: level, title: title ?? '', text: message ?? text ?? '' };
  }

  heard(event) {
    const types = (this.getAttribute('types') ?? TOAST_TYPES).split(/[\s,]+/);
    if (!types.includes(event.type)) return;
    // A stream that goes on from an older position may say again what was shown.
    if (event.id !== '' && event.id === this.#last) return;
    if (event.id !== '') this.#last = event.id;
    const toast = this.toToast(event);
    if (toast) this.show(toast);
  }

  show({ tone = 'info', title = '', text = '', timeout = this.#number('timeout', 7000) }) {
    if (title === '' && text === '') return;
    const close = make('button', { type: 'button', 'aria-label': 'Dismiss', part: 'dismiss' }, '\u00d7');
    const words = make('div', {}, ...(title ? [make('strong', { part: 'title' }, String(title))] : []), make('p', { part: 'text' }, String(text)));
    const toast = make('li', { part: 'toast', 'data-tone': TOAST_TONES.has(tone) ? tone : 'info' }, words, close);
    close.addEventListener('click', () => this.#remove(toast));
    this.#list.append(toast);
    this.#timers.set(toast, { left: timeout, timer: null });
    this.#run(toast);
    while (this.#list.children.length > this.#number('max', 4)) this.#remove(this.#list.firstElementChild);
    (tone === 'error' ? this.#urgent : this.#polite).textContent = [title, text].filter(Boolean).join(': ');
  }

  clear() {
    for (const toast of [...this.#list.children]) this.#remove(toast);
  }

  #run(toast) {
    const entry = this.#timers.get(toast);
    clearTimeout(entry.timer);
    if (entry.left > 0) entry.timer = setTimeout(() => this.#expire(toast), entry.left);
  }

  #runAll() {
    for (const toast of this.#timers.keys()) this.#run(toast);
  }

  // Who points at a toast, or stands on its button, has not finished reading. That is asked rather than remembered: of a
  // toast that goes from under the pointer no event need tell that it was left.
  #expire(toast) {
    if (this.#list.matches(':hover, :focus-within')) this.#run(toast);
    else this.#remove(toast);
  }

  #remove(toast) {
    if (toast.contains(this.shadowRoot.activeElement)) this.#passFocus(toast);
    clearTimeout(this.#timers.get(toast)?.timer);
    this.#timers.delete(toast);
    toast.remove();
  }

  // What goes would take the focus to the top of the page with it. Who dismisses by pointer does not want the next one, which
  // would stay for as long as it had the focus.
  #passFocus(toast) {
    const near = toast.lastChild.matches(':focus-visible') ? toast.nextElementSibling ?? toast.previousElementSibling : null;
    const next = near?.lastChild ?? this.#before;
    next?.focus({ preventScroll: true });
  }

  #number(name, otherwise) {
    const value = Number(this.getAttribute(name));
    return this.hasAttribute(name) && Number.isFinite(value) && value >= 0 ? value : otherwise;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.clear();
  }
}

define('fanfare-toasts', FanfareToasts);
