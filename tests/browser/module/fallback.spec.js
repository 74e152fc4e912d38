import { beforeEach, expect, test, vi } from 'vitest';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, block, enveloped, FakeServer } from './support/fake_server.js';
import { watching } from './support/watch.js';

beforeEach(() => { fakePage(); });

const transports = (links) => links.map(({ transport }) => transport);
const wantsHtml = { headers: { 'Content-Type': 'text/html' }, body: '<p>' };

test.each([[406], [415], [426], [501], [405]])('%i: event streams are not served, so a WebSocket is tried at once', async (status) => {
  const { server, links, events } = await watching();
  server.next().answer(status);
  await settle();
  server.socket.open();
  server.socket.say(enveloped('a', 1, 'value', {}));
  expect(links.at(-1)).toMatchObject({ phase: 'connected', transport: 'websocket' });
  expect(events.map(({ id }) => id)).toEqual([at(1)]);
  server.socket.drop();
  await pass(1000);
  expect(server.sockets.length).toBe(2);  // and it stays so
  expect(server.idle).toBe(true);
});

test('a WebSocket that the page may not open, or does not have, is passed over', async () => {
  const server = new FakeServer();
  vi.stubGlobal('WebSocket', class { constructor() { throw new DOMException('insecure', 'SecurityError'); } });
  const { links } = await watching({ server, transports: ['websocket', 'sse'] });
  server.next().stream();
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'connected', transport: 'sse' });
  vi.stubGlobal('WebSocket', undefined);
  const alone = await watching({ server, transports: ['websocket'] });
  expect(alone.links.at(-1)).toMatchObject({ phase: 'closed', reason: 'unsupported' });
});

test('an answer of another type is no event stream', async () => {
  const { server } = await watching();
  server.next().answer(200, wantsHtml);
  await settle();
  expect(server.sockets.length).toBe(1);
});

test('a stream in answer to a poll is not waited for: its words may never end', async () => {
  const { server, links } = await watching({ transports: ['poll', 'sse'] });
  server.next().stream(block(1, 'value', {}));
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'sse', waitMs: 0 });
  server.next().stream(block(1, 'value', {}));
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'connected', transport: 'sse' });
});

test('a stream that opens and then is silent is held back somewhere: a WebSocket is tried', async () => {
  const { server, links } = await watching({ heartbeat: 1000 });
  server.next().stream();
  await pass(2600);
  expect(server.sockets.length).toBe(1);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'websocket', waitMs: 0 });
});

test('a stream that has worked is not given up for being cut', async () => {
  const { server, links } = await watching();
  server.next().stream(block(1, 'value', {}));
  await settle();
  server.last.cut();
  for (let i = 0; i < 4; i += 1) {
    await settle();
    await pass(links.at(-1).waitMs);
    server.next().fail();
  }
  await settle();
  expect(server.sockets.length).toBe(0);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'sse' });
});

test('a WebSocket that cannot be opened: polls, from the same position', async () => {
  const { server, events, connection } = await watching({ since: at(4) });
  server.next().answer(406);
  await settle();
  expect(server.socket.url.href).toBe(`ws://page.test/jobs/demo?since=${at(4)}`);
  server.socket.drop();
  await settle();
  server.next().answer(406);  // asked why
  await settle();
  const poll = server.next();
  expect([poll.accepts, poll.since, poll.url.searchParams.get('wait')]).toEqual(['application/json', at(4), '0']);
  poll.json({ events: [enveloped('a', 5, 'value', {})], id: at(6) });
  await settle();
  expect(events.map(({ id }) => id)).toEqual([at(5)]);
  expect(connection.position).toBe(at(6));
  expect(server.next().url.searchParams.get('wait')).toBe('25');
});

test('a server that is not there: the others are tried too, then all over again', async () => {
  const { server, links } = await watching();
  for (let i = 0; i < 3; i += 1) {
    server.next().fail();
    await settle();
    if (i < 2) await pass(links.at(-1).waitMs);
  }
  server.socket.drop();
  await settle();
  server.next().fail();  // asked why
  await settle();
  server.next().fail();  // the poll
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'sse' });
  expect(links.at(-1).waitMs).toBe(2000);
  await pass(2000);
  server.next().stream(block(1, 'value', {}));
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'connected', transport: 'sse' });
  expect(server.sockets.length).toBe(1);
});

test('a busy server is no reason to try others, and no reason to hurry', async () => {
  const { server, links } = await watching();
  for (let i = 0; i < 6; i += 1) {
    server.next().answer(503, { headers: { 'Retry-After': '9' } });
    await settle();
    expect(links.at(-1)).toMatchObject({ transport: 'sse', phase: 'reconnecting' });
    expect(links.at(-1).waitMs).toBeGreaterThanOrEqual(9000);
    await pass(links.at(-1).waitMs);
  }
  expect(server.sockets.length).toBe(0);
});

test.each([429, 503])('%i is no fault of the transport, even without Retry-After', async (status) => {
  const { server, links } = await watching();
  for (let i = 0; i < 5; i += 1) {
    server.next().answer(status);
    await settle();
    expect(links.at(-1)).toMatchObject({ transport: 'sse', phase: 'reconnecting', waitMs: 500 * 2 ** i, attempt: i + 1 });
    await pass(links.at(-1).waitMs);
  }
  server.next().fail();
  await settle();
  expect([links.at(-1).transport, server.sockets.length]).toEqual(['sse', 0]);
});

test('a server that is busy is asked again by the transport that was got to, or has worked', async () => {
  const { server, links } = await watching({ transports: ['websocket', 'sse'] });
  server.socket.drop();
  await settle();
  server.next().fail();  // asked why
  await settle();
  const busy = async () => {
    server.next().answer(503);
    await settle();
    expect(links.at(-1)).toMatchObject({ transport: 'sse', phase: 'reconnecting' });
    await pass(links.at(-1).waitMs);
  };
  await busy();
  server.next().stream(block(1, 'value', {}));
  await settle();
  server.last.cut();
  await settle();
  await pass(links.at(-1).waitMs);
  for (let i = 0; i < 6; i += 1) await busy();
  expect(server.sockets.length).toBe(1);
});

test.each([1001, 1011, 1013, 4000])('a WebSocket that the server closes with %i at once is one that gets through', async (code) => {
  const { server, links } = await watching({ transports: ['websocket', 'poll'] });
  for (let i = 0; i < 5; i += 1) {
    server.socket.open();
    server.socket.drop(code);
    expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'websocket', waitMs: 500 * 2 ** i });
    await pass(links.at(-1).waitMs);
  }
  expect(server.exchanges.length).toBe(0);
});

test('a WebSocket that breaks before anything came, three times, is no way', async () => {
  const { server, links } = await watching({ transports: ['websocket', 'poll'] });
  for (let i = 0; i < 3; i += 1) {
    server.socket.open();
    server.socket.drop(1006);
    await settle();
    if (i < 2) await pass(links.at(-1).waitMs);
  }
  expect(server.next().accepts).toBe('application/json');
});

test.each([500, 502, 504])('%i three times may be the transport: another is tried', async (status) => {
  const { server, links } = await watching({ transports: ['sse', 'poll'] });
  for (let i = 0; i < 3; i += 1) {
    expect(server.next().answer(status).accepts).toBe('text/event-stream');
    await settle();
    if (i < 2) await pass(links.at(-1).waitMs);
  }
  expect(server.next().accepts).toBe('application/json');
});

test('what is lost for long is looked for by all ways again', async () => {
  const { server, links } = await watching({ transports: ['sse', 'poll'] });
  server.next().stream(block(1, 'value', {}));
  await settle();
  server.last.cut();
  await settle();
  for (let i = 0; i < 5; i += 1) {
    await pass(links.at(-1).waitMs);
    server.next().fail();
    await settle();
  }
  expect(server.next().accepts).toBe('application/json');
});

test('nothing of it is served there: it says so', async () => {
  const { server, links } = await watching({ transports: ['sse', 'poll'] });
  server.next().answer(406);
  for (let i = 0; i < 3; i += 1) {
    await settle();
    await pass(links.at(-1).waitMs);
    server.next().answer(200, wantsHtml);
  }
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'unsupported', status: 200 });
});

test('a head that was cut off has no type, or half of one, and means nothing', async () => {
  const { server, links } = await watching();
  server.next().stream(block(1, 'value', {}));
  await settle();
  server.last.cut();
  for (const head of [{}, { 'Content-Type': 'text/event-st' }]) {
    await settle();
    await pass(links.at(-1).waitMs);
    server.next().answer(200, { headers: head, body: '' });
  }
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'sse' });
  await pass(links.at(-1).waitMs);
  server.next().stream();
  await settle();
  expect([links.at(-1).phase, server.sockets.length]).toEqual(['connected', 0]);
});

test('only the transports that were asked for', async () => {
  const { server, links } = await watching({ transports: ['poll'] });
  expect(server.next().answer(406).accepts).toBe('application/json');
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'unsupported' });
  expect(new Set(transports(links).filter(Boolean))).toEqual(new Set(['poll']));
});

test('reconnect gives all transports another chance', async () => {
  const { server, connection } = await watching({ transports: ['sse', 'poll'] });
  server.next().answer(406);
  await settle();
  server.next().answer(406);
  await settle();
  connection.reconnect();
  await settle();
  expect(server.next().accepts).toBe('text/event-stream');
});
