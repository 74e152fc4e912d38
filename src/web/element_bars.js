// The bars of <fanfare-progress>, and the rows of its tasks.

import { make, setText } from './element_base.js';
import { amount, duration, rate, taskHeadline } from './element_figures.js';
import { taskPercent } from './job_fields.js';

export function makeBar() {
  const role = { role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' };
  return make('div', { class: 'bar', part: 'bar', ...role }, make('i', { part: 'fill' }));
}

export function taskRow() {
  return make('li', { class: 'task', part: 'task' },
    make('div', { class: 'line' }, make('span', { class: 'name' }), make('span', { class: 'word' })),
    makeBar(),
    make('p', { class: 'meta' }, ...['amount', 'speed', 'left'].map((name) => make('span', { class: name }))),
    make('p', { class: 'message' }));
}

/** `over`: nobody works on it any more. */
export function drawTask(element, task, { name, over, depth }) {
  const [line, fill, meta, message] = element.children;
  const { key, word } = taskHeadline(task, over);
  const moving = key === 'running';
  const said = amount(task.current, task.total, task.unit);
  element.dataset.state = key;
  element.style.setProperty('--_depth', String(Math.min(depth, 6)));
  setText(line.firstChild, name);
  line.firstChild.title = task.label;
  setText(line.lastChild, word);
  // A bar that nobody fills any more must not sweep: the size is unknown, the amount is final.
  setBar(fill, taskPercent(task) ?? (moving || key === 'waiting' ? null : 0), [word, said].filter(Boolean).join(', '));
  fill.setAttribute('aria-label', name);
  setText(meta.children[0], task.current === 0 && !(task.total > 0) ? '' : said);
  setText(meta.children[1], moving ? rate(task.rate ?? NaN, task.unit) : '');
  setText(meta.children[2], moving && Number.isFinite(task.eta) ? `${duration(task.eta)} left` : '');
  setText(message, task.status === 'error' && !task.message ? 'It failed; the server gave no reason.' : task.message ?? '');
  message.hidden = message.textContent === '';
}

/** `percent` null: not known. `said`: the same in words. */
export function setBar(element, percent, said) {
  if (percent === null) element.removeAttribute('aria-valuenow');
  else element.setAttribute('aria-valuenow', String(Math.floor(percent)));
  if (said) element.setAttribute('aria-valuetext', said);
  else element.removeAttribute('aria-valuetext');
  element.style.setProperty('--_value', String((percent ?? 0) / 100));
}

/** Parents before their parts: [{task, depth}]. What names no parent that there is stands at the top. */
export function tasksInOrder(tasks) {
  if (tasks.every((task) => !task.parent)) return tasks.map((task) => ({ task, depth: 0 }));
  const known = new Set(tasks.map((task) => task.task));
  const parts = new Map();
  for (const task of tasks) {
    const parent = known.has(task.parent) && task.parent !== task.task ? task.parent : '';
    if (!parts.has(parent)) parts.set(parent, []);
    parts.get(parent).push(task);
  }
  const ordered = [];
  const open = (parts.get('') ?? []).map((task) => ({ task, depth: 0 })).reverse();
  while (open.length > 0) {
    const next = open.pop();
    ordered.push(next);
    for (const task of (parts.get(next.task.task) ?? []).reverse()) open.push({ task, depth: next.depth + 1 });
  }
  return ordered;  // a ring of parents is in nobody's reach, and left out
}
