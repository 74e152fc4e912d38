// Draws a job: its figures, a row per file, the log. Holds no state but the elements that it made.

import { taskPercent, totals } from './store.js';
import * as format from './format.js';

const byId = (id) => document.getElementById(id);
const DASH = '\u2013';

/** What the job is to its watcher: {key, word}. `lost`: the server will say nothing more about it. Pure. */
export function headline(state, { lost, cancelling }) {
  if (state.status === 'complete') return { key: 'complete', word: 'Complete' };
  if (state.status === 'error') {
    return isCancelled(state.error) ? { key: 'cancelled', word: 'Cancelled' } : { key: 'error', word: 'Failed' };
  }
  if (lost) return { key: 'lost', word: 'Lost' };
  if (cancelling) return { key: 'running', word: 'Cancelling\u2026' };
  if (state.prompts.length > 0) return { key: 'asking', word: 'Waiting for you' };
  if (state.status === 'running') return { key: 'running', word: state.stage || 'Running' };
  return { key: 'queued', word: 'Queued' };
}

/** What a file's row says: {key, word}. Pure. */
export function fileHeadline(task, over) {
  if (task.status === 'complete') return { key: 'complete', word: 'Complete' };
  if (task.status === 'error') {
    return isCancelled(task.message) ? { key: 'cancelled', word: 'Cancelled' } : { key: 'error', word: 'Failed' };
  }
  const percent = taskPercent(task);
  const word = percent === null ? '' : format.percent(percent);
  if (over) return { key: 'lost', word: word || 'Not finished' };
  if (task.current === 0 && task.rate === null) return { key: 'waiting', word: 'Waiting' };
  return { key: 'running', word: word || 'Size unknown' };
}

/**
 * The job's percentage for people. The server counts a failed file as dealt with, so a failed job may stand at 100;
 * here it is as far as its files are complete, and 100 is said only of what is whole. Pure.
 */
export function shownPercent(state, key, sum) {
  if (key === 'complete') return 100;
  if (key === 'error' && sum.files > 0) return (100 * sum.complete) / sum.files;
  return Math.min(99, state.percent);
}

export function jobView() {
  const rows = new Map();  // task id -> {element, task}

  function drawHead(state, context, head) {
    const sum = totals(state);
    byId('job-card').dataset.state = head.key;
    byId('job-state').textContent = head.word;
    byId('job-title').textContent = title(state, context.jobId);
    const percent = shownPercent(state, head.key, sum);
    byId('job-percent').firstChild.data = String(Math.floor(percent));
    setBar(byId('job-bar'), percent, `${format.percent(percent)}, ${head.word}`);
    byId('job-bytes').textContent = amount(sum.current, sum.total, 'bytes');
    byId('job-rate').textContent = format.rate(sum.rate ?? NaN) || DASH;
    byId('job-eta').textContent = format.duration(sum.eta ?? NaN) || DASH;
    for (const id of ['job-rate', 'job-eta']) byId(id).parentElement.hidden = context.over;
    byId('job-files').textContent = files(sum);
    const message = state.status === 'error'
      ? state.error || 'The job failed; the server gave no reason.'
      : state.message;
    // "cancelled" below a pill that says so would be said twice.
    setText(byId('job-message'), head.key === 'cancelled' ? '' : message);
    byId('cancel').hidden = context.over;
    byId('cancel').disabled = context.cancelling;
    byId('again').hidden = !state.done || !context.canRestart;
    setText(byId('job-problem'), context.problem);
  }

  function drawFiles(state, over) {
    const list = byId('files');
    const seen = new Set();
    for (const task of state.tasks) {
      seen.add(task.id);
      let row = rows.get(task.id);
      if (!row) {
        row = { element: byId('file-row').content.firstElementChild.cloneNode(true), task: null, over };
        row.element.querySelector('.name').id = `file-${rows.size}-${Date.now()}`;
        row.element.querySelector('.bar').setAttribute('aria-labelledby', row.element.querySelector('.name').id);
        rows.set(task.id, row);
      }
      if (row.task !== task || row.over !== over) drawFile(row.element, task, over);
      row.task = task;
      row.over = over;
      list.append(...(row.element.isConnected ? [] : [row.element]));
    }
    for (const [id, row] of rows) {
      if (seen.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    byId('no-files').hidden = rows.size > 0;
  }

  return {
    /** context: {jobId, over, lost, cancelling, canRestart, problem} */
    draw(state, context) {
      const head = headline(state, context);
      drawHead(state, context, head);
      drawFiles(state, context.over);
      drawLog(state.log);
      return head;
    },
    clear() {
      for (const row of rows.values()) row.element.remove();
      rows.clear();
      drawLog([]);
    },
  };
}

function drawFile(element, task, over) {
  const { key, word } = fileHeadline(task, over);
  const name = element.querySelector('.name');
  element.dataset.state = key;
  name.textContent = format.fileName(task.label);
  name.title = task.label;
  element.querySelector('.word').textContent = word;
  const moving = key === 'running';
  const said = amount(task.current, task.total || null, task.unit);
  // A bar that nobody fills any more must not sweep: the size is unknown, the amount is final.
  setBar(element.querySelector('.bar'), taskPercent(task) ?? (moving || key === 'waiting' ? null : 0), `${word}, ${said}`);
  element.querySelector('.amount').textContent = task.current === 0 && task.total === 0 ? '' : said;
  element.querySelector('.speed').textContent = moving ? speed(task) : '';
  element.querySelector('.left').textContent = moving && task.eta !== null ? `${format.duration(task.eta)} left` : '';
  const silent = task.status === 'error' && task.message === '';
  setText(element.querySelector('.message'), silent ? 'It failed; the server gave no reason.' : task.message);
}

// Lines keep their identity from state to state: what went is removed at the top, what is new is added below.
function drawLog(lines) {
  const list = byId('log');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  while (list.firstChild && list.firstChild.line !== lines[0]) list.firstChild.remove();
  for (const line of lines.slice(list.childElementCount)) list.append(logLine(line));
  if (atEnd) list.scrollTop = list.scrollHeight;
  byId('no-log').hidden = lines.length > 0;
}

function logLine(line) {
  const item = document.createElement('li');
  const time = document.createElement('time');
  const text = document.createElement('span');
  item.line = line;
  item.dataset.level = line.level;
  time.textContent = format.clock(line.time);
  time.dateTime = new Date(line.time).toISOString();
  if (line.level !== 'info') {
    const level = document.createElement('b');
    level.textContent = `${line.level} `;
    text.append(level);
  }
  text.append(line.message);
  item.append(time, text);
  return item;
}

function setBar(bar, percent, said) {
  if (percent === null) bar.removeAttribute('aria-valuenow');
  else bar.setAttribute('aria-valuenow', String(Math.floor(percent)));
  bar.setAttribute('aria-valuetext', said);
  bar.style.setProperty('--value', String((percent ?? 0) / 100));
}

function setText(element, text) {
  element.textContent = text;
  element.hidden = text === '';
}

function title(state, jobId) {
  if (state.tasks.length === 1) return format.fileName(state.tasks[0].label);
  return state.tasks.length > 1 ? `${state.tasks.length} files` : jobId;
}

function amount(current, total, unit) {
  if (unit !== 'bytes') return total === null ? `${current} ${unit}` : `${current} of ${total} ${unit}`;
  if (total === null || total === current) return format.bytes(current);
  return `${format.bytes(current)} of ${format.bytes(total)}`;
}

function speed(task) {
  if (task.rate === null) return '';
  return task.unit === 'bytes' ? format.rate(task.rate) : `${task.rate.toFixed(1)} ${task.unit}/s`;
}

function files(sum) {
  const text = `${sum.complete} of ${sum.files}`;
  return sum.failed > 0 ? `${text}, ${sum.failed} failed` : text;
}

function isCancelled(message) {
  return /^cancel/i.test(message);
}
