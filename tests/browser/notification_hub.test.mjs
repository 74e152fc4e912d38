// The notification hub over real sockets (FANFARE_NOTIFICATION_HUB: the program's path): what it owes to any client, by
// fetch and by the npm package eventsource. Its page is in notification_hub_page.test.mjs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { EventSource } from 'eventsource';
import { Hub, hubCommand, until } from './support/hub.mjs';

const options = { skip: hubCommand ? false : 'FANFARE_NOTIFICATION_HUB is not set', timeout: 60000 };
const KNOWN = ['summary_progress', 'summary_complete', 'system'];
const hubs = [];

async function start(...args) {
  const hub = await Hub.start(...args);
  hubs.push(hub);
  return hub;
}
// One for all tests that need no options; what a test sends is seen by its own streams only, since they begin later.
let common = null;
const shared = () => (common ??= Hub.start());

afterEach(async () => {
  (await common)?.closeAll();
  for (const hub of hubs.splice(0)) await hub.kill();
});
after(async () => (await common)?.kill());

test('hub: a stream begins with connected, then the state, under headers that keep proxies away', options, async () => {
  const hub = await shared();
  const watch = await hub.watch({ session: 'alice' });
  assert.equal(watch.status, 200);
  assert.equal(watch.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(watch.response.headers.get('cache-control'), 'no-cache, no-transform');
  assert.equal(watch.response.headers.get('x-accel-buffering'), 'no');
  const connected = await watch.next();
  assert.equal(connected.event, 'connected');
  assert.match(connected.data.connection_id, /./);
  assert.match(connected.data.message, /./);
  assert.deepEqual(connected.data.subscriptions, KNOWN);
  assert.equal(connected.data.session, 'alice');
  const snapshot = await watch.next();
  assert.equal(snapshot.event, 'snapshot');
  assert.match(snapshot.id, /^[0-9a-z]+\.\d+$/);
});

test('hub: only the types asked for, in any spelling of the list; unknown ones are a 400', options, async () => {
  const hub = await shared();
  for (const query of ['subscribe=summary_complete,system', 'subscribe=summary_complete&subscribe=system']) {
    const watch = await hub.watchQuery(query);
    assert.deepEqual((await watch.next()).data.subscriptions, ['summary_complete', 'system']);
    await hub.say('summary_progress', { message: 'not for it', progress: 1 });
    await hub.say('summary_complete', { message: 'for it' });
    const heard = await watch.until((event) => event.event === 'summary_complete');
    assert.ok(!heard.some((event) => event.event === 'summary_progress'));
  }
  for (const query of ['subscribe=sytem', 'subscribe=system,nothing', 'subscribe=a%0Ab', `subscribe=${'x,'.repeat(1000)}x`]) {
    const watch = await hub.watchQuery(query);
    assert.equal(watch.status, 400, query.slice(0, 40));
    assert.match((await watch.response.json()).error, /unknown type/);
  }
  assert.equal((await hub.watchQuery('subscribe=ping')).status, 200);
});

test('hub: an event for one session reaches nobody else, live or replayed', options, async () => {
  const hub = await shared();
  const alice = await hub.settled({ session: 'alice' });
  const bob = await hub.settled({ session: 'bob' });
  const nobody = await hub.settled({});
  const before = bob.last.id;
  await hub.say('system', { message: 'for alice' }, { session_filter: 'alice' });
  await hub.say('summary_progress', { operation_id: 'secret', progress: 1 }, { session_filter: 'alice' });
  await hub.say('system', { message: 'for all' });
  assert.deepEqual((await alice.until((e) => e.data.message === 'for all')).map((e) => e.event), ['system', 'summary_progress', 'system']);
  for (const other of [bob, nobody]) assert.equal((await other.next()).data.message, 'for all');

  const back = await hub.watch({ session: 'bob', since: before });
  assert.equal((await back.next()).event, 'connected');
  assert.equal((await back.next()).data.message, 'for all', 'what was missed, without what was for alice');
  const alsoBack = await hub.watch({ session: 'alice', since: before });
  assert.equal((await alsoBack.next()).event, 'connected');
  assert.equal((await alsoBack.next()).data.message, 'for alice', 'she was away, and gets it');
  const fresh = await hub.settled({ session: 'bob' });
  assert.ok(!JSON.stringify(fresh.state).includes('secret'), 'nor is it in the state');
});

test('hub: a broadcast to who listens to a type', options, async () => {
  const hub = await shared();
  const listens = await hub.settled({ subscribe: 'system,summary_complete' });
  const other = await hub.settled({ subscribe: 'system' });
  await hub.say('system', { message: 'one' }, { subscription_filter: 'summary_complete' });
  await hub.say('system', { message: 'two' }, { session_filter: '', subscription_filter: null });
  assert.equal((await listens.next()).data.message, 'one');
  assert.equal((await listens.next()).data.message, 'two');
  assert.equal((await other.next()).data.message, 'two');
});

test('hub: broadcasts are refused unless type and data are what the hub knows', options, async () => {
  const hub = await shared();
  const watch = await hub.settled({});
  const refused = [
    { event_type: 'ping', data: {} },
    { event_type: 'connected', data: {} },
    { event_type: 'snapshot', data: {} },
    { event_type: 'system\nevent: forged', data: {} },
    { data: {} },
    { event_type: 'system', data: { level: 'loud' } },
    { event_type: 'system', data: 7 },
    { event_type: 'summary_progress', data: { progress: 'half' } },
    { event_type: 'system', data: {}, subscription_filter: 'nothing' },
    { event_type: 7 },
  ];
  for (const body of refused) {
    const response = await hub.post('/events/broadcast', body);
    assert.equal(response.status, 400, JSON.stringify(body));
    assert.match((await response.json()).error, /./);
  }
  assert.equal((await hub.post('/events/broadcast', '{"event_type":')).status, 400);
  assert.equal((await hub.post('/events/broadcast', {}, { Origin: 'https://evil.example' })).status, 403);
  await hub.say('system', { level: 'error', message: 'the first that counts', extra: [1] });
  const heard = await watch.next();
  assert.deepEqual(heard.data, { level: 'error', message: 'the first that counts', extra: [1] }, 'data is passed on as it is');
});

test('hub: a newcomer is told the operations under way, and a returning client only what it missed', options, async () => {
  const hub = await start();
  for (const id of ['a', 'b']) await hub.say('summary_progress', { operation_id: id, status: 'processing', message: 'm', progress: 1, total: 4, current_video: 'v' });
  await hub.say('summary_progress', { operation_id: 'a', progress: 2, total: 4 });
  const one = await hub.settled({});
  assert.deepEqual(one.state.operations.map((o) => [o.operation_id, o.progress, o.total]).sort(), [['a', 2, 4], ['b', 1, 4]]);
  await hub.say('summary_complete', { operation_id: 'a', status: 'complete', message: 'ready' });
  const complete = await one.next();
  assert.equal(complete.event, 'summary_complete');
  await hub.say('system', { level: 'warning', message: 'careful' });
  const two = await hub.settled({});
  assert.deepEqual(two.state.operations.map((o) => o.operation_id), ['b']);
  assert.deepEqual(two.state.messages, [{ level: 'warning', message: 'careful' }]);

  const back = await hub.watch({}, { 'Last-Event-ID': complete.id });
  assert.equal((await back.next()).event, 'connected');
  assert.equal((await back.next()).data.message, 'careful');
  const lost = await hub.watch({ since: 'aaaaaaaaaaaaa.3' });
  assert.deepEqual((await lost.until((e) => e.event === 'snapshot')).map((e) => e.event), ['connected', 'reset', 'snapshot']);
});

test('hub: who polls misses nothing either, and a position goes from one way to the other', options, async () => {
  const hub = await start();
  const poll = async (query) => {
    const response = await hub.get(`/events?${new URLSearchParams({ session: 'alice', subscribe: 'system', ...query })}`, { Accept: 'application/json' });
    return response.status === 200 ? response.json() : response.status;
  };
  const said = ({ events }) => events.filter(({ type }) => type === 'system').map(({ data }) => data.message);
  const stream = await hub.settled({ session: 'alice', subscribe: 'system' });
  const first = await poll({});
  assert.deepEqual(first.events.slice(0, 2).map(({ type }) => type), ['connected', 'snapshot'], 'at once');
  let answered = false;
  const waiting = poll({ since: stream.last.id }).finally(() => { answered = true; });
  await hub.say('system', { message: 'for bob' }, { session_filter: 'bob' });
  await hub.say('summary_complete', { message: 'of another type' });
  await hub.status();  // and by now that would have come
  assert.equal(answered, false, 'neither was for her');
  await hub.say('system', { message: 'one' }, { session_filter: 'alice' });
  const one = await waiting;
  assert.deepEqual(said(one), ['one']);
  await hub.say('system', { message: 'two' });
  await hub.say('system', { message: 'three' });
  assert.deepEqual(said(await poll({ since: one.id })), ['two', 'three']);
  const back = await hub.watch({ session: 'alice', subscribe: 'system', since: one.id });
  assert.equal((await back.next()).event, 'connected');
  assert.equal((await back.next()).data.message, 'two');
  assert.equal(await poll({ subscribe: 'nothing' }), 400);
});

test('hub: a ping comes when it is quiet, with the position in it', options, async () => {
  const hub = await start('--heartbeat', '1');
  const watch = await hub.settled({ subscribe: 'system' });
  const ping = await watch.next();
  assert.equal(ping.event, 'ping');
  assert.equal(ping.id, watch.last.id, 'nothing happened since');
});

test('hub: the status tells who is connected, since when, and how much waits', options, async () => {
  const hub = await start();
  assert.deepEqual(await hub.status(), { total: 0, connections: [] });
  const began = Date.now();
  const alice = await hub.settled({ session: 'alice', subscribe: 'system' });
  const other = await hub.settled({});
  const status = await hub.status();
  assert.equal(status.total, 2);
  const row = status.connections.find((one) => one.session === 'alice');
  assert.equal(row.id, alice.connected.data.connection_id);
  assert.equal(row.peer, '127.0.0.1');
  assert.deepEqual(row.filter, ['system']);
  assert.equal(row.queue_depth, 0);
  assert.ok(Math.abs(row.created - began) < 30000 && row.last_activity >= row.created, JSON.stringify(row));
  assert.deepEqual(new Set(status.connections.find((one) => one !== row).filter), new Set(KNOWN));
  other.close();
  await until(async () => (await hub.status()).total === 1);
});

test('hub: who takes nothing is removed, and others never wait for it', options, async () => {
  const hub = await start('--stall-limit', '2');
  const socket = connect(hub.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET /events?session=stuck HTTP/1.1\r\nHost: 127.0.0.1:${hub.port}\r\nAccept: text/event-stream\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const well = await hub.settled({ session: 'well' });
  const message = 'x'.repeat(200000);
  const depth = async () => (await hub.status()).connections.find((one) => one.session === 'stuck')?.queue_depth;
  do {
    await hub.say('system', { message });
    assert.equal((await well.next()).data.message.length, message.length);
  } while (await depth() === 0);  // until the buffers on the way are full, or it is removed already
  await until(async () => (await hub.status()).total === 1);
  socket.destroy();
});

test('hub: connections of one address are limited, and a place that becomes free is taken', options, async () => {
  const hub = await start('--max-per-address', '3');
  const watches = [await hub.watch({}), await hub.watch({}), await hub.watch({})];
  assert.deepEqual(watches.map((watch) => watch.status), [200, 200, 200]);
  const refused = await hub.watch({});
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.response.headers.get('retry-after')) >= 1);
  watches[0].close();
  await until(async () => {
    const again = await hub.watch({});
    if (again.status === 200) return true;
    again.close();
    return false;
  });
});

test('hub: with users, nothing without signing in; a session is its user', options, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-users-'));
  t.after(() => rm(folder, { recursive: true }));
  const users = join(folder, 'users');
  await writeFile(users, '# the staff\nalice:open sesame\nbob:secret:with:colons\n');
  const hub = await start('--users', users);

  assert.equal((await hub.watch({ session: 'alice' })).status, 401);
  assert.equal((await hub.get('/events/status')).status, 401);
  assert.equal((await hub.get('/session')).status, 401);
  assert.equal((await hub.post('/events/broadcast', { event_type: 'system', data: {} })).status, 401);
  assert.equal((await hub.watch({}, { Cookie: 'hub_session=' })).status, 401);
  for (const body of [{ user: 'alice', password: 'open' }, { user: 'alice', password: '' }, { user: 'carol', password: '' }, { user: '', password: '' }]) {
    const wrong = await hub.post('/login', body);
    assert.equal(wrong.status, 401, JSON.stringify(body));
    assert.equal(wrong.headers.get('set-cookie'), null);
  }

  const alice = await hub.signIn('alice', 'open sesame');
  assert.match(alice.setCookie, /; HttpOnly/);
  assert.match(alice.setCookie, /; SameSite=Strict/);
  const bob = await hub.signIn('bob', 'secret:with:colons');
  const stream = await hub.settled({ session: 'bob' }, { Cookie: alice.cookie });
  assert.equal(stream.connected.data.session, 'alice', 'what the query says does not count');
  const bobs = await hub.settled({}, { Cookie: bob.cookie });
  await hub.say('system', { message: 'private' }, { session_filter: 'alice' }, { Cookie: bob.cookie });
  await hub.say('system', { message: 'public' }, {}, { Cookie: bob.cookie });
  assert.equal((await stream.next()).data.message, 'private');
  assert.equal((await bobs.next()).data.message, 'public');

  assert.equal((await hub.post('/logout', {}, { Cookie: alice.cookie })).status, 204);
  await stream.rest();  // ends
  assert.equal((await hub.watch({}, { Cookie: alice.cookie })).status, 401);
  assert.equal((await hub.get('/events/status', { Cookie: bob.cookie })).status, 200);
});

test('hub: without users a session is a cookie, a name in the query, or new each time', options, async () => {
  const hub = await shared();
  const first = await hub.get('/session');
  const { session, login } = await first.json();
  assert.equal(login, false);
  assert.match(first.headers.get('set-cookie'), /^hub_session=[0-9a-z]{26}; Path=\/; HttpOnly; SameSite=Strict/);
  assert.equal(first.headers.get('cache-control'), 'no-store');
  const Cookie = first.headers.get('set-cookie').split(';')[0];
  const again = await hub.get('/session', { Cookie });
  assert.equal((await again.json()).session, session);
  assert.equal(again.headers.get('set-cookie'), null);
  const sessionOf = async (query, headers) => (await (await hub.watch(query, headers)).next()).data.session;
  assert.equal(await sessionOf({}, { Cookie }), session);
  assert.equal(await sessionOf({ session: 'me' }, { Cookie }), 'me');
  assert.notEqual(await sessionOf({}), await sessionOf({}));
  assert.equal((await hub.watch({ session: 'no spaces' })).status, 400);
  assert.equal((await hub.watch({ session: 'x'.repeat(65) })).status, 400);
});

test('hub: a hundred and twenty listeners hear everything, compressed or not', options, async () => {
  const hub = await start('--max-per-address', '200');
  const codings = ['gzip', 'deflate', 'identity'];
  const watches = await Promise.all(Array.from({ length: 120 }, (_, i) => hub.watch({ subscribe: 'system' }, { 'Accept-Encoding': codings[i % 3] })));
  for (let i = 0; i < 20; ++i) await hub.say('system', { message: `number ${i}` });
  const heard = await Promise.all(watches.map((watch) => watch.until((event) => event.data.message === 'number 19')));
  const all = Array.from({ length: 20 }, (_, i) => `number ${i}`);
  for (const events of heard) assert.deepEqual(events.filter((event) => event.event === 'system').map((event) => event.data.message), all);
});

test('hub: the npm package eventsource hears named events', options, async () => {
  const hub = await shared();
  const source = new EventSource(`${hub.url}events?subscribe=system&session=npm`);
  try {
    const heard = (type) => new Promise((resolve) => source.addEventListener(type, resolve, { once: true }));
    const [connected, snapshot] = await Promise.all([heard('connected'), heard('snapshot')]);
    assert.deepEqual(JSON.parse(connected.data).subscriptions, ['system']);
    assert.notEqual(snapshot.lastEventId, '');
    const system = heard('system');
    await hub.say('system', { message: 'hello, npm' });
    assert.equal(JSON.parse((await system).data).message, 'hello, npm');
  } finally {
    source.close();
  }
});

test('hub: what it is started with is checked, and a signal ends it well', options, async () => {
  for (const [args, complaint] of [
    [['--max-per-address', '0'], /--max-per-address is '0'; it must be a number from 1 to 10000/],
    [['--heartbeat', '-1'], /--heartbeat/],
    [['--users', '/nowhere/at/all'], /--users is '\/nowhere\/at\/all', which cannot be read/],
    [['--colour', 'red'], /unknown option '--colour'/],
  ]) {
    const { code, said } = await run([...args, '--port', '0']);
    assert.notEqual(code, 0);
    assert.match(said, complaint);
  }
  assert.match((await run(['--help'])).said, /--stall-limit SECONDS/);
  const hub = await start();
  const watch = await hub.settled({});
  const ended = hub.interrupt();
  await watch.rest();
  assert.equal(await ended, 0);
});

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(hubCommand[0], args, { timeout: 20000 });
    let said = '';
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (bytes) => { said += bytes; });
    child.once('close', (code) => resolve({ code, said }));
  });
}
