// WHATWG HTML sec. 9.2.6, and its examples.

import { expect, test } from 'vitest';
import { SseParser } from 'parts/sse_parser.js';
import { seeded } from '../support/random.js';

function parse(texts, maxChars = 10000) {
  const seen = [];
  const parser = new SseParser({ onBlock: (block) => seen.push(block), onRetry: (milliseconds) => seen.push(milliseconds), maxChars });
  for (const text of [texts].flat()) parser.push(text);
  return seen;
}
const block = (data, type = 'message', id = null) => ({ data, type, id });

test.each([
  ['data: YHOO\ndata: +2\ndata: 10\n\n', [block('YHOO\n+2\n10')]],
  [': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    [block('first event', 'message', '1'), block('second event', 'message', ''), block(' third event')]],
  ['data\n\ndata\ndata\n\ndata:', [block(''), block('\n')]],
  ['data:test\n\ndata: test\n\n', [block('test'), block('test')]],
  ['event: a\ndata: 1\n\ndata: 2\n\n', [block('1', 'a'), block('2')]],
  ['event: a\n\ndata: 2\n\n', [block('2')]],
  ['id: 7\n\n', [block(null, 'message', '7')]],
  ['id: a\0b\ndata: 1\n\n', [block('1')]],
  ['retry: 250\nretry: 1e3\nretry: -1\nretry:\nretry: 99999999999\n\n', [250]],
  ['foo: bar\nDATA: 1\n data: 2\n\n', []],
  ['\ufeffdata: 1\n\n\ufeffdata: 2\n\n', [block('1')]],
  ['data: 1\rdata: 2\r\ndata: 3\n\r', [block('1\n2\n3')]],
  ['data: 1\r\n\r\ndata: 2\r\r', [block('1'), block('2')]],
  ['data: unfinished\n', []],
])('%j', (text, expected) => { expect(parse(text)).toEqual(expected); });

test('a text that is cut anywhere gives the same, over any line ends', () => {
  const random = seeded(99);
  const pick = (list) => list[Math.floor(random() * list.length)];
  for (let round = 0; round < 400; round += 1) {
    let text = pick(['', '\ufeff']);
    for (let i = 0; i < 12; i += 1) {
      text += pick(['data: x', 'data:', 'data', 'event: e', 'id: 5', 'id', ': c', 'retry: 3', '', '', 'junk', 'data: \u{1f600}']) + pick(['\n', '\r', '\r\n']);
    }
    const parts = [];
    for (let at = 0; at < text.length;) {
      const size = 1 + Math.floor(random() * 6);
      parts.push(text.slice(at, at + size));
      at += size;
    }
    expect(parse(parts), JSON.stringify(parts)).toEqual(parse(text));
  }
});

test('its bounds are for a line and for the data of a block', () => {
  expect(() => parse(`data: ${'x'.repeat(100)}`, 100)).toThrow(RangeError);
  expect(() => parse(Array(30).fill('x'), 20)).toThrow(RangeError);
  expect(() => parse(`data: ${'x'.repeat(10)}\n`.repeat(10), 100)).toThrow(RangeError);
  expect(parse(`data: ${'x'.repeat(10)}\n\n`.repeat(100), 100).length).toBe(100);
});

test('it knows whether retry was the last thing said', () => {
  const parser = new SseParser({ onBlock: () => {}, onRetry: () => {}, maxChars: 100 });
  const said = (text) => {
    parser.push(text);
    return parser.retryWasLast;
  };
  expect([said('data: 1\n\n'), said('retry: 5\n'), said('\n'), said(': heartbeat\n'), said('retry: 6\n\n'), said('data: 2\n\n')])
    .toEqual([false, true, true, false, true, false]);
});
