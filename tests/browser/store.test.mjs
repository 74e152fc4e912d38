// The page's state store: events in, state out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importWeb } from './support/paths.mjs';

const { apply, empty, taskPercent, totals, MAX_LOG_LINES } = await importWeb('store.js');

const snapshot = {
  type: 'snapshot', job: 'job_1', status: 'running', percent: 40, message: 'half way', stage: 'fetch', error: '', eta: 3,
  tasks: [
    { task: 't1', parent: '', label: 'a.iso', unit: 'bytes', weight: 1, current: 40, total: 100, rate: 20, eta: 3, status: 'running', message: '' },
    { task: 't2', parent: '', label: 'b.iso', unit: 'bytes', weight: 1, current: 7, total: 7, rate: null, eta: null, status: 'complete', message: '' },
  ],
  prompts: [{ prompt: 'p1', type: 'duplicate', choices: ['overwrite', 'skip'], otherwise: 'skip', question: { path: 'a.iso' } }],
  log: [{ level: 'info', message: 'started', time: 1700000000000 }],
};

const after = (...events) => events.reduce(apply, empty());
const progress = (seq, current, percent = current) => ({
  type: 'progress', seq, task: 't1', current, total: 100, rate: 5, eta: 2, message: '', percent,
});

test('store: a snapshot is the whole state', () => {
  const state = after(snapshot);
  assert.equal(state.status, 'running');
  assert.equal(state.percent, 40);
  assert.equal(state.stage, 'fetch');
  assert.deepEqual(state.tasks.map((task) => [task.id, task.current, task.status]), [['t1', 40, 'running'], ['t2', 7, 'complete']]);
  assert.equal(state.prompts[0].question.path, 'a.iso');
  assert.equal(state.log[0].message, 'started');
  assert.equal(state.seq, null);
});

test('store: a job from its first event to its last', () => {
  const state = after(
    { ...snapshot, status: 'queued', percent: 0, tasks: [], prompts: [], log: [] },
    { type: 'status', seq: 1, status: 'running', stage: '', message: '', percent: 0 },
    { type: 'register', seq: 2, task: 't1', parent: '', label: 'a.iso', unit: 'bytes', weight: 1, current: 0, total: 0 },
    progress(3, 50),
    { type: 'log', seq: 4, level: 'warning', message: 'slow', time: 1 },
    { type: 'finish', seq: 5, task: 't1', current: 100, total: 100, status: 'complete', message: '', percent: 100 },
    { type: 'done', seq: 6, status: 'complete', message: 'all here', percent: 100 },
  );
  assert.equal(state.done, true);
  assert.equal(state.status, 'complete');
  assert.equal(state.message, 'all here');
  assert.equal(state.percent, 100);
  assert.equal(state.seq, 6);
  assert.deepEqual(state.tasks.map((task) => [task.current, task.status, task.rate]), [[100, 'complete', null]]);
  assert.equal(state.log[0].level, 'warning');
});

test('store: a seq that was seen before changes nothing', () => {
  const state = after(snapshot, progress(7, 60), { type: 'log', seq: 8, level: 'info', message: 'once', time: 1 });
  assert.equal(apply(state, progress(7, 10)), state);
  assert.equal(apply(state, { type: 'log', seq: 8, level: 'info', message: 'once', time: 1 }), state);
  assert.equal(state.tasks[0].current, 60);
  assert.equal(state.log.length, 2);
});

test('store: holes in seq mean nothing', () => {
  assert.equal(after(snapshot, progress(7, 60), progress(90, 80)).tasks[0].current, 80);
});

test('store: after a reset the snapshot replaces all, and its numbers may begin anew', () => {
  const before = after(snapshot, progress(70, 60));
  const reset = apply(before, { type: 'reset', reason: 'foreign_epoch' });
  assert.equal(reset.seq, null, 'a break right now must not ask from the old number');
  assert.equal(reset.tasks[0].current, 60, 'the picture stays until the snapshot comes');
  const state = [{ ...snapshot, tasks: [snapshot.tasks[0]], log: [] }, progress(2, 45)].reduce(apply, reset);
  assert.equal(state.tasks.length, 1);
  assert.equal(state.tasks[0].current, 45);
  assert.equal(state.log.length, 0);
  assert.equal(state.seq, 2);
});

test('store: a second snapshot without a reset replaces all too', () => {
  const state = after(snapshot, progress(70, 60), { ...snapshot, percent: 41 }, progress(12, 50));
  assert.equal(state.percent, 50);
  assert.equal(state.seq, 12);
});

test('store: unknown types are ignored, but their seq counts', () => {
  const state = after(snapshot);
  assert.deepEqual(apply(state, { type: 'confetti', seq: 9, colour: 'red' }), { ...state, seq: 9 });
  for (const type of ['synced', 'gone', 'skipped']) assert.equal(apply(state, { type, count: 3 }), state);
});

test('store: what is no event changes nothing', () => {
  const state = after(snapshot);
  for (const wrong of [null, undefined, 7, 'progress', [], {}, { type: 3 }]) assert.equal(apply(state, wrong), state);
});

test('store: fields of a wrong type are taken as absent', () => {
  const state = after(snapshot, { type: 'progress', seq: 1, task: 't1', current: 'x', total: -1, rate: null, eta: NaN, percent: 1e9 });
  assert.deepEqual([state.tasks[0].current, state.tasks[0].total, state.tasks[0].rate], [40, 100, null]);
  assert.equal(state.percent, 100);
  const odd = after({ type: 'snapshot', status: 5, tasks: [null, 4, { task: '' }, { task: 't' }], prompts: 'none', log: {} });
  assert.deepEqual(odd.tasks.map((task) => task.label), ['t']);
  assert.deepEqual([odd.status, odd.prompts, odd.log], ['queued', [], []]);
});

test('store: a progress whose register was skipped still makes a task', () => {
  const state = after({ ...snapshot, tasks: [] }, progress(3, 10));
  assert.deepEqual(state.tasks.map((task) => [task.id, task.label, task.current]), [['t1', 't1', 10]]);
});

test('store: a finished task is not revived by a late progress', () => {
  const state = after(snapshot, { type: 'progress', seq: 4, task: 't2', current: 1, total: 7, rate: 1, eta: 6, message: '', percent: 44 });
  assert.deepEqual([state.tasks[1].status, state.tasks[1].current, state.percent], ['complete', 7, 44]);
});

test('store: a question opens once and is resolved', () => {
  const asked = { type: 'duplicate', seq: 3, prompt: 'p2', choices: ['overwrite', 'skip', 4], otherwise: 'skip', question: { path: 'b' } };
  const state = after(snapshot, asked, { ...asked, seq: 4 });
  assert.deepEqual(state.prompts.map((open) => open.prompt), ['p1', 'p2']);
  assert.deepEqual(state.prompts[1].choices, ['overwrite', 'skip']);
  const resolved = apply(state, { type: 'duplicate-resolved', seq: 5, prompt: 'p1', answer: 'skip', by: 'timeout' });
  assert.deepEqual(resolved.prompts.map((open) => open.prompt), ['p2']);
  assert.deepEqual(resolved.resolved, { prompt: 'p1', answer: 'skip', by: 'timeout' });
  assert.deepEqual(apply(resolved, { type: 'done', seq: 6, status: 'error', message: 'no', percent: 40 }).prompts, []);
});

test('store: a failed job says why', () => {
  const state = after(snapshot, { type: 'done', seq: 6, status: 'error', message: 'the disk is full', percent: 40 });
  assert.deepEqual([state.status, state.error, state.done], ['error', 'the disk is full', true]);
  assert.equal(after({ ...snapshot, status: 'error', error: 'the disk is full' }).error, 'the disk is full');
});

test('store: the log keeps its newest lines, and lines keep their identity', () => {
  let state = after(snapshot);
  for (let seq = 1; seq <= MAX_LOG_LINES + 5; seq += 1) {
    state = apply(state, { type: 'log', seq, level: 'info', message: `line ${seq}`, time: seq });
  }
  assert.equal(state.log.length, MAX_LOG_LINES);
  assert.equal(state.log.at(-1).message, `line ${MAX_LOG_LINES + 5}`);
  const next = apply(state, progress(9999, 50));
  assert.equal(next.log, state.log);
});

test('store: a state is never changed in place', () => {
  const freeze = (value) => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const events = [
    snapshot, progress(1, 50), { type: 'log', seq: 2, level: 'info', message: 'x', time: 1 },
    { type: 'duplicate-resolved', seq: 3, prompt: 'p1', answer: 'skip', by: 'watcher' },
    { type: 'finish', seq: 4, task: 't1', current: 100, total: 100, status: 'error', message: 'x', percent: 100 },
    { type: 'reset', reason: 'ahead' }, snapshot, { type: 'done', seq: 5, status: 'complete', message: '', percent: 100 },
  ];
  events.reduce((state, event) => freeze(apply(state, event)), freeze(empty()));
});

test('store: totals leave failed files out and know when a size is missing', () => {
  const state = after(snapshot);
  assert.deepEqual(totals(state), { files: 2, complete: 1, failed: 0, current: 47, total: 107, rate: 20, eta: 3 });
  const more = apply(state, { type: 'register', seq: 1, task: 't3', label: 'c', unit: 'bytes', current: 0, total: 0 });
  assert.equal(totals(more).total, null);
  const failed = apply(more, { type: 'finish', seq: 2, task: 't3', current: 5, total: 10, status: 'error', message: 'x', percent: 50 });
  assert.deepEqual(totals(failed), { files: 3, complete: 1, failed: 1, current: 47, total: 107, rate: 20, eta: 3 });
  assert.deepEqual(totals(empty()), { files: 0, complete: 0, failed: 0, current: 0, total: null, rate: null, eta: null });
});

test('store: the percent of a file without a size is not known until it is complete', () => {
  const state = after(snapshot);
  assert.equal(taskPercent(state.tasks[0]), 40);
  assert.equal(taskPercent({ ...state.tasks[0], total: 0 }), null);
  assert.equal(taskPercent({ ...state.tasks[0], total: 0, status: 'complete' }), 100);
});
