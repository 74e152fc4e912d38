// The WebSocket subprotocol fanfare.v1 (docs/websocket.md).

import { eventOfEnvelope, isRecord } from './envelope.js';
import { pageIsVisible } from './page_events.js';
import { verdictOf, withWords } from './verdict.js';

const PROTOCOL = 'fanfare.v1';
const FAULT_CODES = new Set([1002, 1003, 1007, 1009]);
const NO_CLOSE_FRAME = 1006;  // RFC 6455 sec. 7.1.5; one that came shows that WebSockets get through
export const MAX_COMMANDS = 100;  // that wait for their answers

export function openWebSocket(attempt) {
  return new Conversation(attempt);
}

class Conversation {
  #attempt;
  #socket;
  #abort = new AbortController();
  #ping = null;
  #askedAt = 0;
  #heard = false;  // since then
  #open = false;
  #known = false;  // to speak the protocol, which some servers agree to without knowing it
  #goodbye = null;
  #refs = new Map();
  #lastRef = 0;

  constructor(attempt) {
    this.#attempt = attempt;
    this.#socket = new WebSocket(webSocketUrl(attempt.url()), PROTOCOL);
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => this.#message(data);
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  close() {
    this.#abort.abort();
    clearInterval(this.#ping);
    this.#rejectAll('the connection was lost');
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  /** Resolves when it was accepted. */
  send(command) {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(commandError('unavailable', 'not connected'));
      if (this.#refs.size >= MAX_COMMANDS) return reject(commandError('limit_exceeded', 'too many commands at once'));
      this.#lastRef += 1;
      const ref = `c${this.#lastRef}`;
      this.#refs.set(ref, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...command, ref }));
    });
  }

  #opened() {
    // RFC 6455 sec. 4.1 lets a server choose none, and Firefox goes on then; others count it as a refusal.
    if (this.#socket.protocol !== PROTOCOL) return this.#notSpoken();
    this.#open = true;
    this.#pingEvery(this.#attempt.heartbeat);
    this.#attempt.opened();  // last: who is told may close it
  }

  #notSpoken() { this.#attempt.failed({ unsupported: true, detail: `it does not speak ${PROTOCOL}` }); }

  // A page cannot see the protocol's own pings, so it asks.
  #pingEvery(milliseconds) {
    clearInterval(this.#ping);
    this.#attempt.expect(milliseconds * 2.5);
    this.#askedAt = Date.now();
    if (milliseconds > 0) this.#ping = setInterval(() => this.#ask(milliseconds), milliseconds);
  }

  // A hidden page's timers may come but once a minute. Who was not asked meanwhile was not silent.
  #ask(milliseconds) {
    const late = Date.now() - this.#askedAt > 2 * milliseconds;
    if (late && this.#heard && !pageIsVisible()) this.#attempt.expect(milliseconds * 2.5);
    this.#askedAt = Date.now();
    this.#heard = false;
    this.#socket.send('ping');
  }

  #message(text) {
    this.#heard = true;
    if (text.length > this.#attempt.maxEventChars) {
      return this.#attempt.failed({ final: 'too_large', detail: `a message is longer than ${this.#attempt.maxEventChars} characters` });
    }
    const message = messageOf(text);
    if (!this.#known && !opensTalk(message)) return this.#notSpoken();
    this.#known = true;
    this.#attempt.heard();
    if (typeof text !== 'string') return this.#attempt.failed({ final: 'protocol', detail: 'a binary message' });
    if (!message) return;
    if (typeof message.topic === 'string') return this.#attempt.event(eventOfEnvelope(message));
    this.#talk(message);
  }

  #talk(message) {
    switch (message.type) {
      case 'hello':
        // What the host says of its own heartbeat is better than a default.
        if (Number.isFinite(message.heartbeat_ms) && !this.#attempt.heartbeatIsChosen) this.#pingEvery(message.heartbeat_ms);
        return;
      case 'goodbye':
        this.#goodbye = message;
        return;
      case 'accepted':
        return this.#settle(message.ref)?.resolve();
      case 'error':
        return this.#settle(message.ref)?.reject(commandError(message.code, message.message));
      default:
    }
  }

  #settle(ref) {
    const waiting = this.#refs.get(ref);
    this.#refs.delete(ref);
    return waiting;
  }

  #rejectAll(why) {
    for (const { reject } of this.#refs.values()) reject(commandError('unavailable', why));
    this.#refs.clear();
  }

  #closed(code, reason) {
    clearInterval(this.#ping);
    if (!this.#open) return void this.#askWhy();
    this.#open = false;
    this.#rejectAll('the connection was lost');
    const detail = reason || this.#goodbye?.reason || `closed with ${code}`;
    if (code === 1000) this.#attempt.failed({ final: 'done', status: code, detail });
    else if (FAULT_CODES.has(code)) this.#attempt.failed({ final: 'protocol', status: code, detail });
    else if (Number.isFinite(this.#goodbye?.retry_ms)) {
      this.#attempt.retry(this.#goodbye.retry_ms);
      this.#attempt.failed({ status: code, detail, exactly: true, busy: true });
    } else this.#attempt.failed({ status: code, detail, busy: code !== NO_CLOSE_FRAME });
  }

  // A browser does not tell why it could not open a WebSocket. The same request by fetch does, unless nothing but a
  // WebSocket is served there.
  async #askWhy() {
    let verdict = { detail: 'the WebSocket was refused' };
    try {
      const response = await this.#attempt.fetch('text/event-stream, application/json', { signal: this.#abort.signal });
      const found = verdictOf(response, '');
      verdict = found.unsupported || found.mistyped ? { ...verdict, refused: true } : await withWords(found, response);
    } catch {
      verdict.detail = 'no answer';
    }
    this.#abort.abort();  // a 200 is a stream, which is not read here
    this.#attempt.failed(verdict);
  }
}

// Null: it is none.
function messageOf(text) {
  try {
    const message = JSON.parse(text);
    return isRecord(message) && typeof message.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

function opensTalk(message) {
  return message !== null && (typeof message.topic === 'string' || ['hello', 'goodbye', 'error'].includes(message.type));
}

export function commandError(code, message) {
  const error = new Error(message || code);
  error.code = code;
  return error;
}

function webSocketUrl(href) {
  const url = new URL(href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
}
