import { beforeEach, expect, test, vi } from 'vitest';
import { fakePage, pass, settle } from './support/fake_page.js';
import { at, enveloped } from './support/fake_server.js';
import { watching } from './support/watch.js';

beforeEach(() => { fakePage(); });

const only = { transports: ['websocket'] };
const hello = (more = {}) => ({ type: 'hello', protocol: 'fanfare.v1', connection: 'r1', topics: ['a'], heartbeat_ms: 15000, ...more });

async function talking(options = {}) {
  const watch = await watching({ ...only, ...options });
  watch.server.socket.open();
  watch.server.socket.say(hello());
  return watch;
}

test('it speaks fanfare.v1, and what is no event is none', async () => {
  const { server, events, links } = await talking({ topics: ['a', 'b'] });
  const { socket } = server;
  expect([socket.protocol, socket.url.href]).toEqual(['fanfare.v1', 'ws://page.test/jobs/demo?topic=a&topic=b']);
  socket.say({ type: 'pong' });
  socket.say('no JSON');
  socket.say('[1]');
  socket.say({ topic: 'a', data: 1 });
  socket.say({ ...enveloped('a', 3, 'value', { value: 3 }), seq: 9 });
  expect(events).toEqual([{ topic: 'a', type: 'value', data: { value: 3 }, id: at(3), seq: 9 }]);
  expect(links.map(({ phase }) => phase)).toEqual(['connecting', 'connected']);
});

test('https becomes wss, and ws as given is understood', async () => {
  const secure = await watching(only, 'https://page.test/e#top');
  expect(secure.server.socket.url.href).toBe('wss://page.test/e');
  const plain = await watching(only, 'ws://page.test/e');
  expect(plain.server.socket.url.href).toBe('ws://page.test/e');
});

test('it asks after a heartbeat without anything, and gives up after 2.5', async () => {
  const { server, links } = await talking();
  const { socket } = server;
  await pass(15000);
  expect(socket.sent).toEqual(['ping']);
  socket.say({ type: 'pong' });
  await pass(37400);
  expect(socket.closed).toBe(false);
  await pass(200);
  expect(socket.closed).toBe(true);
  expect(links.find(({ phase }) => phase === 'reconnecting')).toMatchObject({ detail: 'nothing came for too long' });
});

test('a hidden page, whose timers come once a minute, loses no peer that answers, and notices one that does not', async () => {
  fakePage({ visible: false });
  const { server } = await talking();
  const { socket } = server;
  const minute = async () => {
    // Timers that are due run late, one after the other in their order, with no time between them.
    const now = Date.now() + 60000;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
    await vi.advanceTimersByTimeAsync(38000);
    clock.mockRestore();
    vi.setSystemTime(now);
  };
  await minute();
  expect(socket.closed).toBe(false);
  socket.say({ type: 'pong' });
  await minute();
  expect(socket.closed).toBe(false);
  await minute();
  expect(socket.closed).toBe(true);
});

test('the heartbeat is what hello says, unless it was chosen', async () => {
  const { server } = await watching(only);
  server.socket.open();
  server.socket.say(hello({ heartbeat_ms: 1000 }));
  await pass(2600);
  expect(server.sockets[0].closed).toBe(true);
  const chosen = await watching({ ...only, heartbeat: 5000 });
  chosen.server.socket.open();
  chosen.server.socket.say(hello({ heartbeat_ms: 1000 }));
  await pass(5100);
  expect(chosen.server.sockets[0].closed).toBe(false);
  expect(chosen.server.sockets[0].sent).toEqual(['ping']);
});

test.each([
  [1000, 'done'], [1002, 'protocol'], [1003, 'protocol'], [1007, 'protocol'], [1009, 'protocol'],
])('close code %i ends it: %s', async (code, reason) => {
  const { server, links } = await talking();
  server.socket.drop(code, 'why not');
  expect(links.at(-1)).toEqual({ phase: 'closed', reason, status: code, detail: 'why not' });
  await pass(100000);
  expect(server.sockets.length).toBe(1);
});

test.each([1001, 1006, 1008, 1011, 1012, 1013])('close code %i is tried again, from the last position', async (code) => {
  const { server, links } = await talking();
  server.socket.say(enveloped('a', 8, 'value', {}));
  server.socket.drop(code);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', waitMs: 500 });
  await pass(500);
  expect(server.socket.url.searchParams.get('since')).toBe(at(8));
});

test('goodbye says when to come back', async () => {
  const { server, links } = await talking();
  server.socket.say({ type: 'goodbye', reason: 'restart', retry_ms: 4321 });
  server.socket.drop(1012);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', waitMs: 4321, detail: 'restart' });
});

test.each([[204, 'done'], [403, 'refused'], [404, 'unknown']])('refused before it opened: the same request says %i', async (status, reason) => {
  const { server, links } = await watching(only);
  server.socket.drop();
  await settle();
  server.next().answer(status);
  await settle();
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason, status });
});

test('refused three times by a server that is there: there is no WebSocket', async () => {
  const { server, links } = await watching(only);
  for (let i = 0; i < 3; i += 1) {
    server.socket.drop();
    await settle();
    server.next().answer(406);
    await settle();
    await pass(links.at(-1).waitMs ?? 0);
  }
  expect(links.at(-1)).toMatchObject({ phase: 'closed', reason: 'unsupported', detail: 'the WebSocket was refused' });
});

test.each([
  ['an event without a topic', '{"type":"count","data":1}'], ['what is no JSON', 'welcome'], ['bytes', new Blob()],
])('who agrees to fanfare.v1 and then begins with %s does not speak it', async (_, first) => {
  const { server, links } = await watching({ transports: ['websocket', 'sse'] });
  server.socket.open();
  server.socket.onmessage({ data: first });
  await settle();
  expect(server.socket.closed).toBe(true);
  expect(links.at(-1)).toMatchObject({ phase: 'reconnecting', transport: 'sse', waitMs: 0, detail: 'it does not speak fanfare.v1' });
  expect(server.next().accepts).toBe('text/event-stream');
});

test('who opens without having agreed to fanfare.v1 is not listened to, as in Firefox', async () => {
  const { server, events, links } = await watching({ transports: ['websocket', 'sse'] });
  const { socket } = server;
  socket.protocol = '';
  socket.open();
  socket.onmessage?.({ data: JSON.stringify(enveloped('a', 1, 'value', 1)) });
  await settle();
  expect([socket.closed, events]).toEqual([true, []]);
  expect(links.map(({ phase }) => phase)).toEqual(['connecting', 'reconnecting']);
  expect(links.at(-1)).toMatchObject({ transport: 'sse', waitMs: 0, detail: 'it does not speak fanfare.v1' });
  expect(server.next().accepts).toBe('text/event-stream');
});

test('a stream that answers to the question why is not read', async () => {
  const { server } = await watching(only);
  server.socket.drop();
  await settle();
  const probe = server.next().stream();
  await settle();
  expect(probe.aborted).toBe(true);
});

test('commands are settled by their answers', async () => {
  const { server, connection } = await talking({ topics: ['a'] });
  const { socket } = server;
  const cancelled = connection.cancel();
  const answered = connection.answer('p1', 'skip', 'b');
  const commanded = connection.send({ type: 'command', topic: 'a', name: 'faster', data: { by: 2 } });
  const [first, second, third] = socket.sent.map((text) => JSON.parse(text));
  expect(first).toEqual({ type: 'cancel', topic: 'a', ref: first.ref });
  expect(second).toEqual({ type: 'answer', topic: 'b', prompt: 'p1', answer: 'skip', ref: second.ref });
  expect(third).toMatchObject({ type: 'command', name: 'faster', data: { by: 2 } });
  socket.say({ type: 'accepted', ref: first.ref });
  await cancelled;
  socket.say({ type: 'error', code: 'conflict', message: 'settled already', about: 'answer', ref: second.ref });
  await expect(answered).rejects.toMatchObject({ code: 'conflict', message: 'settled already' });
  socket.drop();
  await expect(commanded).rejects.toMatchObject({ code: 'unavailable' });
});

test('commands that wait are bounded', async () => {
  const { connection } = await talking();
  const all = Array.from({ length: 101 }, () => connection.cancel('a').catch(({ code }) => code));
  expect(await all.at(-1)).toBe('limit_exceeded');
  connection.close();
  expect(new Set(await Promise.all(all))).toEqual(new Set(['unavailable', 'limit_exceeded']));
});

test('without a WebSocket commands go where the option says', async () => {
  const { server, connection } = await watching({ commands: '/commands', topics: ['a'], fields: { 'X-Token': 't' } });
  server.next().stream();
  await settle();
  const cancelled = connection.cancel();
  await settle();
  const post = server.next();
  expect([post.url.href, post.init.method, post.headers['X-Token']]).toEqual(['http://page.test/commands', 'POST', 't']);
  expect(JSON.parse(post.init.body)).toEqual({ type: 'cancel', topic: 'a' });
  post.answer(204);
  await cancelled;
  const refused = connection.cancel();
  await settle();
  server.next().answer(409);
  await expect(refused).rejects.toMatchObject({ code: '409' });
});

test('and nowhere without it', async () => {
  const { server, connection } = await watching();
  server.next().stream();
  await settle();
  await expect(connection.cancel('a')).rejects.toMatchObject({ code: 'unavailable' });
});

test('a message that is too long, or binary, ends it', async () => {
  const long = await talking({ maxEventChars: 200 });
  long.server.socket.say('x'.repeat(201));
  expect(long.links.at(-1)).toMatchObject({ phase: 'closed', reason: 'too_large' });
  const binary = await talking();
  binary.server.socket.onmessage({ data: new Blob() });
  expect(binary.links.at(-1)).toMatchObject({ phase: 'closed', reason: 'protocol' });
});
