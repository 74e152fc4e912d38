// examples/websocket_echo with the client of the npm package ws, as an independent opinion of both RFCs.
// FANFARE_WEBSOCKET_ECHO is the program's path.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { Program } from './support/program.mjs';

const path = process.env.FANFARE_WEBSOCKET_ECHO;
const options = { skip: path ? false : 'FANFARE_WEBSOCKET_ECHO is not set', timeout: 60000 };
const MiB = 1024 * 1024;

let program;
before(async () => {
  if (path) program = await Program.start([path], ['--port', '0']);
});
after(() => program?.kill());

const MODES = {
  'not compressed': false,
  compressed: true,
  'compressed without context': { serverNoContextTakeover: true, clientNoContextTakeover: true },
  'compressed in small windows': { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
};

async function open(mode) {
  const deflate = MODES[mode];
  const perMessageDeflate = deflate ? { threshold: 0, ...(deflate === true ? {} : deflate) } : false;
  const socket = new WebSocket(program.url, { perMessageDeflate });
  await once(socket, 'open');
  assert.equal(socket.extensions.includes('permessage-deflate'), deflate !== false);
  return socket;
}

async function close(socket) {
  socket.close(1000, 'done');
  const [code] = await once(socket, 'close');
  assert.equal(code, 1000);
}

async function echoes(socket, message) {
  const reply = once(socket, 'message');
  socket.send(message);
  const [data, isBinary] = await reply;
  assert.equal(isBinary, typeof message !== 'string');
  assert.ok(data.equals(Buffer.from(message)), 'the same comes back');
}

for (const mode of Object.keys(MODES)) {
  test(`websocket echo, ${mode}: text and binary of many sizes`, options, async () => {
    const socket = await open(mode);
    for (const size of [0, 1, 125, 126, 127, 65535, 65536, 100000]) {
      await echoes(socket, 'x'.repeat(size));
      await echoes(socket, randomBytes(size));
      await echoes(socket, JSON.stringify({ type: 'progress', text: '\u20ac'.repeat(size / 4) }));
    }
    await close(socket);
  });

  test(`websocket echo, ${mode}: 16 MiB, and not a byte more`, options, async () => {
    const socket = await open(mode);
    await echoes(socket, 'fanfare '.repeat(2 * MiB));
    await echoes(socket, Buffer.alloc(16 * MiB, randomBytes(1 * MiB)));
    socket.on('error', () => {});  // the server does not wait for the rest
    socket.send(Buffer.alloc(16 * MiB + 1));
    const [code] = await once(socket, 'close');
    assert.equal(code, 1009);
  });

  test(`websocket echo, ${mode}: a thousand messages at once, with pings between`, options, async () => {
    const socket = await open(mode);
    const wanted = Array.from({ length: 1000 }, (_, i) => `message ${i} ${'ab'.repeat(i)}`);
    const got = [];
    let pongs = 0;
    const all = new Promise((resolve) => {
      socket.on('message', (data) => {
        got.push(data.toString());
        if (got.length === wanted.length) resolve();
      });
    });
    socket.on('pong', (data) => { assert.equal(data.toString(), `ping ${pongs++}`); });
    wanted.forEach((message, i) => {
      socket.send(message);
      if (i % 100 === 0) socket.ping(`ping ${i / 100}`);
    });
    await all;
    assert.deepEqual(got, wanted);
    assert.equal(pongs, 10);
    await close(socket);
  });
}

test('websocket echo: a hundred clients at once', options, async () => {
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open('compressed')));
  await Promise.all(sockets.map((socket, i) => echoes(socket, `client ${i}`)));
  await Promise.all(sockets.map(close));
});
