// The operations that are under way, as the bars of a <fanfare-progress>. Bounded.

import { jobStore } from './fanfare/fanfare.js';

const MAX_OPERATIONS = 64;
const DONE_MS = 8000;  // how long a finished bar stays

export function operationsView(element) {
  const tasks = new Map();  // operation id -> what the element calls a task

  function draw() {
    element.state = { ...jobStore().state, loaded: true, tasks: [...tasks.values()] };
  }

  function progress(data) {
    const id = data.operation_id ?? '';
    if (!tasks.has(id) && tasks.size >= MAX_OPERATIONS) tasks.delete(tasks.keys().next().value);
    const counted = data.total > 0;
    tasks.set(id, {
      task: id, parent: '', label: data.message || id || 'Summary', weight: 1,
      unit: counted ? '' : '%', current: data.progress, total: counted ? data.total : 100,
      rate: null, eta: null, status: data.status === 'error' ? 'error' : 'running', message: data.current_video ?? '',
    });
    draw();
  }

  return {
    progress,
    complete(data) {
      const id = data.operation_id ?? '';
      const known = tasks.get(id);
      if (!known) return;
      const status = data.status === 'error' ? 'error' : 'complete';
      const over = { ...known, status, label: data.message || known.label, message: '' };
      tasks.set(id, over);
      draw();
      setTimeout(() => {
        if (tasks.get(id) !== over) return;
        tasks.delete(id);
        draw();
      }, DONE_MS);
    },
    replace(operations) {
      tasks.clear();
      for (const one of operations) progress(one);
      draw();
    },
  };
}
