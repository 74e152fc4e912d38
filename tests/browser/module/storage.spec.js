import { beforeEach, expect, test, vi } from 'vitest';
import { jobStore } from 'fanfare';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, block } from './support/fake_server.js';
import { watching } from './support/watch.js';

let page;
beforeEach(() => { page = fakePage(); });

const state = (percent) => ({ job: 'j', status: 'running', percent, tasks: [{ task: 't1', current: percent, total: 100 }], prompts: [], log: [] });
const moved = (n, percent) => block(n, 'progress', { task: 't1', current: percent, total: 100, percent });
const keeping = (more = {}, url = undefined) => watching({ storage: true, store: jobStore(), transports: ['sse'], ...more }, url);

async function reloaded({ connection, server }, more, url) {
  page.window.fire('pagehide', { persisted: false });
  expect(server.last.aborted).toBe(true);
  connection.close();
  const store = jobStore();
  return { store, ...(await keeping({ store, ...more }, url)) };
}

test('a reload goes on with the state and the position of the same moment', async () => {
  const watch = await keeping();
  watch.server.next().stream(block(4, 'snapshot', state(10)) + moved(5, 20) + moved(6, 30));
  await settle();
  const { store, server, connection } = await reloaded(watch);
  expect(store.state).toMatchObject({ percent: 30, tasks: [{ task: 't1', current: 30 }] });
  expect(connection.position).toBe(at(6));
  server.next().stream(moved(6, 30) + moved(7, 40));
  await settle();
  expect(server.last.since).toBe(at(6));
  expect(store.state.percent).toBe(40);
});

test('after a crash an older pair is as good', async () => {
  const { server } = await keeping();
  server.next().stream(block(4, 'snapshot', state(10)));
  await pass(1100);
  server.last.send(moved(5, 20));
  await pass(300);
  const store = jobStore();
  const again = await keeping({ store });
  expect([again.connection.position, store.state.percent]).toEqual([at(4), 10]);
});

test('writing is bounded in time', async () => {
  const put = vi.spyOn(page.storage, 'setItem');
  const { server } = await keeping();
  const stream = server.next().stream(block(1, 'snapshot', state(0)));
  for (let n = 2; n < 200; n += 1) {
    stream.send(moved(n, n / 2));
    await pass(10);
  }
  expect(put.mock.calls.length).toBeLessThanOrEqual(3);
});

test.each([
  ['the position', (kept) => ({ ...kept, position: undefined })],
  ['the state', (kept) => ({ position: kept.position })],
  ['the state, unreadable', (kept) => ({ ...kept, states: { '': 7 } })],
  ['all, unreadable', () => 'x'],
])('without %s there is neither', async (_, spoil) => {
  const watch = await keeping();
  watch.server.next().stream(block(4, 'snapshot', state(10)));
  await settle();
  watch.connection.close();
  const [[name, text]] = [...page.storage.items];
  page.storage.setItem(name, JSON.stringify(spoil(JSON.parse(text))));
  const { connection, server } = await keeping();
  expect(connection.position).toBe('');
  expect(server.next().since).toBe('');
});

test('in the middle of opening topics nothing is kept', async () => {
  const stores = { a: jobStore(), b: jobStore() };
  const wrapped = (topic, n, type, data) => block(n, type, { topic, ...(n ? { id: at(n) } : {}), type, data });
  const watch = await keeping({ topics: ['a', 'b'], store: stores });
  watch.server.next().stream(wrapped('a', null, 'snapshot', state(10)));
  await pass(1100);
  expect(page.storage.items.size).toBe(0);
  watch.server.last.send(wrapped('b', null, 'snapshot', state(20)) + wrapped('', 9, 'synced', { topics: 2 }));
  await pass(1100);
  const fresh = { a: jobStore(), b: jobStore() };
  const again = await keeping({ topics: ['a', 'b'], store: fresh });
  expect([fresh.a.state.percent, fresh.b.state.percent, again.connection.position]).toEqual([10, 20, at(9)]);
  const one = await keeping({ topics: ['a', 'b'], store: { a: jobStore() } });
  expect(one.connection.position).toBe('');
});

test('what was said of an event to all is not said to the wrong store', async () => {
  const stores = { a: jobStore(), b: jobStore() };
  const { server } = await watching({ topics: ['a', 'b'], store: stores });
  server.next().stream(block(null, 'gone', { topic: '', type: 'gone', data: { topic: 'b' } }));
  await settle();
  expect([stores.a.state.gone, stores.b.state.gone]).toEqual([false, true]);
});

test('a state that is too large, or does not fit, is not kept, nor an old position', async () => {
  const watch = await keeping();
  watch.server.next().stream(block(4, 'snapshot', state(10)));
  await pass(1100);
  expect(page.storage.items.size).toBe(1);
  watch.server.last.send(block(5, 'status', { status: 'running', message: 'x'.repeat(1024 * 1024), percent: 11 }));
  await pass(1100);
  expect(page.storage.items.size).toBe(0);
  watch.server.last.send(block(6, 'status', { status: 'running', message: '', percent: 12 }));
  page.storage.room = 10;
  await pass(1100);
  expect(page.storage.items.size).toBe(0);
});

test('a full storage is cleared of what other watches left', async () => {
  page.storage.setItem('fanfare:old', 'x'.repeat(500));
  page.storage.setItem('mine', 'y');
  page.storage.room = 900;
  const watch = await keeping();
  watch.server.next().stream(block(4, 'snapshot', { ...state(10), message: 'z'.repeat(300) }));
  await pass(1100);
  expect([...page.storage.items.keys()]).toEqual(['mine', 'fanfare:http://page.test/jobs/demo']);
});

test('another stream, or another name, is kept apart', async () => {
  const watch = await keeping();
  watch.server.next().stream(block(4, 'snapshot', state(10)));
  await settle();
  watch.connection.close();
  expect((await keeping({}, 'http://page.test/jobs/other')).connection.position).toBe('');
  expect((await keeping({ types: ['x'] })).connection.position).toBe('');
  expect((await keeping({ storage: 'user-2' })).connection.position).toBe('');
  expect((await keeping()).connection.position).toBe(at(4));
});

test('one name for several streams does not mix them', async () => {
  const named = (more, url) => keeping({ storage: 'user-2', ...more }, url);
  const watch = await named();
  watch.server.next().stream(block(4, 'snapshot', state(10)));
  await settle();
  watch.connection.close();
  for (const other of [await named({}, 'http://page.test/jobs/other'), await named({ topics: ['x'] }), await named({ types: ['x'] })]) {
    expect(other.connection.position).toBe('');
    other.connection.close();
  }
  expect((await named()).connection.position).toBe(at(4));
});

test('where the page is within itself makes no other stream', async () => {
  const watch = await keeping({}, 'http://page.test/jobs/other#top');
  watch.server.next().stream(block(4, 'snapshot', state(10)));
  await settle();
  watch.connection.close();
  expect((await keeping({}, 'http://page.test/jobs/other#end')).connection.position).toBe(at(4));
});

test('a storage that may not be used is none', async () => {
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get() { throw new Error('SecurityError'); } });
  const { server, connection } = await keeping();
  server.next().stream(block(4, 'snapshot', state(10)));
  await pass(1100);
  expect(connection.position).toBe(at(4));
  expect(page.errors).toEqual([]);
});

test('what was kept counts more than the option since', async () => {
  const watch = await keeping({ since: at(1) });
  expect(watch.server.next().stream(block(4, 'snapshot', state(10))).since).toBe(at(1));
  await settle();
  const again = await reloaded(watch, { since: at(1) });
  expect(again.server.next().since).toBe(at(4));
});

test('what has ended leaves nothing behind on the page, and is kept', async () => {
  const { server, connection } = await keeping();
  server.next().stream(block(4, 'snapshot', state(10)) + block(5, 'done', { status: 'complete', percent: 100 }));
  await settle();
  server.last.end();
  await settle();
  expect(connection.link).toMatchObject({ phase: 'closed', reason: 'done' });
  expect([page.window.listeners(), vi.getTimerCount()]).toEqual([0, 0]);
  const store = jobStore();
  const again = await keeping({ store });
  expect([again.connection.position, store.state.done]).toEqual([at(5), true]);
  connection.reconnect();
  await settle();
  expect(page.window.listeners()).toBeGreaterThan(0);
});
