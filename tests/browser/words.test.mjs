// What the page says: figures, notices, announcements, the form's complaints.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importWeb } from './support/paths.mjs';

const figures = await importWeb('fanfare/fanfare.js');
const { jobStore, wordsFor } = figures;
const { fileName } = await importWeb('names.js');
const { noticeFor } = await importWeb('notice.js');
const { news } = await importWeb('news.js');
const { wording } = await importWeb('questions.js');
const { readFields } = await importWeb('start_form.js');

const empty = () => jobStore().state;
const event = (type, data) => ({ topic: '', type, data, id: '', seq: null });

const table = (call, rows) => rows.forEach(([value, expected]) => assert.equal(call(value), expected, `of ${value}`));

test('words: bytes never show four digits', () => {
  table(figures.bytes, [
    [0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [1049, '1.0 kB'], [99949, '99.9 kB'], [99950, '100 kB'], [999499, '999 kB'],
    [999500, '1.0 MB'], [1500000, '1.5 MB'], [661651456, '662 MB'], [4.7e9, '4.7 GB'],  [NaN, ''], [-1, ''], [null, ''],
  ]);
  assert.equal(figures.rate(1500, 'bytes'), '1.5 kB/s');
  assert.equal(figures.rate(12.34, 'frames'), '12 frames/s');
  assert.equal(figures.rate(NaN, 'bytes'), '');
  assert.equal(figures.amount(17, 40, 'frames'), '17 of 40 frames');
  assert.equal(figures.amount(5e5, 2e6, 'bytes'), '500 kB of 2.0 MB');
  assert.equal(figures.amount(12, 0, ''), '12');
});

test('words: a wait is rounded up, a percentage down', () => {
  table(figures.duration, [
    [0, '0 s'], [0.2, '1 s'], [59, '59 s'], [59.1, '1 min 00 s'], [125, '2 min 05 s'], [3900, '1 h 05 min'], [90000, '1 d 1 h'], [NaN, ''], [null, ''],
  ]);
  table(figures.percent, [[0, '0%'], [99.99, '99%'], [100, '100%'], [NaN, '']]);
});

test('words: a file is called by the last part of its URL', () => {
  table(fileName, [
    ['https://example.org/a/b%20c.iso?x=/y#z', 'b c.iso'], ['a.iso', 'a.iso'], ['dir/', 'dir'], ['100%', '100%'], ['?', '?'],
  ]);
});

test('words: a notice for every way that a stream ends before its job', () => {
  const closed = (reason, detail = '') => ({ phase: 'closed', reason, detail });
  const state = { ...empty(), loaded: true };
  assert.match(noticeFor(closed('unknown'), state, 'j', true).title, /restarted/);
  assert.deepEqual(noticeFor(closed('unknown'), state, 'j', true).actions, ['again', 'leave']);
  assert.deepEqual(noticeFor(closed('unknown'), state, 'j', false).actions, ['leave']);
  assert.match(noticeFor(closed('unknown'), null, 'j', false).title, /does not know the job j/);
  assert.match(noticeFor(closed('expired'), null, 'j', false).title, /over/);
  assert.match(noticeFor(closed('done'), state, 'j', false).title, /ended/);
  assert.match(noticeFor(closed('refused', 'sign in'), null, 'j', false).text, /sign in/);
  assert.deepEqual(noticeFor({ phase: 'reconnecting', waitMs: 0 }, state, 'j', true).actions, ['retry']);
  for (const none of [closed('stopped'), { phase: 'connected' }, { phase: 'connecting' }]) {
    assert.equal(noticeFor(none, state, 'j', true), null);
  }
  assert.equal(noticeFor(closed('unknown'), { ...state, done: true }, 'j', true), null, 'what is over needs no server');
});

test('words: news are what changed, from the element and from the page', () => {
  const events = [
    event('snapshot', { status: 'running', percent: 10, tasks: [{ task: 't1', label: 'x/a.iso', total: 100 }] }),
    event('progress', { task: 't1', current: 30, percent: 30 }),
    event('progress', { task: 't1', current: 31, percent: 31 }),
    event('duplicate', { prompt: 'p', choices: ['skip'], question: { path: 'a.iso' } }),
    event('duplicate-resolved', { prompt: 'p', answer: 'skip', by: 'timeout' }),
    event('finish', { task: 't1', status: 'error', message: 'gone', percent: 100 }),
    event('done', { status: 'error', message: 'nothing came', percent: 100 }),
  ];
  const store = jobStore();
  const said = events.map((one) => {
    const before = store.state;
    store.apply(one);
    return [...figures.news(before, store.state, (task) => fileName(task.label)), ...news(before, store.state)];
  });
  assert.deepEqual(said, [
    ['Started.'], ['25% done.'], [], ['This file already exists: a.iso.'], ['The question was settled without you: skip.'],
    ['75% done.', 'a.iso failed: gone.'], ['The job failed: nothing came.'],
  ]);
  const tasks = (status) => Array.from({ length: 9 }, (_, i) => ({ task: `t${i}`, label: `file ${i}`, status, message: '' }));
  const many = figures.news({ ...empty(), tasks: tasks('running') }, { ...empty(), tasks: tasks('complete') });
  assert.deepEqual(many, ['9 tasks complete.'], 'nobody wants to hear nine names');
});

test('words: what is said of a connection', () => {
  const said = (link, waitMs) => {
    const { phase, word } = wordsFor(link, waitMs);
    return [phase, word];
  };
  assert.deepEqual(said(null), ['idle', 'Idle']);
  assert.deepEqual(said({ phase: 'connecting', transport: 'sse', shared: '' }), ['connecting', 'Connecting']);
  assert.deepEqual(said({ phase: 'connected', transport: 'sse', shared: '' }), ['connected', 'Connected']);
  assert.deepEqual(said({ phase: 'connected', transport: 'poll', shared: '' }), ['polling', 'Polling']);
  assert.match(wordsFor({ phase: 'connected', transport: 'websocket', shared: 'listener' }).more, /WebSocket, through another tab/);
  assert.deepEqual(said({ phase: 'reconnecting', transport: 'sse', waitMs: 3999, detail: '' }), ['reconnecting', 'Reconnecting in 4 s']);
  assert.deepEqual(said({ phase: 'reconnecting', transport: 'sse', waitMs: 3999, detail: '' }, -5), ['reconnecting', 'Reconnecting']);
  assert.deepEqual(said({ phase: 'closed', reason: 'stopped' }), ['idle', 'Disconnected']);
  for (const reason of ['done', 'refused', 'unknown', 'expired', 'unsupported', 'too_large', 'protocol']) {
    const { phase, word, more } = wordsFor({ phase: 'closed', reason, detail: '' });
    assert.equal(phase, 'closed');
    assert.ok(word && more, reason);
  }
});

test('words: a question of another type is told as it came', () => {
  assert.deepEqual(wording({ type: 'duplicate', question: { path: 'a' } }), { title: 'This file already exists', subject: 'a' });
  assert.equal(wording({ type: 'colour', question: { path: 'a', n: 3, list: [1] } }).subject, 'path: a\nn: 3\nlist: [1]');
});

test('words: the form says what is wrong', () => {
  const fields = { urls: 'http://a/b', rateLimit: '0', parallel: '3' };
  assert.deepEqual(readFields(fields), { urls: ['http://a/b'], options: { rate_limit: 0, parallel: 3 } });
  assert.deepEqual(readFields({ urls: ' file:///a \r\n\nhttps://b ', rateLimit: '', parallel: '' }).urls, ['file:///a', 'https://b']);
  for (const [wrong, field] of [
    [{ urls: ' \n ' }, 'urls'], [{ urls: 'ftp://a' }, 'urls'], [{ urls: 'a.iso' }, 'urls'], [{ rateLimit: '-1' }, 'rateLimit'],
    [{ rateLimit: '1.5' }, 'rateLimit'], [{ rateLimit: 'x' }, 'rateLimit'], [{ parallel: '0' }, 'parallel'], [{ parallel: '17' }, 'parallel'],
  ]) {
    assert.equal(readFields({ ...fields, ...wrong }).field, field, JSON.stringify(wrong));
  }
});

test('words: the state of a job and of a file', () => {
  const job = (fields, lost = false) => figures.jobHeadline({ ...empty(), ...fields }, lost).key;
  assert.equal(job({}), 'queued');
  assert.equal(job({ status: 'running' }), 'running');
  assert.equal(job({ status: 'running', prompts: [{}] }), 'asking');
  assert.equal(job({ status: 'running' }, true), 'lost');
  assert.equal(job({ status: 'complete' }, true), 'complete');
  assert.equal(job({ status: 'error', error: 'cancelled' }), 'cancelled');
  assert.equal(job({ status: 'error', error: 'disk full' }), 'error');
  const file = (fields, over = false) => figures.taskHeadline({ status: 'running', current: 0, total: 0, rate: null, message: '', ...fields }, over).word;
  assert.equal(file({}), 'Waiting');
  assert.equal(file({ current: 5 }), 'Size unknown');
  assert.equal(file({ current: 5, total: 10 }), '50%');
  assert.equal(file({ current: 5, total: 10 }, true), '50%');
  assert.equal(file({}, true), 'Not finished');
  assert.equal(file({ status: 'error', message: '404' }), 'Failed');
});

test('words: 100 % is said only of what is whole', () => {
  const percent = (fields, sum = {}) => figures.jobPercent({ ...empty(), ...fields }, { count: 4, complete: 3, ...sum });
  assert.equal(figures.percent(percent({ status: 'running', percent: 100 })), '99%');
  assert.equal(percent({ status: 'running', percent: 42.5 }), 42.5);
  assert.equal(percent({ status: 'complete', percent: 100 }), 100);
  assert.equal(percent({ status: 'error', percent: 100 }), 75);
  assert.equal(percent({ status: 'error', percent: 30 }, { count: 0, complete: 0 }), 30);
  assert.equal(percent({ status: 'running', percent: 0 }, { count: 0 }), null, 'nothing is known');
});
