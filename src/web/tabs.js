// One connection for all tabs of an origin: whoever gets the Web Lock holds it and passes every event on over a
// BroadcastChannel; when that tab goes, the next in line has the lock.
//
// A holder counts what it passes on. A tab listens as long as it gets each number; a tab that comes later, or has missed
// one, catches up over a connection of its own until it is where the holder is. So nothing depends on what another tab
// still remembers, and no tab keeps anything for others.

import { commandError, MAX_COMMANDS } from './websocket.js';
import { pageIsVisible, watchPage } from './page_events.js';
import { comparePositions } from './position.js';
import { Watchdog } from './watchdog.js';
import { Watcher } from './watcher.js';

const GREET_MS = 1000;     // a holder that has not answered by then is busy or frozen
const RELEASE_MS = 200;
const COMMAND_MS = 30000;  // until an answer from another tab is given up

export function canShare() {
  return Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);  // not in an insecure context
}

/** As a Watcher, for a delivery. */
export class SharedWatcher {
  #settings;
  #delivery;
  #name;
  #tell;
  #role = 'none';     // holder, listener, catching (up), and none before it is known
  #link;
  #watcher = null;    // of its own
  #channel = null;
  #endPage = null;
  #waiting = null;    // ends the request for the lock, or gives the lock back
  #number = 0;        // as a holder; later ones are higher
  #seen = 0;          // the highest number
  #followed = null;   // the holder's last word: {holder, count, place, link}
  #count = 0;         // of what was passed on, by us or by the holder that we listen to
  #passedAt = 0;
  #greet = null;
  #beat = null;
  #commands = new Map();
  #watchdog = new Watchdog(() => this.#holderIsSilent());

  constructor(settings, delivery, name, tell) {
    this.#settings = settings;
    this.#delivery = delivery;
    this.#name = name;
    this.#tell = tell;
    this.#link = { phase: 'connecting', transport: settings.transports[0], shared: 'listener' };
  }

  get link() { return this.#link; }

  /** Whether commands get through by WebSocket, maybe another tab's. */
  get speaks() {
    if (this.#role !== 'listener') return this.#watcher?.speaks ?? false;
    return this.#link.phase === 'connected' && this.#link.transport === 'websocket';
  }

  start() {
    this.stop();
    this.#endPage = watchPage({ shown: () => this.#watchdog.check(), left: () => this.#leave(), back: () => this.start() });
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#ask({});
    this.#post({ say: 'hello' });
    this.#greet = setTimeout(() => { if (this.#role === 'none') this.#catchUp(); }, GREET_MS);
    this.#becomes({ phase: 'connecting', transport: this.#settings.transports[0] });  // last: who is told may close it
  }

  stop() {
    this.#leave();
    this.#endPage?.();
    this.#endPage = null;
  }

  reconnect() {
    if (this.#link.phase === 'closed' || !this.#channel) return this.start();
    if (this.#watcher) return this.#watcher.reconnect();
    this.#post({ say: 'reconnect', to: this.#followed?.holder });
  }

  send(command) {
    if (this.#role !== 'listener') return this.#watcher?.send(command) ?? Promise.reject(commandError('unavailable', 'not connected'));
    return new Promise((resolve, reject) => {
      if (this.#commands.size >= MAX_COMMANDS) return reject(commandError('limit_exceeded', 'too many commands at once'));
      const ref = crypto.randomUUID();
      const timer = setTimeout(() => this.#answered({ ref, code: 'unavailable', message: 'no answer' }), COMMAND_MS);
      this.#commands.set(ref, { resolve, reject, timer });
      this.#post({ say: 'command', to: this.#followed.holder, ref, command });
    });
  }

  // ---- the lock

  #ask(options) {
    const abort = new AbortController();
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    const mine = () => {
      abort.abort();
      release();
    };
    this.#waiting?.();
    this.#waiting = mine;
    const request = options.steal ? options : { signal: abort.signal };
    navigator.locks.request(this.#name, request, () => {
      if (this.#waiting !== mine) return undefined;
      this.#hold();
      return held;
    }).catch(({ name }) => {
      if (this.#waiting !== mine) return;
      if (name === 'AbortError') this.#lostLock();
      else this.#catchUp();  // this page may have no locks, as in a sandboxed frame: asking again would change nothing
    });
  }

  #hold() {
    clearTimeout(this.#greet);
    this.#watchdog.stop();
    this.#role = 'holder';
    this.#number = this.#seen = Math.max(Date.now(), this.#seen + 1);
    this.#count = 0;
    if (this.#settings.heartbeat > 0) this.#beat = setInterval(() => this.#here(), this.#settings.heartbeat);
    if (this.#watcher) this.#becomes(this.#watcher.link);  // it was catching up, and simply goes on
    else this.#connect();
    this.#here();
  }

  // Another tab has taken it, because this one was not heard of, for instance while it was frozen.
  #lostLock() {
    this.#endHolding();
    this.#role = 'none';
    this.#disconnect();
    this.#ask({});
    this.#post({ say: 'hello' });
    this.#greet = setTimeout(() => { if (this.#role === 'none') this.#catchUp(); }, GREET_MS);
  }

  #holderIsSilent() {
    if (this.#role !== 'listener') return;
    if (pageIsVisible()) this.#ask({ steal: true });
    else this.#expectHolder();
  }

  #expectHolder() { this.#watchdog.expect(2.5 * this.#settings.heartbeat); }

  // ---- the connection

  #connect() {
    this.#watcher = new Watcher(this.#settings, {
      position: () => this.#delivery.position,
      event: (event) => {
        if (this.#delivery.take(event)) this.#moved(event);
      },
      at: (id) => {
        this.#delivery.at(id);
        this.#moved(null);
      },
      heard: () => {
        if (Date.now() - this.#passedAt > this.#settings.heartbeat / 2) this.#here();
      },
      over: () => this.#delivery.over(this.#settings.topics),
      link: (link) => this.#linked(link),
    });
    this.#watcher.start();
  }

  #disconnect() {
    this.#watcher?.stop();
    this.#watcher = null;
  }

  #moved(event) {
    if (this.#role === 'catching') return void this.#join();
    if (this.#role !== 'holder') return;
    this.#count += 1;
    this.#pass('event', { event });
  }

  #linked(link) {
    if (link.phase === 'closed') return this.#close(link);
    this.#becomes(link);
    this.#here();
  }

  #close(link) {
    if (this.#role === 'holder') {
      this.#pass('closed', { link });
      // Who got the lock before this message would ask the server only to hear the same.
      const release = this.#waiting;
      this.#waiting = null;
      setTimeout(release, RELEASE_MS);
    }
    this.stop();
    this.#becomes(link);
  }

  #becomes(link) {
    const shared = this.#role === 'holder' ? 'holder' : 'listener';
    this.#link = link.phase === 'closed' ? link : { ...link, shared };
    this.#tell(this.#link);
  }

  // ---- as a holder

  #here() {
    if (this.#role === 'holder') this.#pass('here', {});
  }

  #pass(say, more) {
    this.#passedAt = Date.now();
    this.#post({ say, holder: this.#number, count: this.#count, place: this.#delivery.place, link: this.#link, ...more });
  }

  #endHolding() {
    clearInterval(this.#beat);
    this.#beat = null;
    this.#number = 0;
  }

  // ---- as a listener

  #hear(message) {
    if (message.say === 'answered') return this.#answered(message);
    if (this.#role === 'holder') return this.#serve(message);
    if (!['here', 'event', 'closed'].includes(message.say) || message.holder < this.#seen) return;
    this.#seen = message.holder;
    if (this.#role === 'listener' && message.holder === this.#followed.holder) return this.#follow(message);
    this.#followed = message;
    if (!this.#join() && message.say !== 'closed') this.#catchUp();
  }

  #follow(message) {
    const missed = message.count - this.#count;
    this.#followed = message;
    if (missed < 0) return;
    if (missed > (message.say === 'event' ? 1 : 0)) return this.#catchUp();
    this.#watchdog.heard();
    if (message.say === 'event') {
      if (missed === 0) return;
      this.#count = message.count;
      if (message.event) this.#delivery.take(message.event);
      else this.#delivery.at(message.place ?? '');
    } else if (message.say === 'closed') {
      this.#close(message.link);
    } else if (JSON.stringify({ ...message.link, shared: 'listener' }) !== JSON.stringify(this.#link)) {
      this.#becomes(message.link);
    }
  }

  // Where the holder is, or further: what it passes on follows.
  #join() {
    const { holder, count, place, link } = this.#followed ?? {};
    const own = this.#delivery.place;
    if (holder === undefined || place === null || own === null || link.phase === 'closed') return false;
    // Ahead of a holder of bare numbers, what it passes on could not be told from what is new.
    if (own !== place && !(own.includes('.') && comparePositions(own, place) > 0)) return false;
    clearTimeout(this.#greet);
    this.#disconnect();
    this.#role = 'listener';
    this.#count = count;
    this.#expectHolder();
    this.#becomes(link);
    return true;
  }

  #catchUp() {
    clearTimeout(this.#greet);
    this.#watchdog.stop();
    this.#role = 'catching';
    if (!this.#watcher) this.#connect();
  }

  // ---- commands

  #serve({ say, to, ref, command }) {
    if (say === 'hello') return this.#here();
    if (to !== this.#number) return;
    if (say === 'reconnect') return this.#watcher.reconnect();
    if (say !== 'command') return;
    this.#watcher.send(command).then(
      () => this.#post({ say: 'answered', ref }),
      ({ code, message }) => this.#post({ say: 'answered', ref, code, message }),
    );
  }

  #answered({ ref, code, message }) {
    const waiting = this.#commands.get(ref);
    if (!waiting) return;
    this.#commands.delete(ref);
    clearTimeout(waiting.timer);
    if (code === undefined) waiting.resolve();
    else waiting.reject(commandError(code, message));
  }

  #post(message) { this.#channel?.postMessage(message); }

  // Gives everything back, but for what the page may wake.
  #leave() {
    clearTimeout(this.#greet);
    this.#watchdog.stop();
    this.#endHolding();
    this.#disconnect();
    this.#role = 'none';
    this.#followed = null;
    this.#channel?.close();
    this.#channel = null;
    const release = this.#waiting;
    this.#waiting = null;
    release?.();
    for (const ref of [...this.#commands.keys()]) this.#answered({ ref, code: 'unavailable', message: 'the connection was closed' });
  }
}
