import { beforeEach, expect, test } from 'vitest';
import { JobStore, jobStore, taskPercent, totals } from 'fanfare';
import { fakePage, pass } from './support/fake_page.js';

let page;
beforeEach(() => { page = fakePage(); });

const snapshot = {
  job: 'job_1', status: 'running', percent: 40, message: 'half way', stage: 'fetch', error: '', eta: 3,
  tasks: [
    { task: 't1', parent: '', label: 'a.iso', unit: 'bytes', weight: 1, current: 40, total: 100, rate: 20, eta: 3, status: 'running', message: '' },
    { task: 't2', parent: 't1', label: 'b.iso', unit: 'bytes', weight: 2, current: 7, total: 7, rate: null, eta: null, status: 'complete', message: '' },
  ],
  prompts: [{ prompt: 'p1', type: 'duplicate', choices: ['overwrite', 'skip'], otherwise: 'skip', question: { path: 'a.iso' } }],
  log: [{ level: 'info', message: 'started', time: 1700000000000 }],
};

function after(...events) {
  const store = jobStore();
  for (const [type, data] of events) store.apply({ type, data });
  return store;
}
const begun = (...events) => after(['snapshot', snapshot], ...events);
const progress = (current, more = {}) => ['progress', { task: 't1', current, total: 100, rate: 5, eta: 2, message: 'm', percent: current, ...more }];

test('before anything is known it is an empty job', () => {
  const { state } = jobStore();
  expect(state).toMatchObject({ loaded: false, done: false, status: 'queued', percent: 0, tasks: [], prompts: [], log: [], eta: null });
});

test('a snapshot is the whole state', () => {
  const { state } = begun();
  expect(state).toMatchObject(snapshot);
  expect(state).toMatchObject({ loaded: true, done: false, gone: false, skipped: 0, resolved: null });
});

test('a job from its first event to its last', () => {
  const store = after(
    ['snapshot', { job: 'j', status: 'queued', percent: 0, tasks: [], prompts: [], log: [] }],
    ['status', { status: 'running', stage: 's', message: 'go', percent: 0 }],
    ['register', { task: 't1', parent: '', label: 'a.iso', unit: 'bytes', weight: 3, current: 0, total: 0 }],
    progress(50),
    ['log', { level: 'warning', message: 'slow', time: 1 }],
    ['finish', { task: 't1', current: 100, total: 100, status: 'complete', message: 'ok', percent: 100 }],
    ['done', { status: 'complete', message: 'all here', percent: 100 }],
  );
  expect(store.state).toMatchObject({
    done: true, status: 'complete', message: 'all here', percent: 100, stage: 's', error: '', eta: null,
    tasks: [{ task: 't1', label: 'a.iso', weight: 3, current: 100, total: 100, status: 'complete', rate: null, eta: null, message: 'ok' }],
    log: [{ level: 'warning', message: 'slow', time: 1 }],
  });
});

test('after a reset the picture stays until the snapshot replaces all', () => {
  const store = begun(progress(60), ['log', { level: 'info', message: 'x', time: 2 }]);
  expect(store.apply({ type: 'reset', data: { reason: 'foreign_epoch' } })).toBe(false);
  expect(store.state.tasks[0].current).toBe(60);
  store.apply({ type: 'snapshot', data: { ...snapshot, percent: 1, tasks: [snapshot.tasks[0]], log: [], prompts: [] } });
  expect(store.state).toMatchObject({ percent: 1, prompts: [], log: [] });
  expect(store.state.tasks.map(({ task, current }) => [task, current])).toEqual([['t1', 40]]);
});

test('a state never changes, and is the same object until something does', () => {
  const freeze = (value) => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const store = jobStore();
  const events = [
    ['snapshot', snapshot], progress(50), ['log', { level: 'info', message: 'x', time: 1 }], ['status', { status: 'running', percent: 51 }],
    ['duplicate', { prompt: 'p2', choices: [], otherwise: '', question: {} }], ['duplicate-resolved', { prompt: 'p1', answer: 'skip', by: 'watcher' }],
    ['register', { task: 't3' }], ['finish', { task: 't1', current: 100, total: 100, status: 'error', message: 'x', percent: 100 }],
    ['skipped', { count: 2 }], ['snapshot', snapshot], ['done', { status: 'complete', message: '', percent: 100 }],
  ];
  const seen = [freeze(store.state)];
  for (const [type, data] of events) {
    expect(store.apply({ type, data })).toBe(true);
    expect(store.state).not.toBe(seen.at(-1));
    expect(store.snapshot()).toBe(store.state);
    seen.push(freeze(store.state));
  }
  expect(new Set(seen).size).toBe(events.length + 1);
});

test('what did not change keeps its identity', () => {
  const store = begun();
  const before = store.state;
  store.apply({ type: 'log', data: { level: 'info', message: 'x', time: 1 } });
  expect(store.state.tasks).toBe(before.tasks);
  expect(store.state.prompts).toBe(before.prompts);
  store.apply({ type: 'progress', data: progress(41)[1] });
  expect(store.state.tasks[1]).toBe(before.tasks[1]);
});

test('watchers hear of changes until they leave; one that throws does not stop the others', () => {
  const store = jobStore();
  let heard = 0;
  store.subscribe(() => { throw new Error('mine'); });
  const { subscribe } = store;  // as React calls it
  const leave = subscribe(() => { heard += 1; });
  store.apply({ type: 'snapshot', data: snapshot });
  store.apply({ type: 'confetti', data: {} });
  leave();
  store.apply({ type: 'snapshot', data: snapshot });
  expect(heard).toBe(1);
  expect(page.errors.length).toBe(2);
});

test('what is no event of a job changes nothing', () => {
  const store = begun();
  const before = store.state;
  for (const wrong of [null, undefined, 7, 'progress', [], {}, { type: 'progress' }, { type: 'progress', data: null }, { type: 'progress', data: [] },
    { type: 'progress', data: {} }, { type: 'finish', data: { task: 5 } }, { type: 'register', data: { task: '' } }, { type: 3, data: { prompt: 'p' } },
    { type: 'duplicate', data: { prompt: '' , choices: [] } }, { type: 'duplicate', data: { prompt: 'p9' } }, { type: 'synced', data: { topics: 1 } }]) {
    expect(store.apply(wrong)).toBe(false);
  }
  expect(store.state).toBe(before);
});

test('fields of a wrong type are taken as absent', () => {
  const { state } = begun(['progress', { task: 't1', current: 'x', total: -1, rate: null, eta: NaN, percent: 1e9 }]);
  expect([state.tasks[0].current, state.tasks[0].total, state.tasks[0].rate, state.percent]).toEqual([40, 100, null, 100]);
  const odd = after(['snapshot', { status: 5, percent: 'x', tasks: [null, 4, { task: '' }, { task: 't' }], prompts: 'none', log: {} }]).state;
  expect(odd.tasks.map(({ label, weight }) => [label, weight])).toEqual([['t', 1]]);
  expect([odd.status, odd.percent, odd.prompts, odd.log]).toEqual(['queued', 0, [], []]);
});

test('names that objects have of their own are names like others', () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const store = after(...names.map((task) => ['register', { task, label: task }]));
  store.apply({ type: 'progress', data: { task: '__proto__', current: 5, total: 6 } });
  expect(store.state.tasks.map(({ task, current }) => [task, current])).toEqual([['__proto__', 5], ['constructor', 0], ['toString', 0]]);
});

test('a progress whose registration was skipped still makes a task; one that has ended is not revived', () => {
  const { state } = begun(['progress', { task: 't9', current: 3, total: 4, percent: 41 }], ['progress', { task: 't2', current: 1, total: 7, rate: 1, eta: 6, percent: 44 }]);
  expect(state.tasks[2]).toMatchObject({ task: 't9', label: 't9', current: 3 });
  expect(state.tasks[1]).toMatchObject({ status: 'complete', current: 7, rate: null });
  expect(state.percent).toBe(44);
});

test('a question opens once, is resolved, and closes with the job', () => {
  const asked = { prompt: 'p2', choices: ['overwrite', 4, 'skip'], otherwise: 'skip', question: 'really?' };
  const store = begun(['duplicate', asked], ['duplicate', asked]);
  expect(store.state.prompts.map(({ prompt, type, choices, question }) => [prompt, type, choices, question])).toEqual([
    ['p1', 'duplicate', ['overwrite', 'skip'], { path: 'a.iso' }], ['p2', 'duplicate', ['overwrite', 'skip'], 'really?'],
  ]);
  store.apply({ type: 'duplicate-resolved', data: { prompt: 'p1', answer: 'skip', by: 'timeout' } });
  expect(store.state.prompts.map(({ prompt }) => prompt)).toEqual(['p2']);
  expect(store.state.resolved).toEqual({ prompt: 'p1', answer: 'skip', by: 'timeout' });
  store.apply({ type: 'done', data: { status: 'error', message: 'no', percent: 40 } });
  expect(store.state).toMatchObject({ prompts: [], error: 'no', status: 'error', done: true, percent: 40 });
});

test('gone and skipped are told', () => {
  const store = after(['gone', { topic: 'j' }]);
  expect(store.state).toMatchObject({ gone: true, loaded: false });
  store.apply({ type: 'snapshot', data: snapshot });
  store.apply({ type: 'skipped', data: { count: 3 } });
  store.apply({ type: 'skipped', data: { count: 4 } });
  expect(store.state).toMatchObject({ gone: false, skipped: 7 });
});

test('everything has a bound', () => {
  const store = new JobStore({ maxLogLines: 3, maxTasks: 2, maxPrompts: 1 });
  for (let i = 1; i <= 5; i += 1) {
    store.apply({ type: 'log', data: { level: 'info', message: `${i}`, time: i } });
    store.apply({ type: 'register', data: { task: `t${i}` } });
    store.apply({ type: 'progress', data: { task: `u${i}`, current: 1 } });
    store.apply({ type: 'ask', data: { prompt: `p${i}`, choices: [] } });
  }
  const sizes = ({ log, tasks, prompts }) => [log.map(({ message }) => message), tasks.map(({ task }) => task), prompts.map(({ prompt }) => prompt)];
  expect(sizes(store.state)).toEqual([['3', '4', '5'], ['t1', 'u1'], ['p1']]);
  store.apply({
    type: 'snapshot',
    data: { log: Array(9).fill({ message: 'x' }), tasks: [1, 2, 3].map((i) => ({ task: `${i}` })), prompts: [1, 2].map((i) => ({ prompt: `${i}`, choices: [] })) },
  });
  expect(sizes(store.state)).toEqual([['x', 'x', 'x'], ['1', '2'], ['1']]);
});

test('the time left of the whole job follows its percent', async () => {
  const store = after(['snapshot', { status: 'running', percent: 0, tasks: [] }]);
  for (let percent = 0; percent <= 50; percent += 5) {
    store.apply({ type: 'status', data: { status: 'running', percent } });
    await pass(1000);
  }
  expect(store.state.eta).toBeCloseTo(10, 5);
  store.apply({ type: 'status', data: { status: 'running', percent: 20 } });  // work was thrown away
  await pass(1000);
  store.apply({ type: 'status', data: { status: 'running', percent: 21 } });
  expect(store.state.eta).toBeCloseTo(79, 5);
  store.apply({ type: 'done', data: { status: 'complete', percent: 100 } });
  expect(store.state.eta).toBe(null);
});

test('saved and loaded it is the same, and goes on the same', () => {
  const store = begun(progress(60), ['skipped', { count: 2 }], ['duplicate-resolved', { prompt: 'p1', answer: 'a', by: 'end' }]);
  const other = jobStore();
  expect(other.load(JSON.parse(JSON.stringify(store.save())))).toBe(true);
  expect(other.state).toEqual(store.state);
  for (const one of [store, other]) one.apply({ type: 'finish', data: { task: 't1', current: 100, total: 100, status: 'complete', percent: 100 } });
  expect(other.state.tasks).toEqual(store.state.tasks);
  for (const wrong of [null, 7, [], {}, { tasks: 'none' }]) expect(jobStore().load(wrong)).toBe(false);
});

test('totals leave failed tasks out and know when a size is missing', () => {
  const store = begun();
  expect(totals(store.state)).toEqual({ tasks: 2, complete: 1, failed: 0, current: 47, total: 107, rate: 20, eta: 3 });
  store.apply({ type: 'register', data: { task: 't3', label: 'c', current: 0, total: 0 } });
  expect(totals(store.state).total).toBe(null);
  store.apply({ type: 'finish', data: { task: 't3', current: 5, total: 10, status: 'error', message: 'x', percent: 50 } });
  expect(totals(store.state)).toEqual({ tasks: 3, complete: 1, failed: 1, current: 47, total: 107, rate: 20, eta: 3 });
  expect(totals(jobStore().state)).toEqual({ tasks: 0, complete: 0, failed: 0, current: 0, total: null, rate: null, eta: null });
});

test('the percent of a task without a size is not known until it is complete', () => {
  const [task] = begun().state.tasks;
  expect(taskPercent(task)).toBe(40);
  expect(taskPercent({ ...task, total: 0 })).toBe(null);
  expect(taskPercent({ ...task, total: 0, status: 'complete' })).toBe(100);
  expect(taskPercent({ ...task, current: 500 })).toBe(100);
});
