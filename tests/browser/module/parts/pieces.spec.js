import { expect, test, vi } from 'vitest';
import { Backoff } from 'parts/backoff.js';
import { Delivery } from 'parts/delivery.js';
import { Source } from 'parts/element_source.js';
import { comparePositions, isRepeated } from 'parts/position.js';
import { Pace } from 'parts/pace.js';
import { retryAfterMs } from 'parts/verdict.js';
import { Watchdog } from 'parts/watchdog.js';
import { fakePage, settle } from '../support/fake_page.js';
import { block, FakeServer } from '../support/fake_server.js';
import { seeded } from '../support/random.js';

test('backoff: full jitter has the mean of half its bound, whatever the attempt', () => {
  const random = seeded(3);
  for (const [attempt, bound] of [[0, 1000], [3, 8000], [9, 30000]]) {
    let sum = 0;
    let highest = 0;
    for (let i = 0; i < 4000; i += 1) {
      const backoff = new Backoff({}, random);
      for (let j = 0; j < attempt; j += 1) backoff.next();
      const wait = backoff.next();
      sum += wait;
      highest = Math.max(highest, wait);
    }
    expect(sum / 4000 / bound).toBeGreaterThan(0.47);
    expect(sum / 4000 / bound).toBeLessThan(0.53);
    expect(highest).toBeLessThan(bound);
    expect(highest).toBeGreaterThan(bound * 0.98);
  }
});

test('backoff: what a server asks for is bounded', () => {
  const backoff = new Backoff({}, () => 0);
  expect(backoff.exactly(1e12)).toBe(3600000);
  expect(backoff.exactly(-5)).toBe(0);
  expect(backoff.next(1e12)).toBe(3600000);
  backoff.setBase(0);
  expect(new Backoff({ base: 1000 }, () => 1).next()).toBe(1000);
  const eager = new Backoff({}, () => 1);
  eager.setBase(0);
  expect(eager.next()).toBe(10);
  for (let i = 0; i < 2000; i += 1) eager.next();
  expect(eager.next()).toBe(30000);
});

test('backoff: a server that sends everybody back at once, each time, is not asked in a tight loop', () => {
  const backoff = new Backoff({}, () => 1);
  expect([0, 0, 0, 5000, 9000, 0, 0].map((asked) => backoff.exactly(asked))).toEqual([0, 2000, 4000, 8000, 16000, 30000, 30000]);
  backoff.reset();
  expect(backoff.exactly(300)).toBe(300);
});

test('delivery: the topics that are known to have ended are bounded', () => {
  const most = 100000;
  const delivery = new Delivery({ on: {} });
  for (let i = 0; i < most; i += 1) delivery.take({ id: '', type: 'done', topic: `t${i}`, data: null, seq: null });
  expect(delivery.over([`t${most - 1}`])).toBe(true);
  delivery.take({ id: '', type: 'done', topic: 'one more', data: null, seq: null });
  expect(delivery.over(['one more'])).toBe(false);  // the server says so, when it is asked again
});

test('positions: order within an epoch, none between epochs', () => {
  const a = 'aaaaaaaaaaaaa';
  const b = 'bbbbbbbbbbbbb';
  expect(comparePositions(`${a}.9`, `${a}.10`)).toBeLessThan(0);
  expect(comparePositions(`${a}.10`, `${a}.10`)).toBe(0);
  expect(comparePositions(`${a}.18446744073709551615`, `${a}.18446744073709551614`)).toBeGreaterThan(0);
  expect(comparePositions('9', '10')).toBeLessThan(0);
  for (const [left, right] of [[`${a}.1`, `${b}.1`], [`${a}.1`, '1'], ['x', 'x'], ['', ''], [`${a}.01`, `${a}.1`], [`${a}.-1`, `${a}.1`]]) {
    expect(comparePositions(left, right)).toBeNaN();
    expect(isRepeated({ id: left, data: null, seq: null }, right)).toBe(false);
  }
});

test('Retry-After: seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterMs('120', now)).toBe(120000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30000);
  for (const none of [null, '', '-1', '1.5', '+3', 'never', 'Wed, 31 Dec 2025 00:00:00 GMT']) expect(retryAfterMs(none, now)).toBe(0);
});

test('watchdog: one timer, however much is heard', () => {
  vi.useFakeTimers();
  let quiet = 0;
  const dog = new Watchdog(() => { quiet += 1; });
  dog.expect(1000);
  for (let i = 0; i < 100; i += 1) {
    vi.advanceTimersByTime(500);
    dog.heard();
  }
  expect([quiet, vi.getTimerCount()]).toEqual([0, 1]);
  vi.advanceTimersByTime(1001);
  expect([quiet, vi.getTimerCount()]).toEqual([1, 0]);
  dog.check();
  expect(quiet).toBe(1);
  vi.useRealTimers();
});

test('pace: nothing is known before something was gained', () => {
  const pace = new Pace();
  expect([pace.secondsFrom(0, 0), pace.secondsFrom(0, 1000), pace.secondsFrom(10, 2000)]).toEqual([null, null, 17.4]);  // 90 * (1 + exp(-1 / 15)) / 10
  expect(pace.secondsFrom(5, 3000)).toBe(null);
  expect(pace.secondsFrom(100, 4000)).toBe(0);
});

test('source: what one listener throws is reported, and the others hear the same', async () => {
  const page = fakePage();
  const server = new FakeServer();
  const source = new Source('http://page.test/jobs/demo', { fetch: server.fetch, transports: ['sse'], store: null });
  const heard = [];
  const broken = () => { throw new Error('mine'); };
  source.listen({ event: broken, link: broken });
  source.listen({ event: ({ type }) => heard.push(type), link: ({ phase }) => heard.push(phase) });
  await settle();
  server.next().stream(block(1, 'value', {}));
  await settle();
  expect(heard).toEqual(['connecting', 'connected', 'value']);
  expect(page.errors.length).toBe(3);
  source.close();
});
