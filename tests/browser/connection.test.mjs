// The page's reconnecting, on a clock and a network made of paper.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importWeb } from './support/paths.mjs';

const { backoff, CAP_MS, Connection, CONNECT_MS, QUICK_MS, QUIET_MS, STABLE_MS } = await importWeb('connection.js');

class FakeSource {
  static CLOSED = 2;
  readyState = 0;
  constructor(url) { this.url = url; }
  close() { this.readyState = 2; }
  opens() { this.readyState = 1; this.onopen(); }
  says(event) { this.onmessage({ data: typeof event === 'string' ? event : JSON.stringify(event) }); }
  breaks() { this.readyState = 0; this.onerror(); }
  refuses() { this.readyState = 2; this.onerror(); }
}

function world({ status = 200, headers = {}, body = {} } = {}) {
  const timers = new Map();
  let id = 0;
  const w = {
    now: 0, sources: [], phases: [], events: [], fetched: [], seq: null,
    answer: { status, headers, body },
    get source() { return w.sources.at(-1); },
    get phase() { return w.phases.at(-1); },
    advance(ms) {
      const until = w.now + ms;
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
        if (!due) break;
        timers.delete(due[0]);
        w.now = due[1].at;
        due[1].action();
      }
      w.now = until;
    },
    timers,
  };
  w.connection = new Connection({
    makeUrl: () => `/stream?since=${w.seq}`,
    onEvent: (event) => { w.events.push(event); if (event?.seq) w.seq = event.seq; },
    onPhase: (phase) => w.phases.push(phase),
    io: {
      EventSource: class extends FakeSource {
        constructor(url) { super(url); w.sources.push(this); }
      },
      fetch: async (url, init) => {
        w.fetched.push({ url, init });
        if (w.answer.status === 0) throw new TypeError('failed');
        return new Response(w.answer.status === 204 ? null : JSON.stringify(w.answer.body), w.answer);
      },
      setTimeout: (action, ms) => { timers.set(++id, { at: w.now + ms, action }); return id; },
      clearTimeout: (timer) => timers.delete(timer),
      random: () => 1,
    },
  });
  w.connection.open();
  return w;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const names = (w) => w.phases.map((phase) => phase.phase);

test('backoff: the first retry is quick, then 1, 2, 4 s, never above the cap, and always jittered', () => {
  assert.deepEqual([0, 1, 2, 3, 6, 7, 1000].map((n) => backoff(n, () => 1)), [QUICK_MS, 1000, 2000, 4000, CAP_MS, CAP_MS, CAP_MS]);
  assert.equal(backoff(5, () => 0), 0);
});

test('connection: a break closes the native source, and the retry asks from the last seq', () => {
  const w = world();
  w.source.opens();
  w.source.says({ type: 'progress', seq: 12 });
  w.source.breaks();
  assert.equal(w.sources[0].readyState, 2);
  assert.deepEqual(w.phase, { phase: 'reconnecting', waitMs: QUICK_MS });
  w.advance(QUICK_MS);
  assert.equal(w.source.url, '/stream?since=12');
  w.source.opens();
  assert.deepEqual(names(w), ['connecting', 'connected', 'reconnecting', 'reconnecting', 'connected']);
});

test('connection: what an abandoned source still says is not heard', () => {
  const w = world();
  w.source.opens();
  const old = w.source;
  old.breaks();
  w.advance(QUICK_MS);
  old.says({ type: 'progress', seq: 99 });
  old.onerror();
  old.onopen();
  assert.deepEqual(w.events, []);
  assert.equal(w.sources.length, 2);
});

test('connection: the wait grows while the server is away, and starts over only after a stable stream', () => {
  const w = world();
  const waits = [];
  for (let i = 0; i < 4; i += 1) {
    w.source.breaks();
    waits.push(w.phase.waitMs);
    w.advance(w.phase.waitMs);
  }
  assert.deepEqual(waits, [QUICK_MS, 1000, 2000, 4000]);
  w.source.opens();
  w.advance(STABLE_MS - 1);
  w.source.breaks();
  assert.equal(w.phase.waitMs, 8000);
  w.advance(8000);
  w.source.opens();
  w.advance(STABLE_MS);
  w.source.breaks();
  assert.equal(w.phase.waitMs, QUICK_MS);
});

test('connection: a user who does not want to wait does not', () => {
  const w = world();
  w.source.breaks();
  w.connection.retryNow();
  assert.equal(w.sources.length, 2);
  w.connection.retryNow();
  assert.equal(w.sources.length, 2, 'one try at a time');
  w.source.opens();
  w.connection.retryNow();
  assert.equal(w.sources.length, 2);
});

test('connection: done is the end', () => {
  const w = world();
  w.source.opens();
  w.source.says({ type: 'done', seq: 3 });
  assert.deepEqual(w.phase, { phase: 'closed', reason: 'done', detail: '' });
  assert.equal(w.sources[0].readyState, 2);
  assert.equal(w.timers.size, 0, 'no timer is left behind');
});

for (const [status, reason] of [[204, 'over'], [404, 'unknown'], [410, 'expired'], [400, 'refused'], [401, 'refused'], [403, 'refused']]) {
  test(`connection: ${status} is final: ${reason}`, async () => {
    const w = world({ status, body: { error: 'because' } });
    w.source.refuses();
    await settled();
    assert.deepEqual(w.phase, { phase: 'closed', reason, detail: status === 204 ? '' : 'because' });
    assert.equal(w.fetched[0].init.headers.Accept, 'text/event-stream');
    assert.equal(w.timers.size, 0);
  });
}

for (const status of [0, 200, 429, 500, 503]) {
  test(`connection: ${status || 'no answer'} is tried again`, async () => {
    const w = world({ status, body: 'no object' });
    w.source.refuses();
    await settled();
    assert.deepEqual(w.phase, { phase: 'reconnecting', waitMs: QUICK_MS });
    assert.equal(w.fetched[0].init.signal.aborted, true, 'the probe leaves no stream open');
    w.advance(QUICK_MS);
    assert.equal(w.sources.length, 2);
  });
}

test('connection: Retry-After is obeyed', async () => {
  const w = world({ status: 503, headers: { 'Retry-After': '7' } });
  w.source.refuses();
  await settled();
  assert.equal(w.phase.waitMs, 7000);
});

test('connection: a stream that fell silent is asked for again, without alarm', () => {
  const w = world();
  w.source.opens();
  w.advance(QUIET_MS - 1);
  w.source.says({ type: 'progress', seq: 5 });
  w.advance(QUIET_MS - 1);
  assert.equal(w.sources.length, 1);
  w.advance(1);
  assert.equal(w.sources.length, 2);
  assert.equal(w.source.url, '/stream?since=5');
  assert.deepEqual(names(w), ['connecting', 'connected']);
  w.advance(CONNECT_MS);
  assert.equal(w.phase.phase, 'reconnecting', 'no answer to that is a break');
});

test('connection: a stream that never said anything is asked for again too', () => {
  const w = world();
  w.source.opens();
  w.advance(QUIET_MS);
  assert.equal(w.sources.length, 2);
});

test('connection: a server that never answers is a break', () => {
  const w = world();
  w.advance(CONNECT_MS);
  assert.equal(w.phase.phase, 'reconnecting');
});

test('connection: text that is no JSON is passed over', () => {
  const w = world();
  w.source.opens();
  w.source.says('{"type":');
  w.source.says('null');
  w.source.says({ type: 'log', seq: 1 });
  assert.deepEqual(w.events, [null, { type: 'log', seq: 1 }]);
});

test('connection: after close nothing is heard, not even from a probe on its way', async () => {
  const w = world({ status: 404 });
  w.source.refuses();
  w.connection.close();
  await settled();
  assert.deepEqual(w.phase, { phase: 'closed', reason: 'stopped', detail: '' });
  assert.equal(w.timers.size, 0);
});
