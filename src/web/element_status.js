// <fanfare-status src="/jobs/demo">: a dot that says how it stands with the connection. Its tooltip says more; with the
// attribute "text" the word stands beside it. A loss and a return are announced to who cannot see it.
//
// The host has data-phase: idle, connecting, connected, polling, reconnecting, closed. Parts: dot, text.

import { FanfareElement, define, make, setText } from './element_base.js';

const SPOKEN_AFTER_MS = 1000;  // most breaks are over before anybody could be told
const TRANSPORT_WORDS = { sse: 'event stream', websocket: 'WebSocket', poll: 'polling' };
const CLOSED_WORDS = {
  done: ['Finished', 'Everything was delivered.'],
  stopped: ['Disconnected', ''],
  refused: ['Refused', 'The server refused.'],
  unknown: ['Not found', 'The server does not know this.'],
  expired: ['Expired', 'It ended a while ago, and the server has forgotten how.'],
  unsupported: ['Not possible', 'The server offers no way to listen.'],
  too_large: ['Closed', 'The server sent more than this page takes.'],
  protocol: ['Closed', 'The server and this page do not understand each other.'],
};

const STATUS_CSS = `
:host { display: inline-block; overflow-wrap: normal; }
.box { display: inline-flex; align-items: center; gap: .5rem; }
.dot { flex: none; width: .625rem; height: .625rem; border-radius: 50%; border: 2px solid var(--_quiet); }
:host([data-phase=connecting]) .dot { border-color: var(--_warn); background: var(--_warn); }
:host([data-phase=connected]) .dot { border-color: var(--_good); background: var(--_good); }
:host([data-phase=polling]) .dot { border-color: var(--_good); background: linear-gradient(90deg, var(--_good) 50%, transparent 50%); }
:host([data-phase=reconnecting]) .dot { border-color: var(--_bad); background: var(--_bad); animation: pulse 1.2s ease-in-out infinite; }
:host([data-problem]) .dot { border-color: var(--_bad); }
@keyframes pulse { 50% { box-shadow: 0 0 0 5px var(--_bad-ground); } }
@media (forced-colors: active) { .dot { forced-color-adjust: none; } }`;

/** What a link is called: {phase, word, more}. Pure. `waitMs`: what is left of the wait. */
export function wordsFor(link, waitMs = link?.waitMs ?? 0) {
  if (link === null) return { phase: 'idle', word: 'Idle', more: '' };
  const by = TRANSPORT_WORDS[link.transport];
  switch (link.phase) {
    case 'connecting': return { phase: 'connecting', word: 'Connecting', more: `By ${by}.` };
    case 'connected': {
      const polling = link.transport === 'poll';
      const tab = link.shared === 'listener' ? ', through another tab' : '';
      return { phase: polling ? 'polling' : 'connected', word: polling ? 'Polling' : 'Connected', more: `By ${by}${tab}.` };
    }
    case 'reconnecting': {
      const seconds = Math.ceil(waitMs / 1000);
      return { phase: 'reconnecting', word: seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting', more: link.detail };
    }
    default: {
      const [word, more] = CLOSED_WORDS[link.reason] ?? CLOSED_WORDS.stopped;
      return { phase: link.reason === 'stopped' ? 'idle' : 'closed', word, more: link.detail || more };
    }
  }
}

export class FanfareStatus extends FanfareElement {
  static css = STATUS_CSS;
  static observedAttributes = [...FanfareElement.observedAttributes, 'text'];

  #box = make('span', { class: 'box' });
  #text = make('span', { class: 'unseen', part: 'text' });
  #live = make('span', { class: 'unseen', role: 'status' });
  #until = 0;
  #ticking = null;
  #speaking = null;
  #away = false;
  #lost = false;  // a loss that was told

  constructor() {
    super();
    this.#box.append(make('span', { class: 'dot', part: 'dot', 'aria-hidden': 'true' }), this.#text);
    this.shadowRoot.append(this.#box, this.#live);
  }

  linked(link) {
    clearInterval(this.#ticking);
    this.#ticking = null;
    const away = link?.phase === 'reconnecting';
    if (away) {
      this.#until = performance.now() + link.waitMs;
      if (link.waitMs > 0) this.#ticking = setInterval(() => this.draw(), 250);
    }
    // Attempts that fail are still the same loss.
    if (!away || !this.#away) {
      clearTimeout(this.#speaking);
      this.#speaking = setTimeout(() => this.#speak(link), away ? SPOKEN_AFTER_MS : 0);
    }
    this.#away = away;
    this.draw();
  }

  #speak(link) {
    const phase = link?.phase;
    if (phase === 'reconnecting' && !this.#lost) {
      this.#lost = true;
      setText(this.#live, 'The connection is lost. Trying again.');
    } else if (phase === 'connected' && this.#lost) {
      this.#lost = false;
      setText(this.#live, 'Connected again.');
    } else if (phase === 'closed' && link.reason !== 'done' && link.reason !== 'stopped') {
      const { word, more } = wordsFor(link);
      setText(this.#live, `${word}. ${more}`);
    }
  }

  draw() {
    const { link } = this;
    const { phase, word, more } = wordsFor(link, this.#until - performance.now());
    this.dataset.phase = phase;
    this.toggleAttribute('data-problem', phase === 'closed' && link.reason !== 'done' && link.reason !== 'stopped');
    this.#text.classList.toggle('unseen', !this.hasAttribute('text'));
    setText(this.#text, word);
    this.#box.title = [word, more].filter(Boolean).join('. ');
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
    clearTimeout(this.#speaking);
    this.#ticking = null;
    this.#away = false;
  }
}

define('fanfare-status', FanfareStatus);
