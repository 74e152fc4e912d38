// The parts of a job's state out of what a server sent: whatever is missing or of another type is taken as absent.

import { isRecord } from './envelope.js';

export function toTask(raw) {
  const status = raw.status === 'complete' || raw.status === 'error' ? raw.status : 'running';
  return {
    task: raw.task,
    parent: textOr(raw.parent, ''),
    label: textOr(raw.label, '') || raw.task,
    unit: textOr(raw.unit, ''),
    weight: amountOr(raw.weight, 1),
    current: amountOr(raw.current, 0),
    total: amountOr(raw.total, 0),
    rate: status === 'running' ? figureOf(raw.rate) : null,
    eta: status === 'running' ? figureOf(raw.eta) : null,
    status,
    message: textOr(raw.message, ''),
  };
}

/** Null: it is no question. @param type  the event's; a snapshot has it among the fields */
export function toPrompt(raw, type) {
  if (!isKey(raw.prompt) || !Array.isArray(raw.choices)) return null;
  return {
    prompt: raw.prompt,
    type: textOr(type, ''),
    choices: raw.choices.filter((choice) => typeof choice === 'string'),
    otherwise: textOr(raw.otherwise, ''),
    question: raw.question ?? null,
  };
}

export function toLine(raw) {
  return { level: textOr(raw.level, 'info'), message: textOr(raw.message, ''), time: amountOr(raw.time, 0) };
}

export function isKey(value) {
  return typeof value === 'string' && value !== '';
}

export function records(value) {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textOr(value, otherwise) {
  return typeof value === 'string' ? value : otherwise;
}

export function amountOr(value, otherwise) {
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** Null: not known. */
export function figureOf(value) {
  return amountOr(value, null);
}

export function clampPercent(value, otherwise) {
  return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : otherwise;
}

/** How far a task is, 0 to 100. Null: its size is not known. */
export function taskPercent(task) {
  if (task.status === 'complete') return 100;
  return task.total > 0 ? clampPercent((100 * task.current) / task.total, 0) : null;
}

/** Sums over the tasks of a state; failed ones are left out, since what they have left to do will not be done. */
export function totals(state) {
  const sum = { tasks: state.tasks.length, complete: 0, failed: 0, current: 0, total: null, rate: null, eta: null };
  let total = 0;
  let sized = state.tasks.length > 0;
  for (const task of state.tasks) {
    if (task.status === 'error') {
      sum.failed += 1;
      continue;
    }
    if (task.status === 'complete') sum.complete += 1;
    else if (task.total <= 0) sized = false;
    if (task.rate !== null) sum.rate = (sum.rate ?? 0) + task.rate;
    sum.current += task.current;
    total += Math.max(task.total, task.current);
  }
  if (sized) sum.total = total;
  if (sized && sum.rate > 0) sum.eta = (total - sum.current) / sum.rate;
  return sum;
}
