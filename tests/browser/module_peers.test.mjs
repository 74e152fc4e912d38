// The browser module in Chromium against servers written by others: better-sse, ws, and nginx in front of fanfare's own,
// which holds streams back or does not. client_peers.test.mjs is the same for the C++ client.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { closePage, inFirefox, launch } from './support/browser.mjs';
import { until } from './support/hub.mjs';
import { linkIs, missing, ModuleHost } from './support/module_host.mjs';
import { freePort, Nginx, nginxCommand, upgrades } from './support/nginx.mjs';
import { dataOf, seen, watchPeer, withPage } from './support/peer_page.mjs';
import { Feed, listen, range } from './support/peers.mjs';

const options = { timeout: 60000 };
const proxied = { ...options, skip: missing || (!nginxCommand && 'needs FANFARE_NGINX') };
let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** Runs `body(server, feed)` with a server whose requests better-sse answers and whose upgrades nobody does, yet. */
async function served(body) {
  const feed = new Feed();
  const http = createServer(withPage(feed.handle));
  const server = await listen(http);
  try {
    await body({ ...server, http, origin: `http://127.0.0.1:${server.port}` }, feed);
  } finally {
    server.stop();
  }
}

test('better-sse: each event once and in order, over ten breaks, until 204', options, () => served(async (server, feed) => {
  const page = await watchPeer(browser, server.origin, '/any?a=b', { transports: ['sse'] });
  for (let round = 1; round <= 10; ++round) {
    for (const i of range(5)) feed.push({ n: (round - 1) * 5 + i, text: 'ä\n"\\\u2028😀' });
    await dataOf(page, 'count', round * 5 - 2);
    server.breakAll();
  }
  const data = await dataOf(page, 'count', 50);
  assert.deepEqual(data.map(({ n }) => n), range(50));
  assert.equal(data[0].text, 'ä\n"\\\u2028😀');
  await page.waitForFunction(() => window.connection.position === 'evt/50==');
  feed.over = true;
  server.breakAll();
  await linkIs(page, { phase: 'closed', reason: 'done', status: 204 });
  assert.deepEqual([feed.asked[0], feed.asked.at(-1)], [undefined, 'evt/50==']);
  await closePage(page);
}));

test('better-sse: a position that was kept goes on where it was', options, () => served(async (server, feed) => {
  for (const n of range(6)) feed.push(n);
  const page = await watchPeer(browser, server.origin, '/', { since: 'evt/4==' });
  assert.deepEqual(await dataOf(page, 'count', 2), [5, 6]);
  await closePage(page);
}));

test('better-sse: its comments are heard while there is no event', options, () => served(async (server, feed) => {
  let written = 0;
  server.http.on('request', (request, response) => {
    if (request.url !== '/') return;
    const write = response.write.bind(response);
    response.write = (...given) => {
      written += 1;
      return write(...given);
    };
  });
  const page = await watchPeer(browser, server.origin, '/', {});
  feed.push(1);
  await dataOf(page, 'count', 1);
  // One every 200 ms; without any of them, 2.5 heartbeats of a second would be a reason to come back.
  const before = written;
  await until(() => written >= before + 20);
  assert.deepEqual([(await seen(page)).links.at(-1).phase, feed.asked.length], ['connected', 1]);
  await closePage(page);
}));

const EPOCH = 'kbbuuv7vbjkek';

test('ws: fanfare.v1 with fragments and compression, pongs, and what each way to end means', options, () => served(async (server) => {
  const sockets = new WebSocketServer({ server: server.http, perMessageDeflate: { threshold: 0 } });
  const asked = [];
  const pings = [];
  const say = (socket, n, type, data) => socket.send(JSON.stringify({ topic: 'a', id: `${EPOCH}.${n}`, type, data }));
  const long = 'x'.repeat(200_000);
  const next = [
    (socket) => {
      const text = JSON.stringify({ topic: 'a', id: `${EPOCH}.2`, type: 'count', data: 2 });
      say(socket, 1, 'count', 1);
      socket.send(text.slice(0, 20), { fin: false });
      socket.ping();
      socket.send(text.slice(20), { fin: true });
      say(socket, 3, 'long', long);
      socket.once('message', (data) => {
        pings.push(String(data));
        socket.send('{"type":"pong"}', () => socket.terminate());
      });
    },
    (socket) => { say(socket, 4, 'count', 3); socket.close(1012, 'restart'); },
    (socket) => { say(socket, 5, 'count', 4); socket.close(1011); },
    (socket) => { say(socket, 6, 'count', 5); socket.close(1000); },
  ];
  sockets.on('connection', (socket, request) => {
    asked.push(new URL(request.url, server.origin).searchParams.get('since'));
    assert.equal(socket.protocol, 'fanfare.v1');
    socket.send(JSON.stringify({ type: 'hello', protocol: 'fanfare.v1', topics: ['a'], heartbeat_ms: 200 }));
    next.shift()(socket);
  });
  const page = await watchPeer(browser, server.origin, '/socket', { transports: ['websocket'], topics: ['a'] });
  await linkIs(page, { phase: 'closed', reason: 'done', status: 1000 });
  assert.deepEqual(await dataOf(page, 'count', 5), range(5));
  assert.deepEqual(await dataOf(page, 'long', 1), [long]);
  assert.deepEqual(asked, [null, ...[3, 4, 5].map((n) => `${EPOCH}.${n}`)]);
  assert.deepEqual(pings, ['ping']);
  await closePage(page);
  sockets.close();
}));

for (const [what, handleProtocols, detail] of [
  ['that declines the subprotocol', () => false, inFirefox ? 'it does not speak fanfare.v1' : 'the WebSocket was refused'],
  ['that agrees to the subprotocol and does not speak it', (offered) => [...offered][0], 'it does not speak fanfare.v1'],
]) {
  test(`ws: one ${what} is no way; the event stream of the same path is`, options, () => served(async (server, feed) => {
    const sockets = new WebSocketServer({ server: server.http, handleProtocols });
    sockets.on('connection', (socket) => socket.send('{"type":"count","data":0}'));
    const page = await watchPeer(browser, server.origin, '/', { transports: ['websocket', 'sse'] });
    await linkIs(page, { phase: 'connected', transport: 'sse' });
    feed.push(1);
    assert.deepEqual(await dataOf(page, 'count', 1), [1]);
    assert.equal((await seen(page)).links.find(({ phase }) => phase === 'reconnecting').detail, detail);
    await closePage(page);

    const alone = await watchPeer(browser, server.origin, '/', { transports: ['websocket'] });
    await linkIs(alone, { phase: 'closed', reason: 'unsupported', detail });
    assert.deepEqual((await seen(alone)).events, []);
    await closePage(alone);
    sockets.close();
  }));
}

/** Runs `body(host, nginx)` with a host behind nginx, where its pages are opened. */
async function behind(location, body) {
  const host = await ModuleHost.start();
  const nginx = await Nginx.start(Number(new URL(host.url).port), location);
  host.url = nginx.url;
  try {
    await body(host, nginx);
  } finally {
    await nginx.stop();
    await host.stop();
  }
}

for (const buffering of ['on', 'off']) {
  test(`nginx and fanfare: proxy_buffering ${buffering}, nginx gone in between`, proxied, () => behind(`proxy_buffering ${buffering}; ${upgrades}`, async (host, nginx) => {
    const pages = [];
    for (const transport of ['sse', 'websocket']) pages.push(await host.page(browser, { transports: [transport] }));
    const agree = () => Promise.all(pages.map((page) => host.agrees(page)));
    await host.step(20);
    await agree();
    await nginx.down();
    await Promise.all(pages.map((page) => linkIs(page, { phase: 'reconnecting' })));
    await host.step(20);
    await nginx.up();
    await agree();
    await host.step(20);
    await agree();
    await host.post('finish');
    for (const page of pages) {
      await linkIs(page, { phase: 'closed', reason: 'done' });
      const { types } = await host.agrees(page);
      assert.deepEqual([types.reset, types.done], [undefined, 2]);
      await closePage(page);
    }
  }));
}

// With HTTP/1.0 to the server nginx sees no chunks, and waits for a full buffer.
const held = 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; proxy_buffers 8 64k; proxy_buffer_size 64k;';
const refused = `if ($http_accept ~ event-stream) { return 406; } ${upgrades}`;
// Only what is held back is given up for its time; a machine that is busy is no reason to go on to the next.
for (const [what, location, transport, timeout] of [
  ['holds streams back', held, 'poll', 1500], ['refuses streams', refused, 'websocket', 15000],
]) {
  test(`nginx that ${what}: the module finds another way`, proxied, () => behind(location, async (host) => {
    const page = await host.page(browser, { pollSeconds: 2, timeout });
    await linkIs(page, { phase: 'connected', transport });
    await host.step(20);
    await host.agrees(page);
    await closePage(page);
  }));
}

test('nginx: on a port that somebody else has it is not taken to listen', proxied, () => served(async ({ port }) => {
  const ports = [port, port, await freePort()];
  const nginx = await Nginx.start(port, 'return 418;', { nextPort: () => ports.shift() });
  try {
    assert.equal((await fetch(nginx.url)).status, 418);
  } finally {
    await nginx.stop();
  }
  await assert.rejects(Nginx.start(port, '', { nextPort: () => port }), /Address already in use/);
}));
