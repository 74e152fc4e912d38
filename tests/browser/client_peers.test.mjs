// The C++ client against servers written by others: better-sse and ws, TLS by Node, and nginx in between, which holds
// streams back or does not. FANFARE_CLIENT_HOST is the program, FANFARE_NGINX nginx.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { WebSocketServer } from 'ws';
import { ClientHost, clientHost } from './support/client_host.mjs';
import { Nginx, nginxCommand, upgrades } from './support/nginx.mjs';
import { Feed, listen, range } from './support/peers.mjs';
import { Program } from './support/program.mjs';

const skip = !clientHost;

test('better-sse: each event once and in order, over ten breaks, until 204', { skip }, async () => {
  const feed = new Feed();
  const server = await listen(createServer(feed.handle));
  const client = new ClientHost(`http://127.0.0.1:${server.port}/any?a=b`, '--transport', 'sse');
  try {
    for (let round = 1; round <= 10; ++round) {
      for (const i of range(5)) feed.push({ n: (round - 1) * 5 + i, text: 'ä\n"\\\u2028😀' });
      await client.until(() => client.data('count').length >= round * 5 - 2);
      server.breakAll();
    }
    await client.until(() => client.data('count').length >= 50);
    assert.deepEqual(client.data('count').map(({ n }) => n), range(50));
    assert.equal(client.data('count')[0].text, 'ä\n"\\\u2028😀');
    await client.until(() => client.position === 'evt/50==');
    feed.over = true;
    server.breakAll();
    assert.equal(await client.end(), 0);
    assert.equal(client.links.at(-1).link, 'ended');
    assert.deepEqual(client.problems, []);
    assert.equal(feed.asked[0], undefined);
    assert.equal(feed.asked.at(-1), 'evt/50==');
  } finally {
    client.kill();
    server.stop();
  }
});

test('better-sse: a position that was kept goes on where it was', { skip }, async () => {
  const feed = new Feed();
  const server = await listen(createServer(feed.handle));
  for (const n of range(6)) feed.push(n);
  const client = new ClientHost(`http://127.0.0.1:${server.port}/`, '--since', 'evt/4==');
  try {
    await client.until(() => client.data('count').length === 2);
    assert.deepEqual(client.data('count'), [5, 6]);
  } finally {
    client.kill();
    server.stop();
  }
});

/** Files of a key and of a certificate for this machine's address, which is its own authority. */
async function makeCertificate() {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1',
    '-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]);
  return { key, cert, remove: () => rm(folder, { recursive: true }) };
}

test('better-sse over TLS: trusted by its file of authorities only', { skip }, async () => {
  const { key, cert, remove } = await makeCertificate();
  const feed = new Feed();
  const server = await listen(createSecureServer({ key: await readFile(key), cert: await readFile(cert) }, feed.handle));
  for (const n of range(3)) feed.push(n);
  const url = `https://127.0.0.1:${server.port}/`;
  const client = new ClientHost(url, '--ca-file', cert);
  const stranger = new ClientHost(url);
  const misled = new ClientHost(url.replace('127.0.0.1', 'localhost'), '--ca-file', cert);
  try {
    await client.until(() => client.data('count').length === 3);
    server.breakAll();
    feed.push(4);
    await client.until(() => client.data('count').length === 4);
    assert.deepEqual(client.data('count'), range(4));
    assert.equal(await stranger.end(), 3);
    assert.match(stranger.links.at(-1).error, /not signed by a trusted authority/);
    assert.equal(await misled.end(), 3);
    assert.match(misled.links.at(-1).error, /for another host/);
  } finally {
    client.kill();
    server.stop();
    await remove();
  }
});

test('ws: messages, pings, compression, and what each way to end means', { skip }, async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
  const address = await listen(server);
  let connections = 0, pongs = 0;
  const next = [];
  sockets.on('connection', (socket) => {
    socket.on('pong', () => ++pongs);
    const script = next.shift();
    ++connections;
    script?.(socket);
  });
  const say = (socket, type, data) => socket.send(JSON.stringify({ type, data }));
  const long = 'x'.repeat(200_000);
  next.push((socket) => {
    socket.ping('p');
    say(socket, 'count', 1);
    // In fragments, with a ping in between.
    socket.send('{"type":"count",', { fin: false });
    socket.ping();
    socket.send('"data":2}', { fin: true });
    say(socket, 'long', long);
    socket.send('no JSON');
    client.until(() => client.data('message').length === 1 && pongs === 2).then(() => socket.terminate());
  });
  next.push((socket) => { say(socket, 'count', 3); socket.close(1012, 'restart'); });
  next.push((socket) => { say(socket, 'count', 4); socket.close(1011); });
  next.push((socket) => { say(socket, 'count', 5); socket.close(1000); });
  const client = new ClientHost(`ws://127.0.0.1:${address.port}/`, '--transport', 'websocket');
  try {
    assert.equal(await client.end(), 0);
    assert.deepEqual(client.data('count'), range(5));
    assert.deepEqual(client.data('long'), [long]);
    assert.deepEqual(client.data('message'), ['no JSON']);
    assert.equal(connections, 4);
    assert.equal(pongs, 2);
    assert.deepEqual(client.problems, []);
  } finally {
    client.kill();
    sockets.close();
    address.stop();
  }
});

test('ws: one that talks to nobody here is given up', { skip }, async () => {
  const server = createServer((request, response) => response.writeHead(request.url.startsWith('/gone') ? 410 : 401).end());
  const address = await listen(server);
  try {
    for (const [path, error] of [['gone', /expired/], ['secret', /./]]) {
      for (const transport of ['websocket', 'sse', 'long_poll']) {
        const client = new ClientHost(`http://127.0.0.1:${address.port}/${path}`, '--transport', transport);
        assert.equal(await client.end(), 3);
        assert.match(client.links.at(-1).error, error);
        assert.equal(client.links.length, 2);
      }
    }
  } finally {
    address.stop();
  }
});

test('nginx and better-sse: with and without buffering events come at once', { skip: skip || !nginxCommand }, async () => {
  for (const location of ['proxy_buffering off;', 'proxy_buffering on;', 'proxy_buffering on; proxy_http_version 1.1;']) {
    const feed = new Feed();
    const server = await listen(createServer(feed.handle));
    const nginx = await Nginx.start(server.port, location);
    const client = new ClientHost(nginx.url, '--transport', 'sse');
    try {
      for (const n of range(5)) {
        feed.push(n);
        await client.until(() => client.data('count').length === n);
      }
      server.breakAll();
      feed.push(6);
      await client.until(() => client.data('count').length === 6);
      assert.deepEqual(client.data('count'), range(6));
    } finally {
      client.kill();
      await nginx.stop();
      server.stop();
    }
  }
});

/** What topics_host counts, as the client heard it: a snapshot sets, an event adds one; anything else is an error. */
function counts(client) {
  const known = {};
  for (const { type, topic, data } of client.events) {
    if (type === 'snapshot') {
      assert.ok(data.value >= (known[topic] ?? 0), `${topic} went back`);
      known[topic] = data.value;
    } else if (type === 'counted') {
      assert.equal(data.value, known[topic] + 1, `${topic} after ${known[topic]}`);
      known[topic] = data.value;
    }
  }
  return known;
}

const topics = ['--topic', 't0', '--topic', 't1', '--topic', 't49'];
const post = (host, path) => fetch(host.url + path, { method: 'POST' });

test('nginx and fanfare: every transport, with nginx gone in between', { skip: skip || !nginxCommand || !process.env.FANFARE_TOPICS_HOST }, async () => {
  for (const buffering of ['on', 'off']) {
    const host = await Program.start([process.env.FANFARE_TOPICS_HOST], []);
    const nginx = await Nginx.start(Number(host.port), `proxy_buffering ${buffering}; ${upgrades}`);
    const clients = ['sse', 'websocket', 'long_poll'].map((transport) => new ClientHost(`${nginx.url}events`, ...topics, '--transport', transport));
    try {
      let round = 0;
      const publish = async (more) => { for (const end = round + more; round < end; ++round) await post(host, 'round'); };
      const caughtUp = () => Promise.all(clients.map((client) => client.until(() => counts(client).t49 === round, `round ${round}`)));
      await publish(5);
      await caughtUp();
      await nginx.down();
      await publish(5);
      await nginx.up();
      await caughtUp();
      await publish(5);
      await caughtUp();
      await post(host, 'finish');
      for (const client of clients) {
        assert.equal(await client.end(), 0);
        assert.deepEqual(counts(client), { t0: 15, t1: 15, t49: 15 });
        assert.equal(client.data('done').length, 3);
        assert.equal(client.data('reset').length, 0);
        assert.deepEqual(client.problems, []);
      }
    } finally {
      for (const client of clients) client.kill();
      await nginx.stop();
      await host.kill();
    }
  }
});

test('nginx with TLS and fanfare: every transport', { skip: skip || !nginxCommand || !process.env.FANFARE_TOPICS_HOST }, async () => {
  const certificate = await makeCertificate();
  const host = await Program.start([process.env.FANFARE_TOPICS_HOST], []);
  const nginx = await Nginx.start(Number(host.port), upgrades, { tls: certificate });
  const clients = ['sse', 'websocket', 'long_poll'].map((transport) =>
    new ClientHost(`${nginx.url}events`, ...topics, '--transport', transport, '--ca-file', certificate.cert));
  try {
    await Promise.all(clients.map((client) => client.until(() => counts(client).t49 === 0, 'the snapshots')));
    for (let round = 0; round < 20; ++round) await post(host, 'round');
    await post(host, 'finish');
    for (const client of clients) {
      assert.equal(await client.end(), 0);
      assert.deepEqual(counts(client), { t0: 20, t1: 20, t49: 20 });
      assert.deepEqual(client.problems, []);
    }
  } finally {
    for (const client of clients) client.kill();
    await nginx.stop();
    await host.kill();
    await certificate.remove();
  }
});

test('nginx that holds streams back, or refuses them: the client finds another way', { skip: skip || !nginxCommand || !process.env.FANFARE_TOPICS_HOST }, async () => {
  // With HTTP/1.0 to the server nginx sees no chunks, and waits for a full buffer.
  const held = 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; proxy_buffers 8 64k; proxy_buffer_size 64k;';
  const refused = 'if ($http_accept ~ event-stream) { return 406; }';
  // Only what is held back is given up for its time; a machine that is busy is no reason to go on to the next.
  for (const [location, transport, timeout] of [
    [held, 'long_poll', '1500'], [refused + upgrades, 'websocket', '15000'], [upgrades, 'sse', '15000'],
  ]) {
    const host = await Program.start([process.env.FANFARE_TOPICS_HOST], []);
    const nginx = await Nginx.start(Number(host.port), location);
    const client = new ClientHost(`${nginx.url}events`, ...topics, '--heartbeat', '1000', '--open-timeout', timeout);
    try {
      await client.until(() => counts(client).t49 === 0, `the first snapshot by ${transport}`);
      await post(host, 'round');
      await client.until(() => counts(client).t49 === 1, `the first round by ${transport}`);
      assert.equal(client.links.findLast(({ link }) => link === 'connected').transport, transport);
      assert.deepEqual(counts(client), { t0: 1, t1: 1, t49: 1 });
    } finally {
      client.kill();
      await nginx.stop();
      await host.kill();
    }
  }
});
