import { beforeEach, expect, test, vi } from 'vitest';
import { connect } from 'fanfare';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, block, FakeServer } from './support/fake_server.js';
import { fakeTabs } from './support/fake_tabs.js';
import { seeded } from './support/random.js';
import { watching } from './support/watch.js';

let page;
beforeEach(() => { page = fakePage(); });

const only = { transports: ['sse'] };
const waits = (links) => links.filter(({ phase, waitMs }) => phase === 'reconnecting' && waitMs > 0).map(({ waitMs }) => waitMs);

test('waits are drawn between 0 and 1, 2, 4 ... 30 s', async () => {
  const random = seeded(17);
  const expected = seeded(17);
  const { server, links } = await watching({ ...only, random });
  const bounds = [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000];
  for (const bound of bounds) {
    server.next().fail();
    await settle();
    expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', waitMs: expected() * bound });
    await pass(links.at(-1).waitMs);
  }
});

test('base and cap are options', async () => {
  const { server, links } = await watching({ ...only, backoff: { base: 10, cap: 25 }, random: () => 0.99 });
  for (let i = 0; i < 4; i += 1) {
    server.next().fail();
    await pass(30);
  }
  expect(waits(links)).toEqual([9.9, 19.8, 24.75, 24.75]);
});

test('the waits of a crowd after a kill are spread evenly', async () => {
  const random = seeded(5);
  const slots = new Array(10).fill(0);
  for (let i = 0; i < 200; i += 1) {
    const { server, links, connection } = await watching({ ...only, random });
    server.next().stream();
    await settle();
    server.last.cut();
    await settle();
    slots[Math.floor(waits(links)[0] / 100)] += 1;
    connection.close();
  }
  for (const slot of slots) expect(slot).toBeLessThan(40);
});

test('a connection counts as a success only after it has stood', async () => {
  const { server, links } = await watching(only);
  for (const lived of [0, 4000, 6000, 0]) {
    server.next().stream(': hi\n');
    await pass(lived);
    server.last.cut();
    await settle();
    await pass(links.at(-1).waitMs);
  }
  expect(waits(links)).toEqual([500, 1000, 500, 1000]);
});

test('Retry-After is obeyed, in seconds and as a date, and spread within a second', async () => {
  const { server, links } = await watching(only);
  server.next().answer(503, { headers: { 'Retry-After': '7' } });
  await settle();
  expect(waits(links)).toEqual([7500]);
  await pass(7400);
  expect(server.idle).toBe(true);
  await pass(100);
  server.next().answer(429, { headers: { 'Retry-After': new Date(Date.now() + 20000).toUTCString() } });
  await settle();
  expect(waits(links)[1]).toBeGreaterThan(19000);
  expect(waits(links)[1]).toBeLessThan(21000);
});

test('a Retry-After that is nonsense is none', async () => {
  for (const field of ['-5', 'soon', '', '1e9', '0x10']) {
    const { server, links, connection } = await watching(only);
    server.next().answer(503, { headers: { 'Retry-After': field } });
    await settle();
    expect(waits(links)).toEqual([500]);
    connection.close();
  }
});

test('retry: is the new base; just before the end of a stream it is the very time', async () => {
  const { server, links } = await watching(only);
  server.next().stream('retry: 200\n\n' + block(1, 'value', {}));
  await settle();
  server.last.end();
  await settle();
  expect(waits(links)).toEqual([100]);
  await pass(100);
  server.next().stream(block(2, 'value', {}) + 'retry: 8765\n\n');
  await settle();
  server.last.end();
  await settle();
  expect(waits(links)).toEqual([100, 8765]);
  await pass(8765);
  server.next().fail();
  await settle();
  expect(waits(links)[2]).toBe(400);  // the base that a stream gave, not the time that a goodbye gave
});

test.each([
  [204, 'done'], [400, 'refused'], [401, 'refused'], [403, 'refused'], [404, 'unknown'], [410, 'expired'], [418, 'refused'],
])('%i ends it: %s', async (status, reason) => {
  const { server, links } = await watching(only);
  server.next().answer(status, { body: status === 204 ? null : '{"error":"so it is"}' });
  await settle();
  expect(links.at(-1)).toEqual({ phase: 'closed', reason, status, detail: status === 204 ? 'the server answered 204' : 'so it is' });
  await pass(100000);
  expect(server.idle).toBe(true);
  expect(page.window.listeners() + page.document.listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test.each([408, 425, 429, 500, 502, 503, 504])('%i is tried again', async (status) => {
  const { server, links } = await watching(only);
  server.next().answer(status);
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', detail: `the server answered ${status}` });
});

test('the words of a refusal are bounded', async () => {
  const { server, links } = await watching(only);
  server.next().answer(403, { body: JSON.stringify({ error: 'x'.repeat(100000) }) });
  await settle();
  expect(links.at(-1).detail).toBe('the server answered 403');
});

test('after done and a proper end nothing is asked any more', async () => {
  const { server, links } = await watching(only);
  server.next().stream(block(1, 'done', { status: 'complete' }));
  await settle();
  server.last.end();
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'done' });
});

test('after done and a cut the server is asked, and says 204', async () => {
  const { server, links } = await watching(only);
  server.next().stream(block(1, 'done', { status: 'complete' }));
  await settle();
  server.last.cut();
  await pass(1000);
  server.next().answer(204);
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'done', status: 204 });
});

test('of several topics all have to be done', async () => {
  const { server, links } = await watching({ ...only, topics: ['a', 'b'] });
  const done = (topic, n) => block(n, 'done', { topic, id: at(n), type: 'done', data: {} });
  server.next().stream(done('a', 1));
  await settle();
  server.last.end();
  await pass(1000);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting' });
  server.next().stream(done('b', 2));
  await settle();
  server.last.end();
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'done' });
});

test('silence for 2.5 heartbeats is the end of a connection; comments are no silence', async () => {
  const { server, links } = await watching({ ...only, heartbeat: 1000 });
  const stream = server.next().stream();
  await settle();
  for (let i = 0; i < 5; i += 1) {
    await pass(2400);
    stream.send(': heartbeat\n\n');
    await settle();
  }
  expect(stream.aborted).toBe(false);
  await pass(2499);
  expect(stream.aborted).toBe(false);
  await pass(2);
  expect(stream.aborted).toBe(true);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', detail: 'nothing came for too long' });
});

test('the heartbeat is 15 s when nothing else is said, and 0 switches the watch off', async () => {
  const { server, connection } = await watching(only);
  server.next().stream();
  await pass(37400);
  expect(server.last.aborted).toBe(false);
  await pass(200);
  expect(server.last.aborted).toBe(true);
  connection.close();
  const quiet = await watching({ ...only, heartbeat: 0 });
  quiet.server.next().stream();
  await pass(10000000);
  expect(quiet.server.last.aborted).toBe(false);
});

test('no answer at all is a failure, too', async () => {
  const { server, links } = await watching({ ...only, timeout: 3000 });
  await pass(3100);
  expect(server.exchanges[0].aborted).toBe(true);
  expect(links.find(({ phase }) => phase === 'reconnecting')).toMatchObject({ detail: 'no answer' });
});

test('a page that slept looks at the clock when it is shown', async () => {
  const { server } = await watching(only);
  const stream = server.next().stream(': hi\n');
  await settle();
  page.hide();
  vi.setSystemTime(Date.now() + 600000);  // no timer ran meanwhile
  page.show();
  await settle();
  expect(stream.aborted).toBe(true);
});

test('a page that is shown after a moment keeps its connection', async () => {
  const { server } = await watching(only);
  const stream = server.next().stream(': hi\n');
  await settle();
  page.hide();
  vi.setSystemTime(Date.now() + 20000);
  page.show();
  await settle();
  expect(stream.aborted).toBe(false);
  vi.setSystemTime(Date.now() - 7200000);  // the clock is set back
  page.show();
  await pass(37000);
  expect(stream.aborted).toBe(false);
  await pass(600);
  expect(stream.aborted).toBe(true);
});

test.each(['online', 'shown'])('a long wait is cut short: %s', async (what) => {
  const { server, links } = await watching(only);
  for (let i = 0; i < 6; i += 1) {
    server.next().fail();
    await settle();
    if (i < 5) await pass(links.at(-1).waitMs);
  }
  expect(links.at(-1).waitMs).toBe(15000);
  if (what === 'online') page.window.fire('online');
  else page.show();
  expect(links.at(-1).waitMs).toBe(500);
  await pass(500);
  server.next().stream();
});

test('but not one that the server asked for', async () => {
  const { server, links } = await watching(only);
  server.next().answer(503, { headers: { 'Retry-After': '60' } });
  await settle();
  page.window.fire('online');
  page.show();
  expect(links.at(-1).waitMs).toBe(60500);
});

test('a page that is put away has no connection, and comes back with one', async () => {
  const { server } = await watching(only);
  const stream = server.next().stream(block(1, 'value', {}));
  await settle();
  page.window.fire('pagehide', { persisted: true });
  expect(stream.aborted).toBe(true);
  await pass(100000);
  expect(server.idle).toBe(true);
  page.window.fire('pageshow', { persisted: true });
  await settle();
  expect(server.next().since).toBe(at(1));
});

const moments = [
  ['connecting', ({ phase }) => phase === 'connecting'],
  ['connected', ({ phase }) => phase === 'connected'],
  ['lost', ({ waitMs }) => waitMs > 0],
  ['trying again', ({ waitMs }) => waitMs === 0],
];
const ways = [['sse', false], ['sse', true], ['websocket', false], ['websocket', true]];
test.each(ways.flatMap(([transport, shared]) => moments.map(([name, is]) => ({ transport, shared, name, is }))))(
  'who is told of the link may close it, and nothing stays open: $transport, shared: $shared, $name',
  async ({ transport, shared, is }) => {
    if (shared) fakeTabs();
    const server = new FakeServer();
    let told = 0;
    const connection = connect('http://page.test/jobs/demo', {
      fetch: server.fetch,
      random: () => 0.5,
      transports: [transport],
      shared,
      onLink: (link) => {
        if (!is(link)) return;
        told += 1;
        connection.close();
      },
    });
    await pass(10);
    if (transport === 'sse') server.last?.stream();
    else server.socket?.open();
    await settle();
    if (transport === 'sse') server.last?.controller?.error(new TypeError('cut'));
    else server.socket?.drop();
    await pass(100000);
    expect(told).toBe(1);
    expect(connection.link).toMatchObject({ phase: 'closed', reason: 'stopped' });
    expect(server.exchanges.every(({ aborted }) => aborted) && server.sockets.every(({ closed }) => closed)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(page.window.listeners() + page.document.listeners()).toBe(0);
  },
);
