// What the page says: figures, notices, announcements, the form's complaints.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importWeb } from './support/paths.mjs';

const format = await importWeb('format.js');
const { noticeFor } = await importWeb('notice.js');
const { news } = await importWeb('news.js');
const { wording } = await importWeb('questions.js');
const { readFields } = await importWeb('start_form.js');
const { apply, empty } = await importWeb('store.js');
const { fileHeadline, headline, shownPercent } = await importWeb('view.js');

const table = (call, rows) => rows.forEach(([value, expected]) => assert.equal(call(value), expected, `of ${value}`));

test('words: bytes never show four digits', () => {
  table(format.bytes, [
    [0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [1049, '1.0 kB'], [99949, '99.9 kB'], [99950, '100 kB'], [999499, '999 kB'],
    [999500, '1.0 MB'], [1500000, '1.5 MB'], [661651456, '662 MB'], [4.7e9, '4.7 GB'],  [NaN, ''], [-1, ''], [null, ''],
  ]);
  assert.equal(format.rate(1500), '1.5 kB/s');
  assert.equal(format.rate(NaN), '');
});

test('words: a wait is rounded up, a percentage down', () => {
  table(format.duration, [
    [0, '0 s'], [0.2, '1 s'], [59, '59 s'], [59.1, '1 min 00 s'], [125, '2 min 05 s'], [3900, '1 h 05 min'], [90000, '1 d 1 h'], [NaN, ''], [null, ''],
  ]);
  table(format.percent, [[0, '0%'], [99.99, '99%'], [100, '100%'], [NaN, '']]);
});

test('words: a file is called by the last part of its URL', () => {
  table(format.fileName, [
    ['https://example.org/a/b%20c.iso?x=/y#z', 'b c.iso'], ['a.iso', 'a.iso'], ['dir/', 'dir'], ['100%', '100%'], ['?', '?'],
  ]);
});

test('words: a notice for every way that a stream ends before its job', () => {
  const closed = (reason, detail = '') => ({ phase: 'closed', reason, detail });
  const state = { ...empty(), loaded: true };
  assert.match(noticeFor(closed('unknown'), state, 'j', true).title, /restarted/);
  assert.deepEqual(noticeFor(closed('unknown'), state, 'j', true).actions, ['again', 'leave']);
  assert.deepEqual(noticeFor(closed('unknown'), state, 'j', false).actions, ['leave']);
  assert.match(noticeFor(closed('unknown'), empty(), 'j', false).title, /does not know the job j/);
  assert.match(noticeFor(closed('expired'), empty(), 'j', false).title, /over/);
  assert.match(noticeFor(closed('over'), state, 'j', false).title, /ended/);
  assert.match(noticeFor(closed('refused', 'sign in'), empty(), 'j', false).text, /sign in/);
  assert.deepEqual(noticeFor({ phase: 'reconnecting', waitMs: 0 }, state, 'j', true).actions, ['retry']);
  for (const none of [closed('done'), closed('stopped'), { phase: 'connected' }, { phase: 'connecting' }]) {
    assert.equal(noticeFor(none, state, 'j', true), null);
  }
  assert.equal(noticeFor(closed('unknown'), { ...state, done: true }, 'j', true), null, 'what is over needs no server');
});

test('words: news are what changed', () => {
  const events = [
    { type: 'snapshot', status: 'running', percent: 10, tasks: [{ task: 't1', label: 'x/a.iso', total: 100 }] },
    { type: 'progress', seq: 1, task: 't1', current: 30, percent: 30 },
    { type: 'progress', seq: 2, task: 't1', current: 31, percent: 31 },
    { type: 'duplicate', seq: 3, prompt: 'p', choices: ['skip'], question: { path: 'a.iso' } },
    { type: 'duplicate-resolved', seq: 4, prompt: 'p', answer: 'skip', by: 'timeout' },
    { type: 'finish', seq: 5, task: 't1', status: 'error', message: 'gone', percent: 100 },
    { type: 'done', seq: 6, status: 'error', message: 'nothing came', percent: 100 },
  ];
  let state = empty();
  const said = events.map((event) => {
    const before = state;
    state = apply(state, event);
    return news(before, state);
  });
  assert.deepEqual(said, [
    ['Watching: 10%.'], ['25% done.'], [], ['This file already exists: a.iso.'], ['The question was settled without you: skip.'],
    ['a.iso failed: gone.'], ['The job failed: nothing came'],
  ]);
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
  const job = (fields, context = {}) => headline({ ...empty(), ...fields }, { lost: false, cancelling: false, ...context }).key;
  assert.equal(job({}), 'queued');
  assert.equal(job({ status: 'running' }), 'running');
  assert.equal(job({ status: 'running', prompts: [{}] }), 'asking');
  assert.equal(job({ status: 'running' }, { lost: true }), 'lost');
  assert.equal(job({ status: 'complete' }, { lost: true }), 'complete');
  assert.equal(job({ status: 'error', error: 'cancelled' }), 'cancelled');
  assert.equal(job({ status: 'error', error: 'disk full' }), 'error');
  const file = (fields, over = false) => fileHeadline({ status: 'running', current: 0, total: 0, rate: null, message: '', ...fields }, over).word;
  assert.equal(file({}), 'Waiting');
  assert.equal(file({ current: 5 }), 'Size unknown');
  assert.equal(file({ current: 5, total: 10 }), '50%');
  assert.equal(file({ current: 5, total: 10 }, true), '50%');
  assert.equal(file({}, true), 'Not finished');
  assert.equal(file({ status: 'error', message: '404' }), 'Failed');
});

test('words: 100 % is said only of what is whole', () => {
  const percent = (key, fields, sum = {}) => shownPercent({ ...empty(), ...fields }, key, { files: 4, complete: 3, ...sum });
  assert.equal(percent('running', { percent: 100 }), 99);
  assert.equal(percent('running', { percent: 42.5 }), 42.5);
  assert.equal(percent('complete', { percent: 100 }), 100);
  assert.equal(percent('error', { percent: 100 }), 75);
  assert.equal(percent('error', { percent: 30 }, { files: 0, complete: 0 }), 30);
});
