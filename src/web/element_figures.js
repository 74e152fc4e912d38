// What a job's state says to people: percentages, sums, words. Pure: no DOM, no clock.

import { taskPercent } from './job_fields.js';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1234567 -> "1.2 MB". Decimal units, as download speeds are given in. A figure that is not known is "". */
export function bytes(value) {
  if (!Number.isFinite(value) || value < 0) return '';
  let unit = 0;
  // 999.5 kB would be printed as 1000 kB.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** 42 -> "42 s", 125 -> "2 min 05 s", 3900 -> "1 h 05 min". Rounded up: a wait should not seem over before it is. */
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return '';
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** 99.97 -> "99%". Rounded down: 100% is said only of what is whole. */
export function percent(value) {
  return Number.isFinite(value) ? `${Math.floor(value)}%` : '';
}

/** Unix milliseconds -> "14:03:59", local time. */
export function clock(milliseconds) {
  const date = new Date(milliseconds);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** How much of a task is done: "17 of 40 frames", "1.2 MB of 4.0 MB", "12 frames". In percent it says what the bar says: "". */
export function amount(current, total, unit) {
  if (unit === '%') return '';
  const known = total > 0 && total !== current;
  if (unit === 'bytes') return known ? `${bytes(current)} of ${bytes(total)}` : bytes(current);
  const counted = known ? `${countOf(current)} of ${countOf(total)}` : countOf(current);
  return unit ? `${counted} ${unit}` : counted;
}

/** Units per second: "2.7 MB/s", "12 frames/s". */
export function rate(value, unit) {
  if (!Number.isFinite(value) || value < 0) return '';
  if (unit === 'bytes') return `${bytes(value)}/s`;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))}${unit ? ` ${unit}` : ''}/s`;
}

/**
 * Sums over the tasks. Null: not known, or the units differ.
 * -> {count, complete, failed, unit, current, total, rate, eta}
 */
export function taskSums(tasks) {
  // What has parts is counted by them.
  const parents = new Set(tasks.map((task) => task.parent));
  const leaves = tasks.filter((task) => !parents.has(task.task));
  const unit = leaves[0]?.unit ?? '';
  const sum = { count: leaves.length, complete: 0, failed: 0, unit, current: null, total: null, rate: null, eta: null };
  const alike = leaves.length > 0 && leaves.every((task) => task.unit === unit);
  let [current, total, sized] = [0, 0, alike];
  for (const task of leaves) {
    if (task.status === 'complete') sum.complete += 1;
    if (task.status === 'error') {
      sum.failed += 1;
      continue;  // what is missing of it will not come: it is neither here nor awaited
    }
    if (task.status === 'running' && task.total <= 0) sized = false;
    if (alike && task.status === 'running' && Number.isFinite(task.rate)) sum.rate = (sum.rate ?? 0) + task.rate;
    current += task.current;
    total += Math.max(task.total, task.current);
  }
  if (alike) sum.current = current;
  if (sized) sum.total = total;
  if (sized && sum.rate > 0) sum.eta = (total - current) / sum.rate;
  return sum;
}

export function ended(state) {
  return state.status === 'complete' || state.status === 'error';
}

/** Why a job or task failed is free text; this much of it is usual. */
export function isCancelled(message) {
  return /^cancel/i.test(message ?? '');
}

/**
 * The job's percentage for people, or null when nothing about it is known. A failed task counts as dealt with, so a
 * failed job may stand at 100; here it is as far as its tasks are complete, and 100 is said only of what is whole.
 */
export function jobPercent(state, sum = taskSums(state.tasks)) {
  if (state.status === 'complete') return 100;
  if (state.status === 'error' && sum.count > 0) return Math.min(99, (100 * sum.complete) / sum.count);
  if (state.status === 'running' && !(state.percent > 0) && state.tasks.every((task) => taskPercent(task) === null)) return null;
  return Math.min(99.99, state.percent);
}

/** What the job is to its watcher: {key, word}. `lost`: the server will say nothing more about it. */
export function jobHeadline(state, lost = false) {
  if (state.status === 'complete') return { key: 'complete', word: 'Complete' };
  if (state.status === 'error') {
    return isCancelled(state.error || state.message) ? { key: 'cancelled', word: 'Cancelled' } : { key: 'error', word: 'Failed' };
  }
  if (lost) return { key: 'lost', word: 'Lost' };
  if (state.prompts.length > 0) return { key: 'asking', word: 'Waiting for you' };
  if (state.status === 'running') return { key: 'running', word: state.stage || 'Running' };
  return { key: 'queued', word: 'Queued' };
}

/** The same of a task. `over`: nobody works on it any more. */
export function taskHeadline(task, over = false) {
  if (task.status === 'complete') return { key: 'complete', word: 'Complete' };
  if (task.status === 'error') {
    return isCancelled(task.message) ? { key: 'cancelled', word: 'Cancelled' } : { key: 'error', word: 'Failed' };
  }
  const share = taskPercent(task);
  const word = share === null ? '' : percent(Math.min(99, share));
  if (over) return { key: 'lost', word: word || 'Not finished' };
  if (task.current === 0 && !Number.isFinite(task.rate)) return { key: 'waiting', word: 'Waiting' };
  return { key: 'running', word: word || 'Size unknown' };
}

/**
 * What to tell somebody who cannot see the bars: the difference of two states, in sentences. Few on purpose: quarters
 * of the job, tasks that ended, the end.
 * @param nameOf  what a task is called
 */
export function news(before, after, nameOf = (task) => task.label || task.task) {
  const said = [];
  const quarter = Math.min(3, Math.floor(after.percent / 25));
  if (before.status === 'queued' && after.status === 'running') said.push('Started.');
  else if (!ended(after) && quarter > Math.floor(before.percent / 25)) said.push(`${quarter * 25}% done.`);
  const was = new Map(before.tasks.map((task) => [task.task, task.status]));
  const over = after.tasks.filter((task) => task.status !== 'running' && was.get(task.task) === 'running');
  const complete = over.filter((task) => task.status === 'complete');
  if (complete.length > 3) said.push(`${complete.length} tasks complete.`);
  else said.push(...complete.map((task) => `${nameOf(task)} complete.`));
  said.push(...over.filter((task) => task.status === 'error').slice(0, 3).map((task) => `${nameOf(task)} failed: ${task.message}.`));
  if (ended(after) && !ended(before)) {
    said.push(after.status === 'complete' ? 'All done.' : `The job failed: ${after.error || after.message || 'no reason was given'}.`);
  }
  return said;
}

function countOf(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function twoDigits(value) {
  return String(value).padStart(2, '0');
}
