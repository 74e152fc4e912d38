// RFC 6455 against examples/websocket_echo, strictly: exact echoes, exact close codes, the TCP connection closed by the
// server, and failures at the first octet that is wrong. The numbers are those of the usual conformance suite for
// WebSocket; 12 and 13 are in websocket_deflate.test.mjs. FANFARE_WEBSOCKET_ECHO is the program's path.

import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Program } from './support/program.mjs';
import {
  BINARY, CLOSE, close, closePayload, Connection, CONTINUATION, fragments, frame, hex, PING, PONG, TEXT,
} from './support/websocket_client.mjs';

const path = process.env.FANFARE_WEBSOCKET_ECHO;
const options = { skip: path ? false : 'FANFARE_WEBSOCKET_ECHO is not set', timeout: 60000 };
const KiB = 1024, MiB = 1024 * KiB;
const NAMES = { [TEXT]: 'text', [BINARY]: 'binary' };
const KOSME = '\u03ba\u1f79\u03c3\u03bc\u03b5';

let program;
before(async () => {
  if (path) program = await Program.start([path], ['--port', '0']);
});
after(() => program?.kill());

/** What is sent, frame by frame or `chop` octets in each write, is answered by just these, and the end is orderly. */
function answers(name, sent, replies, { chop } = {}) {
  test(`websocket ${name}`, options, async () => {
    const connection = await Connection.open(program.url);
    await Promise.all([
      (async () => { for (const data of chop ? [Buffer.concat(sent)] : sent) await connection.write(data, chop); })(),
      connection.expects(replies),
    ]);
    await connection.write(close());
    assert.equal(await connection.closed(), 1000);
  });
}

/** The connection fails with `code` once this is sent, and nothing more is. */
function fails(name, sent, code, replies = [], { chop } = {}) {
  test(`websocket ${name}: ${code}`, options, async () => {
    const connection = await Connection.open(program.url);
    for (const data of chop ? [Buffer.concat(sent)] : sent) await connection.write(data, chop);
    await connection.expects(replies);
    assert.equal(await connection.closed(), code);
  });
}

// 1: every form of length.
for (const opcode of [TEXT, BINARY]) {
  for (const size of [0, 125, 126, 127, 128, 65535, 65536]) {
    const payload = Buffer.alloc(size, '*');
    answers(`1 a ${NAMES[opcode]} message of ${size} bytes`, [frame(opcode, payload)], [[opcode, payload]]);
    answers(`1 a ${NAMES[opcode]} message of ${size} bytes in writes of 997`, [frame(opcode, payload)], [[opcode, payload]], { chop: 997 });
  }
  fails(`1 a ${NAMES[opcode]} frame that is not masked`, [frame(opcode, 'x', { masked: false })], 1002);
}
for (const [declares, form] of [[5, 2], [125, 2], [125, 8], [65535, 8]]) {
  fails(`1 a length of ${declares} in ${form} bytes`, [frame(BINARY, '', { declares, form })], 1002);
}
fails('1 a length of 2^63', [frame(BINARY, '', { declares: 2n ** 63n })], 1002);
fails('1 a length of 2^63 - 1', [frame(BINARY, '', { declares: 2n ** 63n - 1n })], 1009);

// 2: pings and pongs.
const pings = [...Array(10).keys()].map((i) => frame(PING, `payload ${i}`));
const pongs = [...Array(10).keys()].map((i) => [PONG, `payload ${i}`]);
answers('2.1 a ping without payload', [frame(PING)], [[PONG, '']]);
answers('2.2 a ping with text', [frame(PING, 'Hello, world!')], [[PONG, 'Hello, world!']]);
answers('2.3 a ping with octets', [frame(PING, hex('00 ff fe fd fc fb 00 ff'))], [[PONG, hex('00 ff fe fd fc fb 00 ff')]]);
answers('2.4 a ping of 125 octets', [frame(PING, Buffer.alloc(125, 0xfe))], [[PONG, Buffer.alloc(125, 0xfe)]]);
fails('2.5 a ping of 126 octets', [frame(PING, Buffer.alloc(126, 0xfe))], 1002);
fails('2.5 the head of a ping of 126 octets', [frame(PING, Buffer.alloc(126)).subarray(0, 2)], 1002);
answers('2.6 a ping octet by octet', [frame(PING, Buffer.alloc(125, 0xfe))], [[PONG, Buffer.alloc(125, 0xfe)]], { chop: 1 });
answers('2.7 a pong that nobody asked for', [frame(PONG)], []);
answers('2.8 a pong with payload that nobody asked for', [frame(PONG, 'unasked')], []);
answers('2.9 a pong, then a ping', [frame(PONG, 'unasked'), frame(PING, 'asked')], [[PONG, 'asked']]);
answers('2.10 ten pings', pings, pongs);
answers('2.11 ten pings octet by octet', pings, pongs, { chop: 1 });

// 3: reserved bits.
for (let rsv = 1; rsv < 8; ++rsv) {
  for (const opcode of [TEXT, BINARY, PING, PONG, CLOSE]) {
    const payload = opcode === CLOSE ? closePayload(1000) : 'Hello';
    fails(`3 RSV ${rsv} with opcode ${opcode}`, [frame(opcode, payload, { rsv })], 1002);
  }
  const around = [frame(TEXT, 'first'), frame(TEXT, 'second', { rsv }), frame(PING)];
  for (const chop of [undefined, 1]) fails(`3 RSV ${rsv} after a message, ${chop ? 'octet by octet' : 'frame by frame'}`, around, 1002, [[TEXT, 'first']], { chop });
  fails(`3 RSV ${rsv} in the first octet alone`, [frame(TEXT, 'x', { rsv }).subarray(0, 1)], 1002);
}

// 4: reserved opcodes.
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  fails(`4 opcode ${opcode}`, [frame(opcode)], 1002);
  fails(`4 opcode ${opcode} with payload`, [frame(opcode, 'reserved')], 1002);
  const around = [frame(TEXT, 'first'), frame(opcode, 'x'), frame(PING)];
  for (const chop of [undefined, 1]) fails(`4 opcode ${opcode} after a message, ${chop ? 'octet by octet' : 'frame by frame'}`, around, 1002, [[TEXT, 'first']], { chop });
}

// 5: fragments.
const open = { fin: false };
const [first, second, last] = ['fragment1', 'fragment2', 'fragment3'];
fails('5.1 a ping in fragments', [frame(PING, first, open), frame(CONTINUATION, second)], 1002);
fails('5.2 a pong in fragments', [frame(PONG, first, open), frame(CONTINUATION, second)], 1002);
for (const chop of [undefined, 1]) {
  const how = chop ? 'octet by octet' : 'frame by frame';
  answers(`5.3 to 5.5 two fragments, ${how}`, [frame(TEXT, first, open), frame(CONTINUATION, second)], [[TEXT, first + second]], { chop });
  answers(`5.6 to 5.8 a ping between fragments, ${how}`, [frame(TEXT, first, open), frame(PING, 'ping'), frame(CONTINUATION, second)],
    [[PONG, 'ping'], [TEXT, first + second]], { chop });
  for (const fin of [true, false]) {
    fails(`5.9 to 5.14 a continuation of nothing, FIN ${fin}, ${how}`, [frame(CONTINUATION, 'none', { fin }), frame(TEXT, 'Hello')], 1002, [], { chop });
  }
}
fails('5.15 a continuation after the last fragment', [...fragments(TEXT, first + second, 9), frame(CONTINUATION, last, open), frame(TEXT, 'x')],
  1002, [[TEXT, first + second]]);
for (const fin of [false, true]) {
  fails(`5.16 and 5.17 a continuation first, FIN ${fin}`, [frame(CONTINUATION, first, { fin }), frame(TEXT, second, open), frame(CONTINUATION, last)], 1002);
}
fails('5.18 a second message within a fragmented one', [frame(TEXT, first, open), frame(TEXT, second)], 1002);
test('websocket 5.19 and 5.20 five fragments with pings between, each answered at once', options, async () => {
  const connection = await Connection.open(program.url);
  for (let i = 0; i < 5; ++i) {
    await connection.write(frame(i === 0 ? TEXT : CONTINUATION, `part ${i}`, { fin: i === 4 }));
    if (i === 4) break;
    await connection.write(frame(PING, `ping ${i}`));
    await connection.expects([[PONG, `ping ${i}`]]);
  }
  await connection.expects([[TEXT, 'part 0part 1part 2part 3part 4']]);
  await connection.write(close());
  assert.equal(await connection.closed(), 1000);
});

// 6: UTF-8.
answers('6.1.1 an empty text', [frame(TEXT)], [[TEXT, '']]);
answers('6.1.2 three empty fragments', [frame(TEXT, '', open), frame(CONTINUATION, '', open), frame(CONTINUATION)], [[TEXT, '']]);
answers('6.1.3 empty fragments around one that is not', [frame(TEXT, '', open), frame(CONTINUATION, 'middle', open), frame(CONTINUATION)], [[TEXT, 'middle']]);
const greeting = `Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!! ${KOSME} \u{1f600}`;
answers('6.2.1 valid text', [frame(TEXT, greeting)], [[TEXT, greeting]]);
answers('6.2.2 valid text in two fragments', fragments(TEXT, greeting, 20), [[TEXT, greeting]]);
answers('6.2.3 valid text, each octet a fragment', fragments(TEXT, greeting, 1), [[TEXT, greeting]]);
answers('6.2.4 valid text octet by octet', [frame(TEXT, greeting)], [[TEXT, greeting]], { chop: 1 });

const SEQUENCES = {
  6.3: ['ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64'],
  6.5: ['68 65 6c 6c 6f 24 77 6f 72 6c 64', '68 65 6c 6c 6f c2 a2 77 6f 72 6c 64', '68 65 e2 82 ac 6f', '68 f0 a4 ad a2 6c'],
  6.6: [...Array(11).keys()].map((size) => Buffer.from(KOSME).subarray(0, size + 1).toString('hex')),
  6.7: ['00', 'c2 80', 'e0 a0 80', 'f0 90 80 80'],
  6.8: ['f8 88 80 80 80', 'fc 84 80 80 80 80'],
  6.9: ['7f', 'df bf', 'ef bf bf', 'f4 8f bf bf'],
  '6.10': ['f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf'],
  6.11: ['ed 9f bf', 'ee 80 80', 'ef bf bd', 'f4 8f bf bf', 'f4 90 80 80'],
  6.12: ['80', 'bf', '80 bf', '80 bf 80', '80 bf 80 bf 80 bf', '61 80 81 82 bf'],
  6.13: ['c0 20', 'c3 20', 'df 20', 'e1 20', 'ef 20', 'f1 20', 'f4 20', 'f8 20', 'fc 20'],
  6.14: ['c0', 'e0 80', 'f0 80 80', 'f8 80 80 80', 'fc 80 80 80 80', 'df', 'ef bf', 'f7 bf bf', 'fb bf bf bf', 'fd bf bf bf bf', 'f4 8f bf'],
  6.15: ['c0 e0 80 f0 80 80 f8 80 80 80 fc 80 80 80 80 df ef bf f7 bf bf fb bf bf bf fd bf bf bf bf'],
  6.16: ['fe', 'ff', 'fe fe ff ff'],
  6.17: ['c0 af', 'e0 80 af', 'f0 80 80 af', 'f8 80 80 80 af', 'fc 80 80 80 80 af'],
  6.18: ['c1 bf', 'e0 9f bf', 'f0 8f bf bf', 'f8 87 bf bf bf', 'fc 83 bf bf bf bf'],
  6.19: ['c0 80', 'e0 80 80', 'f0 80 80 80', 'f8 80 80 80 80', 'fc 80 80 80 80 80'],
  '6.20': ['ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf', 'ed b0 80', 'ed be 80', 'ed bf bf'],
  6.21: ['ed a0 80 ed b0 80', 'ed a0 80 ed bf bf', 'ed ad bf ed b0 80', 'ed af bf ed bf bf'],
  6.22: ['ef bf be', 'ef bf bf', 'f0 9f bf be', 'f1 8f bf bf', 'f3 bf bf be', 'f4 8f bf be', 'f4 8f bf bf'],
  6.23: ['ef bf b9', 'ef bf ba', 'ef bf bb', 'ef bf bc', 'ef bf bd', 'ef b7 90', 'ef b7 af'],
};
const endings = [''].concat(['80', '90', 'a0', 'bf'].flatMap((byte) => [byte, `${byte}80`, `${byte}8080`])).map(hex);
const canContinue = (bytes) => endings.some((ending) => isUtf8(Buffer.concat([bytes, ending])));

for (const [section, list] of Object.entries(SEQUENCES)) {
  for (const text of list) {
    const bytes = hex(text);
    const name = `${section} ${text}`;
    if (isUtf8(bytes)) {
      answers(name, [frame(TEXT, bytes)], [[TEXT, bytes]]);
      answers(`${name} in fragments of one octet`, fragments(TEXT, bytes, 1), [[TEXT, bytes]]);
      continue;
    }
    fails(name, [frame(TEXT, bytes)], 1007);
    let bad = 1;
    while (bad <= bytes.length && canContinue(bytes.subarray(0, bad))) ++bad;
    if (bad > bytes.length) continue;  // only breaks off
    // 6.4: it fails at the first octet that cannot be right, whatever is still missing of the message.
    const upTo = bytes.subarray(0, bad);
    fails(`6.4 ${name}, a fragment up to its octet ${bad}`, [frame(TEXT, upTo, open)], 1007);
    fails(`6.4 ${name}, a frame broken off after its octet ${bad}`, [frame(TEXT, upTo, { declares: 1000 })], 1007, [], { chop: 1 });
  }
}
const broken = Buffer.concat([Buffer.from(KOSME), hex('f4 90')]);
fails('6.4.1 the second of three fragments is invalid', [frame(TEXT, KOSME, open), frame(CONTINUATION, hex('f4 90 80 80'), open)], 1007);
fails('6.4.2 the second fragment is invalid at its last octet', [frame(TEXT, KOSME, open), frame(CONTINUATION, hex('f4 90'), open)], 1007);
fails('6.4.3 a frame that is invalid before it is complete', [frame(TEXT, broken, { declares: 30 })], 1007);
fails('6.4.4 the same octet by octet', [frame(TEXT, broken, { declares: 30 })], 1007, [], { chop: 1 });

// 7: the end.
function closes(name, sent, code, { replies = [] } = {}) { fails(`7 ${name}`, sent, code, replies); }
closes('1.1 a message, then close', [frame(TEXT, 'Hello'), close()], 1000, { replies: [[TEXT, 'Hello']] });
closes('1.2 close twice', [Buffer.concat([close(), close()])], 1000);
closes('1.3 a ping after close', [Buffer.concat([close(), frame(PING)])], 1000);
closes('1.4 text after close', [Buffer.concat([close(), frame(TEXT, 'Hello')])], 1000);
closes('1.5 close within a fragmented message', [frame(TEXT, first, open), close(), frame(CONTINUATION, last)], 1000);
closes('1.6 256 KiB, close, and a ping', [frame(TEXT, Buffer.alloc(256 * KiB, 'B')), close(), frame(PING)], 1000, { replies: [[TEXT, Buffer.alloc(256 * KiB, 'B')]] });
closes('1.7 what is against the protocol after close', [Buffer.concat([close(), hex('ff ff ff ff ff')])], 1000);
closes('3.1 close without payload', [frame(CLOSE)], null);
closes('3.2 close with half a code', [frame(CLOSE, 'a')], 1002);
closes('3.3 close with a code', [close(1000)], 1000);
closes('3.4 close with a reason', [close(1000, 'Hello World!')], 1000);
closes('3.5 close with a reason of 123 octets', [close(1000, '*'.repeat(123))], 1000);
closes('3.6 close with a reason of 124 octets', [close(1000, '*'.repeat(124))], 1002);
closes('5.1 a reason that is not UTF-8', [frame(CLOSE, Buffer.concat([closePayload(1000, KOSME), hex('ed a0 80')]))], 1007);
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
  closes(`7 the code ${code} is echoed`, [close(code)], code);
}
for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999]) closes(`9 the code ${code} is invalid`, [close(code)], 1002);
for (const code of [5000, 65535]) closes(`13 the code ${code} is not assigned`, [close(code)], 1002);

// 9: limits.
const pattern = (size) => Buffer.alloc(size, 'The quick brown fox jumps over the lazy dog. ');
for (const opcode of [TEXT, BINARY]) {
  const name = NAMES[opcode];
  for (const size of [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB]) {
    answers(`9.1 and 9.2 ${name} of ${size} bytes in one frame`, [frame(opcode, pattern(size))], [[opcode, pattern(size)]]);
  }
  for (const size of [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB]) {
    const sent = Buffer.concat(fragments(opcode, pattern(4 * MiB), size));
    answers(`9.3 and 9.4 ${name} of 4 MiB in fragments of ${size}`, [sent], [[opcode, pattern(4 * MiB)]]);
  }
  answers(`9.3 and 9.4 ${name} of 16 MiB in fragments of 64 bytes`, [Buffer.concat(fragments(opcode, pattern(16 * MiB), 64))], [[opcode, pattern(16 * MiB)]]);
  for (const chop of [64, 128, 256, 512, 1024, 2048]) {
    answers(`9.5 and 9.6 ${name} of 1 MiB in writes of ${chop}`, [frame(opcode, pattern(MiB))], [[opcode, pattern(MiB)]], { chop });
  }
  fails(`9 ${name} of more than 16 MiB`, [frame(opcode, '', { declares: 16 * MiB + 1 })], 1009);
  fails(`9 ${name} of more than 16 MiB in fragments`, [frame(opcode, pattern(16 * MiB), open), frame(CONTINUATION, '', { declares: 1 })], 1009);
}
for (const size of [0, 16, 64, 256, 1024, 4096]) {
  test(`websocket 9.7 and 9.8 1000 round trips of ${size} bytes`, options, async () => {
    const connection = await Connection.open(program.url);
    for (let i = 0; i < 1000; ++i) {
      const [opcode, payload] = i % 2 ? [TEXT, pattern(size)] : [BINARY, randomBytes(size)];
      await connection.write(frame(opcode, payload));
      await connection.expects([[opcode, payload]]);
    }
    await connection.write(close());
    assert.equal(await connection.closed(), 1000);
  });
}

// 10: fragments of a size of their own.
answers('10.1.1 65536 bytes in fragments of 1300', fragments(TEXT, Buffer.alloc(65536, '*'), 1300), [[TEXT, Buffer.alloc(65536, '*')]]);

// The opening handshake, and what is not one.
const upgrade = 'Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
for (const [request, status] of [
  ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 426], ['HEAD / HTTP/1.1\r\nHost: x\r\n\r\n', 405], ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc', 405],
  [`GET / HTTP/1.0\r\n${upgrade}`, 426], [`GET / HTTP/1.1\r\n${upgrade.replace(': 13', ': 8')}`, 426], [`GET / HTTP/1.1\r\n${upgrade.replace('dGhl', '')}`, 400],
  ['GET / HTTP/1.1\r\n\r\n', 400], ['\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400], [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20000)}\r\n\r\n`, 431],
]) {
  test(`websocket 4.2 ${JSON.stringify(request.slice(0, 40))} is answered with ${status}`, options, async () => {
    const connection = await Connection.tcp(program.url);
    await connection.write(request);
    const head = await connection.head();
    const body = await connection.body();
    assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head);
    assert.match(head, /^connection: close\r$/im);
    if (status === 426) assert.match(head, /^upgrade: websocket\r$/im);
    if (request.startsWith('HEAD')) return assert.equal(body, '');
    assert.match(body, /WebSocket echo server/);
    assert.equal(Number(head.match(/^content-length: (\d+)\r$/im)[1]), body.length);
  });
}
test('websocket 4 the handshake octet by octet, and with frames behind it', options, async () => {
  for (const chop of [1, undefined]) {
    const connection = await Connection.tcp(program.url);
    await connection.write(Buffer.concat([Buffer.from(`GET /any/path?at=all HTTP/1.1\r\n${upgrade}`), frame(TEXT, 'early'), close()]), chop);
    assert.match(await connection.head(), /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
    await connection.expects([[TEXT, 'early']]);
    assert.equal(await connection.closed(), 1000);
  }
});

// What a server needs besides.
test('websocket: a client that does not read is not read from, and loses nothing', options, async () => {
  const connection = await Connection.open(program.url);
  connection.pause();
  const message = frame(BINARY, pattern(MiB));
  const sent = (async () => { for (let i = 0; i < 64; ++i) await connection.write(message); })();
  for (let before = -1; before !== connection.bytesWaiting || before === 0;) {
    before = connection.bytesWaiting;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  connection.resume();
  for (let i = 0; i < 64; ++i) await connection.expects([[BINARY, pattern(MiB)]]);
  await sent;
  await connection.write(close());
  assert.equal(await connection.closed(), 1000);
});

test('websocket 7.4.1: a server that is stopped says 1001, and waits for the answer', options, async () => {
  const other = await Program.start([path], ['--port', '0']);
  const connection = await Connection.open(other.url);
  const middle = await Connection.open(other.url);
  await middle.write(frame(TEXT, 'unfinished', { fin: false }));
  const ended = other.interrupt();
  for (const each of [connection, middle]) {
    const { opcode, payload } = await each.frame();
    assert.deepEqual([opcode, payload], [CLOSE, closePayload(1001)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(!each.ended, 'sec. 7.1.1: TCP ends after both close frames');
    if (each === connection) await each.write(frame(TEXT, 'dropped'));
    await each.write(close(1001));
    assert.equal(await each.body(), '', 'sec. 5.5.1: nothing after a close frame');
    each.destroy();
  }
  assert.equal(await ended, 0);
});
