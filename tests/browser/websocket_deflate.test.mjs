// RFC 7692 against examples/websocket_echo: permessage-deflate with every parameter, sections 12 and 13 of the usual
// conformance suite for WebSocket. FANFARE_WEBSOCKET_ECHO is the program's path. FANFARE_CONFORMANCE_FULL=1 sends 1000
// messages of every size, which takes minutes.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Program } from './support/program.mjs';
import {
  BINARY, CLOSE, close, closePayload, Connection, CONTINUATION, Deflater, fragments, frame, hex, Inflater, PING, PONG, TEXT,
} from './support/websocket_client.mjs';

const path = process.env.FANFARE_WEBSOCKET_ECHO;
const full = process.env.FANFARE_CONFORMANCE_FULL === '1';
const options = { skip: path ? false : 'FANFARE_WEBSOCKET_ECHO is not set', timeout: full ? 600000 : 60000 };
const KiB = 1024, MiB = 1024 * KiB;

let program;
before(async () => {
  if (path) program = await Program.start([path], ['--port', '0']);
});
after(() => program?.kill());

// What a client offers, and what has to be agreed to.
const DEFLATE = 'permessage-deflate';
const OFFERS = [
  ['12 the usual offer', '; client_max_window_bits', ''],
  ['13.1 no parameters', '', ''],
  ['13.2 no context of the server', '; client_max_window_bits; server_no_context_takeover', '; server_no_context_takeover'],
  ['13.3 a window of 2^9', '; client_max_window_bits; server_max_window_bits=9', '; server_max_window_bits=9'],
  ['13.4 a window of 2^15', '; client_max_window_bits; server_max_window_bits=15', '; server_max_window_bits=15'],
  ['13.5 no context and a window of 2^9', '; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9',
    '; server_no_context_takeover; server_max_window_bits=9'],
  ['13.6 no context and a window of 2^15', '; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15',
    '; server_no_context_takeover; server_max_window_bits=15'],
  ['13.7 several offers', `; server_no_context_takeover; server_max_window_bits=9, ${DEFLATE}; server_max_window_bits=9, ${DEFLATE}`,
    '; server_no_context_takeover; server_max_window_bits=9'],
  ['13 a window of 2^8', '; server_max_window_bits=8', '; server_max_window_bits=8'],
  ['13 a window of 2^8 for the client', '; client_max_window_bits=8', '; client_max_window_bits=8'],
  ['13 a window of 2^9 for the client', '; client_max_window_bits=9', '; client_max_window_bits=9'],
  ['13 no context of the client', '; client_no_context_takeover', '; client_no_context_takeover'],
  ['13 everything', '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10',
    '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10'],
  ['13 a second offer, as the first is declined', `; server_max_window_bits=7, ${DEFLATE}; server_max_window_bits=12`, '; server_max_window_bits=12'],
];

/** A connection with compression, and both its directions. */
async function deflating(offer) {
  const connection = await Connection.open(program.url, { offer: DEFLATE + offer });
  const bits = (name) => Number(connection.agreed.match(`${name}_max_window_bits=(\\d+)`)?.[1] ?? 15);
  const direction = (name) => ({ bits: bits(name), takeover: !connection.agreed.includes(`${name}_no_context_takeover`) });
  const deflater = new Deflater(direction('client'));
  const inflater = new Inflater(direction('server'));
  return {
    connection,
    async send(opcode, payload, size = Infinity) {
      const bytes = await deflater.compress(payload);
      await connection.write(Buffer.concat(fragments(opcode, bytes, size, { rsv: 4 })));
    },
    /** How many bytes its payload took on the wire. */
    async echoed(opcode, payload) {
      const reply = await connection.frame();
      const bytes = reply.rsv1 ? await inflater.inflate(reply.payload) : reply.payload;
      assert.ok(reply.opcode === opcode && bytes.equals(payload), 'the same comes back');
      return reply.payload.length;
    },
    async close() {
      await connection.write(close());
      assert.equal(await connection.closed(), 1000);
      deflater.close();
      inflater.close();
    },
  };
}

const words = Buffer.from(Array.from({ length: 40000 }, () => ['progress', 'event', 'client', 'topic', '\u03ba\u03cc', randomBytes(4).toString('hex')][Math.random() * 6 | 0]).join(' '));
function someText(size) {
  const at = Math.random() * (words.length - size - 4) | 0;
  const text = Buffer.from(words.subarray(at, at + size).toString().replaceAll('\ufffd', ''));
  return Buffer.concat([text, Buffer.alloc(size - Math.min(size, text.length), '.')]);
}
const SIZES = [[16], [64], [256], [1024], [4096], [8192], [16384], [32768], [65536], [131072],
  [8192, 256], [16384, 256], [32768, 256], [65536, 256], [131072, 256], [131072, 1024], [131072, 4096], [131072, 32768]];

for (const [name, offer, response] of OFFERS) {
  test(`websocket ${name}: what is agreed`, options, async () => {
    const { connection, send, echoed, close: end } = await deflating(offer);
    assert.equal(connection.agreed, DEFLATE + response);
    const noise = Buffer.from(randomBytes(100).toString('hex'));  // within the smallest window
    const sizes = [];
    for (let i = 0; i < 3; ++i) {
      await send(TEXT, noise);
      sizes.push(await echoed(TEXT, noise));
    }
    if (response.includes('server_no_context')) assert.ok(sizes[2] === sizes[0]);
    else assert.ok(sizes[2] < 20, `later messages refer to earlier ones: ${sizes}`);
    const far = Buffer.concat(Array(8).fill(randomBytes(5000)));  // refers back 5000 bytes where the window has them
    await send(BINARY, far);
    assert.equal(await echoed(BINARY, far) < 20000, !/server_max_window_bits=(8|9|10|12)/.test(response));
    await end();
  });
  for (const [size, cut] of SIZES) {
    const count = full ? 1000 : Math.min(200, Math.ceil(256 * KiB / size));
    test(`websocket ${name}: ${count} messages of ${size} bytes${cut ? ` in fragments of ${cut}` : ''}`, options, async () => {
      const { send, echoed, close: end } = await deflating(offer);
      for (let i = 0; i < count; ++i) {
        const [opcode, payload] = i % 4 ? [TEXT, someText(size)] : [BINARY, i % 8 ? someText(size) : randomBytes(size)];
        await send(opcode, payload, cut);
        await echoed(opcode, payload);
      }
      await end();
    });
  }
}
for (const declined of [DEFLATE.toUpperCase(), 'x-unknown', `${DEFLATE}; unknown`, `${DEFLATE}; server_max_window_bits`,
  `${DEFLATE}; server_max_window_bits=16`, `${DEFLATE}; server_max_window_bits=08`, `${DEFLATE}; server_no_context_takeover=1`,
  `${DEFLATE}; client_max_window_bits; client_max_window_bits=9`]) {
  test(`websocket 13 an offer to decline: ${declined}`, options, async () => {
    const connection = await Connection.open(program.url, { offer: declined });
    assert.equal(connection.agreed, '');
    await connection.write(frame(TEXT, 'x', { rsv: 4 }));
    assert.equal(await connection.closed(), 1002);
  });
}

/** Frames on a connection with compression: what is answered, once inflated, and the code of its end. */
function deflated(name, sent, replies, code = 1000) {
  test(`websocket RFC 7692 ${name}`, options, async () => {
    const { connection, echoed } = await deflating('');
    for (const data of sent) await connection.write(typeof data === 'function' ? await data() : data);
    for (const [opcode, payload] of replies) await (opcode === PONG ? connection.expects([[PONG, payload]]) : echoed(opcode, Buffer.from(payload)));
    if (code === 1000) await connection.write(close());
    assert.equal(await connection.closed(), code);
  });
}
const rsv1 = { rsv: 4 };
const hello = hex('f2 48 cd c9 c9 07 00');
const compress = (payload) => new Deflater({ bits: 15, takeover: false }).compress(payload);
deflated('7.2.3.1 one block', [frame(TEXT, hello, rsv1)], [[TEXT, 'Hello']]);
deflated('7.2.3.1 in two fragments with a ping between', [frame(TEXT, hello.subarray(0, 3), { fin: false, rsv: 4 }), frame(PING, 'x'), frame(CONTINUATION, hello.subarray(3))],
  [[PONG, 'x'], [TEXT, 'Hello']]);
deflated('7.2.3.2 a shared window', [frame(TEXT, hello, rsv1), frame(TEXT, hex('f2 00 11 00 00'), rsv1)], [[TEXT, 'Hello'], [TEXT, 'Hello']]);
deflated('7.2.3.3 no compression', [frame(TEXT, hex('00 05 00 fa ff 48 65 6c 6c 6f 00'), rsv1)], [[TEXT, 'Hello']]);
deflated('7.2.3.4 a final block', [frame(TEXT, hex('f3 48 cd c9 c9 07 00 00'), rsv1), frame(TEXT, hello, rsv1)], [[TEXT, 'Hello'], [TEXT, 'Hello']]);
deflated('7.2.3.5 two blocks', [frame(TEXT, hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00'), rsv1)], [[TEXT, 'Hello']]);
deflated('7.2.3.6 an empty message', [frame(TEXT, hex('00'), rsv1), frame(TEXT, hello, rsv1)], [[TEXT, ''], [TEXT, 'Hello']]);
deflated('6 a message without RSV1 is not compressed', [frame(TEXT, 'plain'), frame(TEXT, hello, rsv1)], [[TEXT, 'plain'], [TEXT, 'Hello']]);
deflated('6 RSV1 on a continuation', [frame(TEXT, hello.subarray(0, 3), { fin: false, rsv: 4 }), frame(CONTINUATION, hello.subarray(3), rsv1)], [], 1002);
for (const opcode of [PING, PONG, CLOSE]) deflated(`6 RSV1 on opcode ${opcode}`, [frame(opcode, closePayload(1000), rsv1)], [], 1002);
for (const rsv of [2, 1, 6]) deflated(`6 RSV ${rsv}`, [frame(TEXT, hello, { rsv })], [], 1002);
deflated('7.2.2 what does not inflate', [frame(BINARY, hex('ff ff ff ff'), rsv1)], [], 1007);
deflated('7.2.2 what does not inflate, in a message that is not complete', [frame(BINARY, hex('07 ff'), { ...rsv1, declares: 100 })], [], 1007);
deflated('RFC 6455 8.1 text that is not UTF-8', [async () => frame(TEXT, await compress(hex('61 ff')), rsv1)], [], 1007);
deflated('RFC 6455 8.1 text that is not UTF-8, in a message that is not complete', [async () => frame(TEXT, await compress(hex('61 ff')), { fin: false, rsv: 4 })], [], 1007);
deflated('16 MiB', [async () => frame(BINARY, await compress(Buffer.alloc(16 * MiB, 'The quick brown fox. ')), rsv1)], [[BINARY, Buffer.alloc(16 * MiB, 'The quick brown fox. ')]]);
deflated('more than 16 MiB, once inflated', [async () => frame(BINARY, await compress(Buffer.alloc(16 * MiB + 1)), rsv1)], [], 1009);
