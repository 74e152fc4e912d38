import { beforeEach, expect, test } from 'vitest';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, block } from './support/fake_server.js';
import { watching } from './support/watch.js';

beforeEach(() => { fakePage(); });

const value = (n) => block(n, 'value', { value: n });

test('events come with topic, type, data, id and seq', async () => {
  const { server, events, connection } = await watching();
  server.next().stream(block(7, 'snapshot', { value: 7 }) + value(8) + 'event: bare\ndata: no JSON\n\n');
  await settle();
  expect(events).toEqual([
    { topic: '', type: 'snapshot', data: { value: 7 }, id: at(7), seq: null },
    { topic: '', type: 'value', data: { value: 8 }, id: at(8), seq: null },
    { topic: '', type: 'bare', data: 'no JSON', id: '', seq: null },
  ]);
  expect(connection.position).toBe(at(8));
});

test('a stream without event names has the type in the payload', async () => {
  const { server, events } = await watching();
  server.next().stream('id: 4\ndata: {"type":"status","seq":4,"status":"running"}\n\ndata: {"value":1}\n\n');
  await settle();
  expect(events).toEqual([
    { topic: '', type: 'status', data: { type: 'status', seq: 4, status: 'running' }, id: '4', seq: 4 },
    { topic: '', type: 'message', data: { value: 1 }, id: '', seq: null },
  ]);
});

test('the envelope is taken off, with event names and without', async () => {
  const { server, events } = await watching({ topics: ['a', 'b'] });
  const envelope = `{"topic":"a","id":"${at(5)}","seq":2,"type":"value","data":{"value":5}}`;
  server.next().stream(`id: ${at(5)}\nevent: value\ndata: ${envelope}\n\nid: ${at(6)}\ndata: ${envelope.replace(at(5), at(6))}\n\n`);
  await settle();
  expect(events).toEqual([5, 6].map((n) => ({ topic: 'a', type: 'value', data: { value: 5 }, id: at(n), seq: 2 })));
});

test('a payload that looks almost like an envelope is left alone', async () => {
  const { server, events } = await watching();
  server.next().stream('event: note\ndata: {"topic":"a","type":"note","data":1,"more":2}\n\nevent: other\ndata: {"topic":"a","type":"x","data":1}\n\n');
  await settle();
  expect(events.map(({ type, topic }) => [type, topic])).toEqual([['note', ''], ['other', '']]);
});

test('the request says what is wanted', async () => {
  const { server } = await watching(
    { topics: ['a b', 'c'], types: ['x', 'y'], maxRate: 5, since: at(3), fields: { Authorization: 'Bearer t' }, credentials: 'include' },
    '/events?topic=z&since=old&keep=1',
  );
  const { url, init } = server.next();
  expect(url.searchParams.getAll('topic')).toEqual(['a b', 'c']);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ types: 'x,y', max_rate: '5', since: at(3), keep: '1' });
  expect(init).toMatchObject({ credentials: 'include', cache: 'no-store' });
  expect(init.headers).toEqual({ Accept: 'text/event-stream', Authorization: 'Bearer t', 'Last-Event-ID': at(3) });
});

test('across origins the position goes in the query only, so that there is no preflight', async () => {
  const { server } = await watching({ since: at(3) }, 'http://elsewhere.test/events');
  expect(server.next().headers).toEqual({ Accept: 'text/event-stream' });
});

test('handlers by type, and one for all others', async () => {
  const heard = [];
  const on = { value: ({ data }) => heard.push(data.value), '*': ({ type }) => heard.push(type), constructor: () => heard.push('!') };
  const { server } = await watching({ on });
  server.next().stream(value(1) + block(2, 'else', {}) + block(3, 'toString', {}) + block(4, '__proto__', {}));
  await settle();
  expect(heard).toEqual([1, 'else', 'toString', '__proto__']);
});

test('a handler that throws is reported, and the stream goes on', async () => {
  const page = fakePage();
  const heard = [];
  const { server, connection } = await watching({
    on: ({ id }) => {
      heard.push(id);
      throw new Error('mine');
    },
  });
  server.next().stream(value(1) + value(2));
  await settle();
  expect(heard).toEqual([at(1), at(2)]);
  expect(page.errors.map(String)).toEqual(['Error: mine', 'Error: mine']);
  expect(connection.link.phase).toBe('connected');
});

test('a store that throws is reported, and the handlers hear the event all the same', async () => {
  const page = fakePage();
  const store = { apply: () => { throw new Error('mine'); }, save: () => null, load: () => false };
  const { server, connection, events } = await watching({ store });
  server.next().stream(value(1) + value(2));
  await settle();
  expect(events.map(({ id }) => id)).toEqual([at(1), at(2)]);
  expect(page.errors.map(String)).toEqual(['Error: mine', 'Error: mine']);
  expect(connection.link.phase).toBe('connected');
});

test('after a cut it goes on from the last whole event, and what is sent twice is dropped', async () => {
  const { server, events, links } = await watching();
  const first = server.next().stream(value(1) + value(2) + `id: ${at(3)}\nevent: value\ndata: {"val`);
  await settle();
  first.cut();
  await pass(1000);
  const second = server.next();
  expect(second.since).toBe(at(2));
  second.stream(value(1) + value(2) + value(3) + value(2) + value(4));
  await settle();
  expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4].map(at));
  expect(links.map(({ phase, waitMs }) => [phase, waitMs])).toEqual([
    ['connecting', undefined], ['connected', undefined], ['reconnecting', 500], ['reconnecting', 0], ['connected', undefined],
  ]);
});

test('a heartbeat that shows the current id is no repetition', async () => {
  const { server, events } = await watching();
  server.next().stream(value(5) + block(5, 'ping', { id: at(5) }) + block(5, 'ping', { id: at(5) }));
  await settle();
  expect(events.map(({ type }) => type)).toEqual(['value', 'ping', 'ping']);
});

test('numbers above 2^53 are told apart, another epoch is no repetition', async () => {
  const { server, events } = await watching();
  const id = (text) => `id: ${text}\nevent: value\ndata: {}\n\n`;
  const big = ['kbbuuv7vbjkek.9007199254740993', 'kbbuuv7vbjkek.9007199254740992', 'kbbuuv7vbjkek.18446744073709551615', 'aaaaaaaaaaaaa.1'];
  server.next().stream(big.map(id).join(''));
  await settle();
  expect(events.map((event) => event.id)).toEqual([big[0], big[2], big[3]]);
});

test('bare numbers of a foreign server may begin anew; those of fanfare may not', async () => {
  const { server, events } = await watching();
  server.next().stream('id: 7\nevent: a\ndata: {}\n\nid: 1\nevent: a\ndata: {}\n\n' +
    'id: 9\ndata: {"type":"b","seq":9}\n\nid: 8\ndata: {"type":"b","seq":8}\n\n');
  await settle();
  expect(events.map((event) => event.id)).toEqual(['7', '1', '9']);
});

test('a block without data moves the position', async () => {
  const { server, connection, events } = await watching();
  server.next().stream(`id: ${at(9)}\n\n`);
  await settle();
  expect(connection.position).toBe(at(9));
  expect(events).toEqual([]);
});

test('reset forgets the position until the snapshot brings a new one', async () => {
  const { server, connection } = await watching({ since: at(900) });
  const stream = server.next().stream(block(null, 'reset', { reason: 'foreign_epoch' }));
  await settle();
  expect(connection.position).toBe('');
  stream.cut();
  await pass(1000);
  expect(server.next().stream(block(12, 'snapshot', {})).since).toBe('');
  await settle();
  expect(connection.position).toBe(at(12));
});

test('an event of the host that is called reset is just an event', async () => {
  const { server, connection } = await watching();
  server.next().stream(value(3) + block(4, 'reset', { reason: 'the game' }));
  await settle();
  expect(connection.position).toBe(at(4));
});

test('while several topics are opened there is no position to go on from', async () => {
  const { server, connection } = await watching({ topics: ['a', 'b'] });
  const stream = server.next().stream(block(null, 'snapshot', { topic: 'a', type: 'snapshot', data: {} }));
  await settle();
  expect(connection.position).toBe('');
  stream.send(block(30, 'synced', { topic: '', id: at(30), type: 'synced', data: { topics: 2 } }));
  await settle();
  expect(connection.position).toBe(at(30));
});

test('every way to cut the bytes gives the same events', async () => {
  const text = `\ufeff: comment\r\nretry: 20\r\n\r\n${value(1)}id: ${at(2)}\revent: value\rdata: {"text":\rdata: "\u00e4\u{1f600}"}\r\r${value(3)}`;
  const bytes = new TextEncoder().encode(text);
  for (let i = 1; i < bytes.length; i += 1) {
    const { server, events, connection } = await watching();
    const stream = server.last.stream();
    stream.send(bytes.slice(0, i));
    stream.send(bytes.slice(i));
    await settle();
    expect(events.map(({ data }) => data)).toEqual([{ value: 1 }, { text: '\u00e4\u{1f600}' }, { value: 3 }]);
    connection.close();
  }
});

test('an event that is too long ends it', async () => {
  for (const text of [`data: ${'x'.repeat(200)}`, `data: ${'x'.repeat(60)}\n`.repeat(3), `: ${'x'.repeat(200)}`]) {
    const { server, links, connection } = await watching({ maxEventChars: 100 });
    server.last.stream(text);
    await settle();
    expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'too_large' });
    expect(server.last.aborted).toBe(true);
    connection.close();
  }
});

test('close ends the request and says so once', async () => {
  const { server, connection, links, events } = await watching();
  const stream = server.next().stream(value(1));
  await settle();
  connection.close();
  connection.close();
  expect(stream.aborted).toBe(true);
  expect(links.filter(({ phase }) => phase === 'closed')).toEqual([{ phase: 'closed', reason: 'stopped', status: 0, detail: '' }]);
  await pass(100000);
  expect(server.idle).toBe(true);
  expect(events.length).toBe(1);
});

test('a handler may close it in the middle of a burst', async () => {
  const ids = [];
  const { server, connection } = await watching({
    on: ({ id }) => {
      ids.push(id);
      if (ids.length === 2) connection.close();
    },
  });
  server.next().stream(value(1) + value(2) + value(3));
  await settle();
  expect(ids).toEqual([at(1), at(2)]);
});

test('closed before it began, it asks for nothing', async () => {
  const { connect } = await import('fanfare');
  const asked = [];
  connect('http://page.test/x', { fetch: (url) => asked.push(url) }).close();
  await settle();
  expect(asked).toEqual([]);
});

test('reconnect goes on at once, also after the end', async () => {
  const { server, connection, links } = await watching();
  server.next().stream(value(1));
  await settle();
  connection.reconnect();
  await settle();
  expect(server.next().answer(204).since).toBe(at(1));
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'done' });
  connection.reconnect();
  await settle();
  server.next().stream();
  await settle();
  expect(connection.link.phase).toBe('connected');
});

test('options that make no sense are refused', async () => {
  const { connect } = await import('fanfare');
  for (const options of [{ transports: ['smoke'] }, { transports: [] }, { topics: [''] }, { heartbeat: -1 }, { timeout: NaN }, { storage: true }]) {
    expect(() => connect('http://page.test/', options)).toThrow(TypeError);
  }
});
