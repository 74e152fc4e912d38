import { beforeEach, expect, test } from 'vitest';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, enveloped } from './support/fake_server.js';
import { watching } from './support/watch.js';

beforeEach(() => { fakePage(); });

const only = { transports: ['poll'] };

test('one question after the other, each from where the last answer ended', async () => {
  const { server, events, links } = await watching(only);
  const first = server.next();
  expect([first.accepts, first.since]).toEqual(['application/json', '']);
  first.json({ events: [enveloped('a', null, 'snapshot', {}), enveloped('', 9, 'synced', {})], id: at(9) });
  await settle();
  expect(server.next().json({ events: [enveloped('a', 10, 'value', {})], id: at(12) }).since).toBe(at(9));
  await settle();
  expect(server.next().since).toBe(at(12));
  expect(events.map(({ type }) => type)).toEqual(['snapshot', 'synced', 'value']);
  expect(links.map(({ phase }) => phase)).toEqual(['connecting', 'connected']);
});

test('an answer that was cut off counts for nothing', async () => {
  const { server, events } = await watching(only);
  const text = JSON.stringify({ events: [enveloped('a', 1, 'value', {})], id: at(1) });
  server.next().answer(200, { headers: { 'Content-Type': 'application/json' }, body: text.slice(0, -3) });
  await settle();
  expect(events).toEqual([]);
  await pass(1000);
  server.next().json(JSON.parse(text));
  await settle();
  expect(events.length).toBe(1);
});

test('it waits for as long as the server may hold the answer back, and no longer', async () => {
  const { server } = await watching({ ...only, pollSeconds: 20, timeout: 5000 });
  server.next().json({ events: [], id: at(1) });
  await settle();
  const held = server.next();
  expect(held.url.searchParams.get('wait')).toBe('20');
  await pass(24900);
  expect(held.aborted).toBe(false);
  await pass(200);
  expect(held.aborted).toBe(true);
});

test('a server that does not hold back is not asked in a tight loop', async () => {
  const { server } = await watching(only);
  server.next().json({ events: [], id: at(1) });
  await settle();
  for (let i = 0; i < 3; i += 1) {
    server.next().json({ events: [], id: at(1) });
    await pass(900);
    expect(server.idle).toBe(true);
    await pass(200);
  }
});

test('204 is the end, 404 too', async () => {
  for (const [status, reason] of [[204, 'done'], [404, 'unknown']]) {
    const { server, links } = await watching(only);
    server.next().answer(status);
    await settle();
    expect(links.at(-1)).toMatchObject({ phase: 'closed', reason });
  }
});

test('what is no answer of fanfare is unsupported, what is too long is too_large', async () => {
  for (const [body, reason] of [['{"events":7}', 'unsupported'], ['[]', 'unsupported'], ['null', 'unsupported'], [' '.repeat(999), 'too_large']]) {
    const { server, links } = await watching({ ...only, maxEventChars: 500 });
    server.next().answer(200, { headers: { 'Content-Type': 'application/json' }, body });
    await settle();
    expect(links.at(-1)).toMatchObject({ phase: 'closed', reason });
  }
});

test('closed by a handler in the middle of an answer, the rest is not told', async () => {
  let connection;
  const ids = [];
  const watch = await watching({
    ...only,
    on: ({ id }) => {
      ids.push(id);
      connection.close();
    },
  });
  connection = watch.connection;
  watch.server.next().json({ events: [1, 2].map((n) => enveloped('a', n, 'value', {})), id: at(2) });
  await settle();
  expect(ids).toEqual([at(1)]);
  expect(connection.position).toBe(at(1));
});
