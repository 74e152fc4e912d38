// What the elements reckon without telling the page.

import { expect, test } from 'vitest';
import { taskSums } from 'parts/element_figures.js';

test('sums are of what can be added', () => {
  const task = (fields) => ({ task: 't', parent: '', label: '', unit: 'bytes', current: 0, total: 0, rate: null, eta: null, status: 'running', message: '', ...fields });
  const two = [task({ task: 'a', current: 40, total: 100, rate: 20 }), task({ task: 'b', current: 7, total: 7, status: 'complete' })];
  expect(taskSums(two)).toEqual({ count: 2, complete: 1, failed: 0, unit: 'bytes', current: 47, total: 107, rate: 20, eta: 3 });
  expect(taskSums([...two, task({ task: 'c' })]).total, 'one size is not known').toBeNull();
  const failed = task({ task: 'c', current: 5, total: 10, status: 'error' });
  expect(taskSums([...two, failed]), 'what failed will not come').toEqual({ ...taskSums(two), count: 3, failed: 1 });
  expect(taskSums([...two, task({ task: 'c', unit: 'frames' })]), 'of what, then?').toMatchObject({ current: null, total: null, rate: null });
  const parts = [task({ task: 'all', current: 47, total: 107 }), ...two.map((one) => ({ ...one, parent: 'all' }))];
  expect(taskSums(parts), 'what has parts is counted by them').toEqual(taskSums(two));
});
