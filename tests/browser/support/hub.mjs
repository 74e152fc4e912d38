// The notification hub as the tests use it: starts one, watches it, and tells it what to say.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Program } from './program.mjs';
import { Watch } from './sse.mjs';

const path = process.env.FANFARE_NOTIFICATION_HUB;
/** null: there is none to test. */
export const hubCommand = path ? [path] : null;

/** Asks until the answer is true. */
export async function until(ask, patienceMs = 15000) {
  for (const deadline = Date.now() + patienceMs; !(await ask());) {
    assert.ok(Date.now() < deadline, `it never came true: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function applied(state, { event, data }) {
  const others = state.operations.filter((one) => one.operation_id !== data.operation_id);
  if (event === 'summary_progress') return { ...state, operations: [...others, data] };
  if (event === 'summary_complete') return { ...state, operations: others };
  return event === 'system' ? { ...state, messages: [...state.messages, data] } : state;
}

export class Hub {
  #program;
  #watches = [];

  static async start(...options) {
    const hub = new Hub();
    hub.#program = await Program.start(hubCommand, ['--port', '0', ...options]);
    return hub;
  }

  get url() { return this.#program.url; }
  get port() { return this.#program.port; }

  async watchQuery(query, headers = {}) {
    const watch = await Watch.open(`${this.url}events?${query}`, headers);
    this.#watches.push(watch);
    return watch;
  }

  watch(query, headers) {
    return this.watchQuery(new URLSearchParams(query), headers);
  }

  /**
   * A stream that has got all there was: `connected`, the state as it is now, and the id of the `last` event. The
   * snapshot may be some milliseconds old, and then what came since follows it; so something is said to this stream
   * alone, and what comes before that belongs to the past.
   */
  async settled(query, headers = {}) {
    const watch = await this.watch({ ...(headers.Cookie ? {} : { session: `watch-${randomUUID()}` }), ...query }, headers);
    assert.equal(watch.status, 200);
    watch.connected = await watch.next();
    const snapshot = await watch.next();
    assert.deepEqual([watch.connected.event, snapshot.event], ['connected', 'snapshot']);
    const mark = randomUUID();
    const { session, subscriptions } = watch.connected.data;
    await this.say(subscriptions[0], { message: mark }, { session_filter: session }, headers);
    const past = await watch.until((event) => event.data.message === mark);
    watch.last = past.pop();
    watch.state = past.reduce(applied, snapshot.data);
    return watch;
  }

  get(target, headers = {}) {
    return fetch(this.url + target.slice(1), { headers });
  }

  post(target, body, headers = {}) {
    return fetch(this.url + target.slice(1), { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  async say(type, data, filters = {}, headers = {}) {
    const response = await this.post('/events/broadcast', { event_type: type, data, ...filters }, headers);
    assert.equal(response.status, 204, await response.text());
  }

  async status() {
    return (await this.get('/events/status')).json();
  }

  /** -> the Set-Cookie field, and what of it to send */
  async signIn(user, password) {
    const response = await this.post('/login', { user, password });
    assert.equal(response.status, 204);
    const setCookie = response.headers.get('set-cookie');
    return { setCookie, cookie: setCookie.split(';')[0] };
  }

  closeAll() {
    for (const watch of this.#watches.splice(0)) watch.close();
  }

  interrupt() { return this.#program.interrupt(); }

  kill() {
    this.closeAll();
    return this.#program.kill();
  }
}
