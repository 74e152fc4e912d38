import { beforeEach, expect, test, vi } from 'vitest';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, block, enveloped, FakeServer } from './support/fake_server.js';
import { fakeTabs } from './support/fake_tabs.js';
import { seeded } from './support/random.js';
import { watching } from './support/watch.js';

let page;
let tabs;
beforeEach(() => {
  page = fakePage();
  tabs = fakeTabs();
});

const value = (n) => block(n, 'value', { value: n });
const ids = ({ events }) => events.map(({ id }) => id);

async function tab(server, options = {}) {
  const watch = await watching({ server, shared: true, transports: ['sse'], ...options });
  await pass(10);
  return watch;
}

/** A holder that is at `n`, and its open request. */
async function holding(server, n) {
  const watch = await tab(server);
  const stream = server.next().stream(block(n, 'snapshot', { value: n }));
  await pass(10);
  return { watch, stream };
}

test('one tab connects, the others hear of it', async () => {
  const server = new FakeServer();
  const first = await tab(server);
  const second = await tab(server);
  const stream = server.next().stream(block(1, 'snapshot', {}) + value(2));
  await pass(10);
  stream.send(value(3));
  await pass(10);
  expect(ids(first)).toEqual([1, 2, 3].map(at));
  expect(ids(second)).toEqual([1, 2, 3].map(at));
  expect(first.connection.link).toEqual({ phase: 'connected', transport: 'sse', shared: 'holder' });
  expect(second.connection.link).toEqual({ phase: 'connected', transport: 'sse', shared: 'listener' });
  expect(second.connection.position).toBe(at(3));
  expect(server.idle).toBe(true);
});

test('a tab that comes later catches up by itself and then lets go of its connection', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 5);
  const late = await tab(server);
  const own = server.next();
  expect(own.since).toBe('');
  stream.send(value(6));
  await pass(10);
  own.stream(block(5, 'snapshot', { value: 5 }));
  await pass(10);
  expect(own.aborted).toBe(false);  // the holder is further
  own.send(value(6));
  await pass(10);
  expect(own.aborted).toBe(true);
  stream.send(value(7));
  await pass(10);
  expect(ids(late)).toEqual([5, 6, 7].map(at));
  expect(server.idle).toBe(true);
});

test('a tab whose snapshot is newer than what the holder has joins at once', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 5);
  const late = await tab(server);
  server.next().stream(block(8, 'snapshot', { value: 8 }));
  await pass(10);
  for (const n of [6, 7, 8, 9]) stream.send(value(n));
  await pass(10);
  expect(ids(late)).toEqual([at(8), at(9)]);
});

test('a tab that was reloaded with the same position needs no connection', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 5);
  const again = await tab(server, { since: at(5) });
  expect(server.idle).toBe(true);
  expect(again.connection.link).toMatchObject({ phase: 'connected', shared: 'listener' });
  stream.send(value(6));
  await pass(10);
  expect(ids(again)).toEqual([at(6)]);
});

test('when the holder goes another one takes over where it is', async () => {
  const server = new FakeServer();
  const { watch, stream } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  const third = await tab(server, { since: at(1) });
  stream.send(value(2));
  await pass(10);
  watch.connection.close();
  await pass(10);
  expect(stream.aborted).toBe(true);
  const next = server.next();
  expect(next.since).toBe(at(2));
  next.stream(value(3));
  await pass(10);
  expect([second, third].map(ids)).toEqual([[at(2), at(3)], [at(2), at(3)]]);
  expect(second.connection.link).toMatchObject({ shared: 'holder' });
  expect(server.idle).toBe(true);
});

test('a listener that goes is not missed', async () => {
  const server = new FakeServer();
  const { watch, stream } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  second.connection.close();
  stream.send(value(2));
  await pass(10);
  expect(ids(watch)).toEqual([at(1), at(2)]);
  expect(ids(second)).toEqual([]);
  expect(tabs.channels.size).toBe(1);
});

test('a message that a tab missed is fetched by itself', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  tabs.lose(0);
  stream.send(value(2));
  await pass(10);
  stream.send(value(3));
  await pass(10);
  const own = server.next();
  expect(own.since).toBe(at(1));
  own.stream(value(2) + value(3));
  await pass(10);
  expect(own.aborted).toBe(true);
  stream.send(value(4));
  await pass(10);
  expect(ids(second)).toEqual([2, 3, 4].map(at));
});

test('the end is the end of all who have heard everything', async () => {
  const server = new FakeServer();
  const { watch, stream } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  stream.send(block(2, 'done', { status: 'complete' }));
  await pass(10);
  stream.end();
  await pass(10);
  for (const one of [watch, second]) {
    expect(one.links.at(-1)).toMatchObject({ phase: 'closed', reason: 'done' });
    expect(one.events.at(-1).type).toBe('done');
  }
  await pass(1000);
  expect(vi.getTimerCount()).toBe(0);
  expect(tabs.channels.size).toBe(0);
  expect(server.idle).toBe(true);
});

test('what a tab is told of the connection is what the holder is told', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  stream.cut();
  await pass(10);
  expect(second.links.at(-1)).toMatchObject({ phase: 'reconnecting', waitMs: 500, shared: 'listener' });
  await pass(500);
  server.next().stream();
  await pass(10);
  expect(second.links.at(-1)).toMatchObject({ phase: 'connected' });
});

test('a holder that is not heard of is replaced by a tab that is looked at', async () => {
  const server = new FakeServer();
  const { watch } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  tabs.mute(0);
  await pass(37600);
  expect(second.connection.link).toMatchObject({ shared: 'holder' });
  expect(watch.connection.link).toMatchObject({ shared: 'listener' });
  expect(server.exchanges.filter(({ aborted }) => !aborted).length).toBe(1);
});

test('a tab in the background leaves a silent holder alone', async () => {
  const server = new FakeServer();
  await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  page.hide();
  tabs.mute(0);
  await pass(37600);
  expect(second.connection.link).toMatchObject({ shared: 'listener' });
});

test('a holder that does not answer a new tab is not waited for', async () => {
  const server = new FakeServer();
  await holding(server, 1);
  tabs.mute(0);
  await tab(server);
  expect(server.idle).toBe(true);
  await pass(1000);
  expect(server.idle).toBe(false);
});

test('while topics are being opened nobody joins in the middle', async () => {
  const server = new FakeServer();
  await tab(server);
  const wrapped = (n, type, topic) => block(n, type, enveloped(topic, n, type, {}));
  const stream = server.next().stream(wrapped(null, 'snapshot', 'a'));
  await pass(10);
  const late = await tab(server);
  const own = server.next();
  stream.send(wrapped(null, 'snapshot', 'b') + wrapped(9, 'synced', ''));
  await pass(10);
  own.stream(['a', 'b'].map((topic) => wrapped(null, 'snapshot', topic)).join('') + wrapped(9, 'synced', ''));
  await pass(10);
  expect(late.events.map(({ type, topic }) => type + topic)).toEqual(['snapshota', 'snapshotb', 'synced']);
  expect(own.aborted).toBe(true);
});

test('two tabs that both are in the middle are not at the same place', async () => {
  const server = new FakeServer();
  await tab(server);
  const wrapped = (n, type, topic) => block(n, type, enveloped(topic, n, type, {}));
  const stream = server.next().stream(wrapped(null, 'snapshot', 'a') + wrapped(null, 'snapshot', 'b'));
  await pass(10);
  const late = await tab(server);
  const own = server.next().stream(wrapped(null, 'snapshot', 'a'));
  await pass(10);
  stream.send(wrapped(9, 'synced', ''));
  await pass(10);
  expect(own.aborted).toBe(false);
  own.send(wrapped(null, 'snapshot', 'b') + wrapped(9, 'synced', ''));
  await pass(10);
  expect(late.events.map(({ type, topic }) => type + topic)).toEqual(['snapshota', 'snapshotb', 'synced']);
  expect(own.aborted).toBe(true);
});

test('what a former holder still says is not listened to', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 1);
  const second = await tab(server, { since: at(1) });
  const former = new BroadcastChannel('fanfare:http://page.test/jobs/demo');
  const event = { topic: '', type: 'value', data: { value: 7 }, id: at(7), seq: null };
  for (const say of ['event', 'here', 'closed']) {
    former.postMessage({ say, holder: 1, count: 5, place: at(7), link: { phase: 'closed', reason: 'done' }, event });
  }
  await pass(10);
  stream.send(value(2));
  await pass(10);
  expect(ids(second)).toEqual([at(2)]);
  expect(second.connection.link).toMatchObject({ phase: 'connected' });
  expect(server.idle).toBe(true);
});

test('a reset reaches all tabs, with the snapshot', async () => {
  const server = new FakeServer();
  const { stream } = await holding(server, 50);
  const second = await tab(server, { since: at(50) });
  stream.send(block(null, 'reset', { reason: 'fell_behind' }) + 'id: aaaaaaaaaaaaa.3\nevent: snapshot\ndata: {}\n\nid: aaaaaaaaaaaaa.4\nevent: value\ndata: {}\n\n');
  await pass(10);
  expect(second.events.map(({ type }) => type)).toEqual(['reset', 'snapshot', 'value']);
  expect(second.connection.position).toBe('aaaaaaaaaaaaa.4');
});

test('commands of a listener go over the WebSocket of the holder', async () => {
  const server = new FakeServer();
  const options = { transports: ['websocket'], since: at(1), topics: ['a'] };
  await tab(server, options);
  server.socket.open();
  server.socket.say({ type: 'hello', protocol: 'fanfare.v1', topics: ['a'] });
  await pass(10);
  const second = await tab(server, options);
  const cancelled = second.connection.cancel();
  const failed = second.connection.answer('p', 'x');
  const result = expect(failed).rejects.toMatchObject({ code: 'conflict', message: 'too late' });
  await pass(10);
  const [first, answer] = server.socket.sent.map((text) => JSON.parse(text));
  expect(first).toMatchObject({ type: 'cancel', topic: 'a' });
  server.socket.say({ type: 'accepted', ref: first.ref });
  server.socket.say({ type: 'error', code: 'conflict', message: 'too late', ref: answer.ref });
  await pass(10);
  await cancelled;
  await result;
  expect(server.sockets.length).toBe(1);
});

test('without locks every tab connects by itself', async () => {
  vi.stubGlobal('navigator', {});
  const server = new FakeServer();
  await tab(server);
  await tab(server);
  expect(server.exchanges.length).toBe(2);
});

test('where locks are refused, as in a sandboxed frame, a tab connects by itself and does not ask again', async () => {
  const request = vi.fn(async () => { throw new DOMException('denied', 'SecurityError'); });
  vi.stubGlobal('navigator', { locks: { request } });
  const server = new FakeServer();
  const one = await tab(server);
  server.next().stream(value(1));
  await pass(5000);
  expect(ids(one)).toEqual([at(1)]);
  expect(request).toHaveBeenCalledTimes(1);
  expect(server.idle).toBe(true);
});

test('a tab that is ahead of the holder by bare numbers waits for it', async () => {
  const bare = (n) => `id: ${n}\ndata: {"value":${n}}\n\n`;
  const server = new FakeServer();
  await tab(server);
  const stream = server.next().stream(bare(5));
  await pass(10);
  const late = await tab(server);
  const own = server.next().stream(bare(7));
  await pass(10);
  expect(own.aborted).toBe(false);
  stream.send(bare(6) + bare(7) + bare(8));
  await pass(10);
  expect(own.aborted).toBe(true);
  stream.send(bare(9));
  await pass(10);
  expect(late.events.map(({ data }) => data.value)).toEqual([7, 8, 9]);
});

test('another name is another connection', async () => {
  const server = new FakeServer();
  await tab(server);
  await tab(server, { shared: 'other' });
  await tab(server, { types: ['x'] });
  expect(server.exchanges.length).toBe(3);
});

test('one name for several streams does not join them', async () => {
  const server = new FakeServer();
  for (const topics of [['a'], ['b'], ['a']]) await tab(server, { shared: 'mine', topics });
  expect(server.exchanges.map(({ url }) => url.searchParams.get('topic'))).toEqual(['a', 'b']);
});

// A server with a log, tabs that come and go, messages that are lost, streams that are cut.
test.each(Array.from({ length: 30 }, (_, i) => i + 1))('whatever happens, every tab hears everything once and in order: seed %i', async (seed) => {
  const random = seeded(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const server = new FakeServer();
  const open = [];
  let top = 1;
  let asked = 0;
  let faults = 0.2;
  const serve = () => {
    for (; asked < server.exchanges.length; asked += 1) {
      const exchange = server.exchanges[asked];
      if (exchange.aborted) continue;
      if (random() < faults) {
        exchange.fail();
        continue;
      }
      const from = exchange.since ? Number(exchange.since.split('.')[1]) : 0;
      const missing = Array.from({ length: from ? top - from : 0 }, (_, i) => value(from + 1 + i)).join('');
      exchange.stream(from ? missing : block(top, 'snapshot', { value: top }));
      exchange.isOpen = true;
    }
  };
  for (let step = 0; step < 150; step += 1) {
    const dice = random();
    if (dice < 0.08 && open.length < 4) open.push(await watching({ server, shared: true, transports: ['sse'], random }));
    else if (dice < 0.1 && open.length > 1) open.splice(Math.floor(random() * open.length), 1)[0].connection.close();
    else if (dice < 0.15) for (const one of server.exchanges) {
      if (one.isOpen && !one.aborted && random() < 0.5) {
        one.isOpen = false;
        one.cut();
      }
    }
    else if (dice < 0.18 && tabs.channels.size > 1) tabs.lose(Math.floor(random() * tabs.channels.size));
    else if (dice < 0.6) {
      top += 1;
      for (const one of server.exchanges) if (one.isOpen && !one.aborted) one.send(value(top));
    }
    await pass(pick([0, 1, 5, 200, 1500]));
    serve();
  }
  if (open.length === 0) open.push(await watching({ server, shared: true, transports: ['sse'], random }));
  faults = 0;
  for (let i = 0; i < 40; i += 1) {
    await pass(2000);
    serve();
  }
  for (const { events } of open) {
    const [first, ...rest] = events.map(({ data }) => data.value);
    expect(rest).toEqual(Array.from({ length: top - first }, (_, i) => first + 1 + i));
  }
  expect(server.exchanges.filter(({ isOpen, aborted }) => isOpen && !aborted).length).toBe(1);
});
