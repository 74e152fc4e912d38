// One watch: attempts, over one transport at a time, until the server says that it is over.
//
// A transport is a function that gets an attempt and returns {close()}. The attempt has what to ask for, and is told
// what happens: opened(), heard(), event(), at(), retry(), and once failed(outcome), with what verdict.js describes and
//   silent   it opened and then nothing came
//   ended    the stream ended properly
//   exactly  come back after just what retry() said
//   refused  no WebSocket, from a server that is there

import { Backoff } from './backoff.js';
import { watchPage } from './page_events.js';
import { openPoll } from './poll.js';
import { requestFields, streamUrl } from './settings.js';
import { openSse } from './sse.js';
import { Watchdog } from './watchdog.js';
import { commandError, openWebSocket } from './websocket.js';

const OPENERS = { sse: openSse, websocket: openWebSocket, poll: openPoll };
const PATIENCE = 3;       // fruitless attempts until the other transports are tried too
const LOST_PATIENCE = 5;  // the same for one that has worked

export class Watcher {
  #settings;
  #hooks;
  #backoff;
  #watchdog = new Watchdog(() => this.#quiet());
  #timers = new Map();
  #endPage = null;
  #turn = 0;  // of the current attempt: what belongs to an older one is stale
  #conversation = null;
  #transport;
  #unserved = new Set();  // transports that the server has said it does not have
  #worked = '';           // the transport that something came over
  #fruitless = 0;         // attempts since then
  #refusals = new Map();  // by transport, what looked as if the server did not have it
  #opened = false;
  #heard = false;
  #retryMs = null;
  #waits = false;         // for no better reason than jitter
  #link;

  /** hooks: position(), event(event), at(id), heard(), over() (all that was wanted is here), link(link). */
  constructor(settings, hooks) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#backoff = new Backoff(settings.backoff, settings.random);
    this.#transport = settings.transports[0];
    this.#link = { phase: 'connecting', transport: this.#transport, shared: '' };
  }

  get link() { return this.#link; }

  /** Whether send() can work now. */
  get speaks() { return this.#link.phase === 'connected' && this.#conversation?.send !== undefined; }

  start() {
    this.#endPage ??= watchPage({
      shown: () => this.#wake(),
      online: () => this.#wake(),
      left: () => this.#drop(),
      back: () => { if (this.#link.phase !== 'closed') this.reconnect(); },
    });
    this.#tellAndConnect({ phase: 'connecting', transport: this.#transport });
  }

  /** Silently. */
  stop() {
    this.#drop();
    this.#endPage?.();
    this.#endPage = null;
  }

  reconnect() {
    this.#unserved.clear();
    this.#fruitless = 0;
    this.#refusals.clear();
    this.#backoff.reset();
    this.#transport = this.#worked || this.#settings.transports[0];
    this.start();
  }

  send(command) {
    if (this.speaks) return this.#conversation.send(command);
    return Promise.reject(commandError('unavailable', 'there is no WebSocket to send it over'));
  }

  #connect(transport) {
    this.#drop();
    this.#transport = transport;
    this.#opened = this.#heard = false;
    this.#retryMs = null;
    this.#watchdog.expect(this.#settings.timeout);
    const attempt = this.#attempt(this.#turn);
    try {
      this.#conversation = OPENERS[transport](attempt);
    } catch (error) {
      attempt.failed({ unsupported: true, detail: error.message });  // no WebSocket here, or none that the page may open
    }
  }

  #attempt(turn) {
    const { heartbeat, heartbeatIsChosen, maxEventChars, pollSeconds, timeout } = this.#settings;
    const position = () => this.#hooks.position();
    const current = (action) => (...values) => { if (turn === this.#turn) action(...values); };
    return {
      heartbeat, heartbeatIsChosen, maxEventChars, pollSeconds, timeout,
      url: (wait) => streamUrl(this.#settings, position(), wait),
      fetch: (accept, { signal, wait }) => this.#settings.fetch(streamUrl(this.#settings, position(), wait), {
        headers: requestFields(this.#settings, accept, position()),
        credentials: this.#settings.credentials,
        cache: 'no-store',
        signal,
      }),
      sleep: (milliseconds) => new Promise((resolve) => { if (turn === this.#turn) this.#after('sleep', milliseconds, resolve); }),
      expect: current((milliseconds) => this.#watchdog.expect(milliseconds)),
      opened: current(() => this.#open()),
      heard: current(() => this.#hear()),
      event: current((event) => this.#hooks.event(event)),
      at: current((id) => this.#hooks.at(id)),
      retry: current((milliseconds) => { this.#retryMs = milliseconds; }),
      failed: current((outcome) => this.#fail(outcome)),
    };
  }

  #open() {
    this.#opened = true;
    if (this.#transport === 'sse') this.#watchdog.expect(2.5 * this.#settings.heartbeat);
    this.#after('stable', this.#settings.backoff.stable, () => this.#backoff.reset());
    this.#tell({ phase: 'connected', transport: this.#transport });
  }

  #hear() {
    this.#watchdog.heard();
    this.#heard = true;
    this.#worked = this.#transport;
    this.#fruitless = 0;
    this.#refusals.clear();
    this.#hooks.heard();
  }

  #quiet() {
    const detail = this.#opened ? 'nothing came for too long' : 'no answer';
    this.#fail({ detail, silent: this.#opened && !this.#heard });
  }

  #fail(outcome) {
    const { final, status = 0, detail = '', unsupported = false, ended = false } = outcome;
    this.#drop();
    if (ended && this.#hooks.over()) return this.#close('done', 200, detail);
    if (final) return this.#close(final, status, detail);
    if (unsupported || this.#refusedFor(outcome) >= PATIENCE) this.#unserved.add(this.#transport);
    if (outcome.busy) return this.#later(this.#transport, outcome);
    if (!this.#heard) this.#fruitless += 1;
    if (this.#fruitless >= LOST_PATIENCE || this.#unserved.has(this.#worked)) this.#worked = '';

    const served = this.#settings.transports.filter((name) => !this.#unserved.has(name));
    if (served.length === 0) return this.#close('unsupported', status, detail);
    const next = this.#unserved.has(this.#transport) ? served[0] : this.#following(outcome, served);
    if (next) return this.#now(next, detail);
    this.#later(this.#worked || served[0], outcome);
  }

  #refusedFor({ refused = false, mistyped = false }) {
    const times = (this.#refusals.get(this.#transport) ?? 0) + (refused || mistyped ? 1 : 0);
    this.#refusals.set(this.#transport, times);
    return times;
  }

  // As long as none has worked, what may be the transport's own failure has the next one tried at once.
  #following({ silent, mistyped, status = 0 }, served) {
    const suspect = this.#fruitless >= PATIENCE || (status === 0 && (silent || this.#transport === 'websocket'));
    return !this.#worked && (suspect || mistyped) ? served[served.indexOf(this.#transport) + 1] : undefined;
  }

  #now(transport, detail) {
    this.#tellAndConnect({ phase: 'reconnecting', transport, waitMs: 0, attempt: this.#backoff.attempt, detail });
  }

  // Who is told may have stopped it, or begun anew.
  #tellAndConnect(link) {
    const turn = this.#turn;
    this.#tell(link);
    if (turn === this.#turn) this.#connect(link.transport);
  }

  #later(transport, { askedMs = 0, exactly = false, detail = '' }) {
    if (this.#retryMs !== null && !exactly) this.#backoff.setBase(this.#retryMs);
    const waitMs = exactly && this.#retryMs !== null ? this.#backoff.exactly(this.#retryMs) : this.#backoff.next(askedMs);
    this.#waits = askedMs <= 0 && !exactly;
    this.#retryIn(waitMs, transport, detail);
  }

  #retryIn(waitMs, transport, detail) {
    this.#transport = transport;
    this.#after('retry', waitMs, () => this.#now(transport, detail));
    this.#tell({ phase: 'reconnecting', transport, waitMs, attempt: this.#backoff.attempt, detail });
  }

  // The page is looked at again, or has a network again: waiting for long makes no sense now, and silence may be death.
  #wake() {
    if (!this.#timers.has('retry')) return this.#watchdog.check();
    if (!this.#waits) return;
    const waitMs = this.#backoff.soon();
    if (waitMs < this.#link.waitMs) this.#retryIn(waitMs, this.#transport, this.#link.detail);
  }

  #close(reason, status, detail) {
    this.stop();
    this.#tell({ phase: 'closed', reason, status, detail });
  }

  #drop() {
    this.#turn += 1;
    const conversation = this.#conversation;
    this.#conversation = null;
    conversation?.close();
    this.#watchdog.stop();
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
  }

  #after(name, milliseconds, action) {
    this.#cancel(name);
    this.#timers.set(name, setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, milliseconds));
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #tell(link) {
    this.#link = link.phase === 'closed' ? link : { ...link, shared: '' };
    this.#hooks.link(this.#link);
  }
}
