// <fanfare-progress src="/jobs/demo">: a job's bars. The whole job above, a row per task below.
//
// Attributes: src, topic (see element_base.js); show="job", show="tasks" or both; label: what the job is called; status:
// said in place of what it does, while it does it ("Cancelling").
// Slots: "label" in place of the attribute; "empty", while there is no task; the default one for buttons below all.
// Properties: state (a job's state, to draw without a src), nameOf(task) -> what a task is called, max (rows, 500),
// words (what the figures are called).
// Parts: job, label, status, percent, bar, fill, figures, message, tasks, task. The host has data-state: queued,
// running, asking, complete, error, cancelled, lost.

import { FanfareElement, define, make, setText } from './element_base.js';
import { drawTask, makeBar, setBar, taskRow, tasksInOrder } from './element_bars.js';
import * as figures from './element_figures.js';

const SENTENCE_MS = 2000;  // between two sentences: an announcement must not cut off the last one
const MAX_ROWS = 500;
const FIGURE_WORDS = { amount: 'Done', rate: 'Speed', eta: 'Time left', count: 'Tasks' };
const NO_FIGURE = '\u2013';

const PROGRESS_CSS = `
:host { display: grid; gap: 1.25rem; }
.job { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .75rem 1.25rem; align-items: center; }
.job > :not(.title, .number), ::slotted(:not([slot])) { grid-column: 1 / -1; }
.title { display: flex; flex-wrap: wrap; gap: .375rem .75rem; align-items: center; }
.label { font-size: 1.125rem; line-height: 1.3; font-weight: 650; }
.pill, .word { font-size: .8125rem; font-weight: 600; white-space: nowrap; color: var(--_quiet); }
.pill { padding: .125rem .625rem; border-radius: 99px; background: var(--_calm-ground); color: var(--fanfare-text, inherit); }
.number { font-size: 2.75rem; line-height: 1; font-weight: 680; letter-spacing: -.03em; }
.number small { font-size: .5em; font-weight: 600; color: var(--_quiet); margin-left: .0625em; letter-spacing: 0; }
.bar { position: relative; height: var(--fanfare-bar-height, .5rem); border-radius: 99px; background: var(--_track); overflow: hidden; --_fill: var(--_accent); }
.job > .bar { height: var(--fanfare-job-bar-height, .875rem); }
.bar i { position: absolute; inset: 0; border-radius: inherit; background: var(--_fill); transform: translateX(calc((var(--_value, 0) - 1) * 100%)); transition: transform .25s linear; }
.bar:dir(rtl) i { transform: translateX(calc((1 - var(--_value, 0)) * 100%)); }
.bar:not([aria-valuenow]) i { transform: none; width: 30%; animation: sweep 1.6s ease-in-out infinite; }
@keyframes sweep { from { left: -30%; } to { left: 100%; } }
[data-state=complete] { --_word: var(--_good); --_pill: var(--_good-ground); }
[data-state=error] { --_word: var(--_bad); --_pill: var(--_bad-ground); }
[data-state=asking], [data-state=lost] { --_word: var(--_warn); --_pill: var(--_warn-ground); }
[data-state=complete] > .bar { --_fill: var(--_good); }
[data-state=error] > .bar { --_fill: var(--_bad); }
:is([data-state=cancelled], [data-state=lost]) > .bar { --_fill: var(--_quiet); }
[data-state=waiting] .bar:not([aria-valuenow]) i { display: none; }
.pill { background: var(--_pill, var(--_calm-ground)); color: var(--_word, var(--fanfare-text, inherit)); }
.word { color: var(--_word, var(--_quiet)); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem 1rem; }
.figures:not(:has(> :not([hidden]))) { display: none; }
.figures dt { font-size: .8125rem; color: var(--_quiet); }
.figures dd { font-weight: 600; }
.message { font-size: .875rem; color: var(--_quiet); white-space: pre-line; }
[data-state=error] > .message { color: var(--_bad); }
.tasks { display: grid; }
.task { padding: .8125rem 0; padding-inline-start: calc(var(--_depth, 0) * 1.25rem); display: grid; gap: .375rem; border-top: 1px solid var(--_line); }
.task:first-child { border-top: 0; padding-top: 0; }
.task:last-child { padding-bottom: 0; }
.line { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
.name { font-weight: 600; font-size: .9375rem; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.meta { display: flex; flex-wrap: wrap; gap: 0 1.25rem; font-size: .8125rem; color: var(--_quiet); }
.meta .left { margin-inline-start: auto; }
.meta span:empty { display: none; }
.meta:not(:has(span:not(:empty))) { display: none; }
::slotted([slot=empty]) { color: var(--_quiet); font-size: .8125rem; }
.more { font-size: .8125rem; color: var(--_quiet); padding-top: .8125rem; }
/* While the connection is lost, bars lose their colour and what is only true at the moment is not shown. */
:host([data-stale]) :is([data-state=running], [data-state=asking]) > .bar { --_fill: var(--_quiet); }
:host([data-stale]) :is(.speed, .left) { visibility: hidden; }
:host([data-stale]) .bar i { animation-play-state: paused; }
@media (prefers-reduced-motion: reduce) { .bar:not([aria-valuenow]) i { width: 100%; opacity: .4; } }
@media (forced-colors: active) {
  .bar { border: 1px solid CanvasText; forced-color-adjust: none; background: Canvas; }
  .bar i { background: Highlight; }
}`;

export class FanfareProgress extends FanfareElement {
  static css = PROGRESS_CSS;
  static observedAttributes = [...FanfareElement.observedAttributes, 'label', 'show', 'status'];

  /** What a task is called. */
  nameOf = (task) => task.label || task.task;
  /** The most rows: who shows thousands of bars shows none. */
  max = MAX_ROWS;
  /** What the figures are called. */
  words = {};

  #rows = new Map(); // task id -> {element, drawn}
  #told = null;      // the state that was last told in words
  #speaking = null;
  #parts;

  constructor() {
    super();
    this.#parts = this.#build();
  }

  #build() {
    const figure = (name) => make('div', { hidden: '' }, make('dt', {}, FIGURE_WORDS[name]), make('dd', { part: name }));
    const parts = {
      label: make('span', {}),
      status: make('p', { class: 'pill', part: 'status' }),
      percent: make('p', { class: 'number', part: 'percent', 'aria-hidden': 'true' }, '0', make('small', {}, '%')),
      bar: makeBar(),
      amount: figure('amount'),
      rate: figure('rate'),
      eta: figure('eta'),
      count: figure('count'),
      tasks: make('ul', { class: 'tasks', part: 'tasks', role: 'list' }),
      message: make('p', { class: 'message', part: 'message' }),
      more: make('p', { class: 'more', hidden: '' }),
      live: make('p', { class: 'unseen', role: 'status' }),
    };
    parts.figures = make('dl', { class: 'figures', part: 'figures' }, parts.amount, parts.rate, parts.eta, parts.count);
    parts.job = make('div', { class: 'job', part: 'job' },
      make('div', { class: 'title' }, make('div', { class: 'label', part: 'label' }, make('slot', { name: 'label' }, parts.label)), parts.status),
      parts.percent, parts.bar, parts.figures, parts.message, make('slot', {}));
    parts.empty = make('slot', { name: 'empty', hidden: '' });
    parts.list = make('div', {}, parts.tasks, parts.more, parts.empty);
    this.shadowRoot.append(parts.job, parts.list, parts.live);
    return parts;
  }

  shows(what) {
    const wanted = this.getAttribute('show');
    return !wanted || wanted.split(/\s+/).includes(what);
  }

  draw() {
    const { state } = this;
    const parts = this.#parts;
    parts.job.hidden = !this.shows('job');
    const listed = this.shows('tasks');
    parts.list.hidden = !listed || (!state?.tasks.length && !this.querySelector('[slot=empty]'));
    this.toggleAttribute('data-stale', this.stale);
    parts.empty.hidden = Boolean(state?.tasks.length);
    if (state === null) return this.#blank();
    const over = figures.ended(state) || this.lost;
    this.dataset.state = figures.jobHeadline(state, this.lost).key;
    if (!parts.job.hidden) this.#drawJob(state, over);
    if (listed) this.#drawTasks(state, over);
    if (!parts.job.hidden) this.#tell(state);
  }

  #blank() {
    const parts = this.#parts;
    this.dataset.state = parts.job.dataset.state = this.lost ? 'lost' : 'queued';
    setText(parts.label, this.#label(null));
    setText(parts.status, this.lost ? 'Lost' : this.hasSource ? 'Connecting' : 'Queued');
    parts.percent.firstChild.data = '0';
    parts.percent.hidden = true;
    setBar(parts.bar, this.hasSource && !this.lost ? null : 0, '');
    parts.bar.setAttribute('aria-label', parts.label.textContent);
    for (const name of Object.keys(FIGURE_WORDS)) parts[name].hidden = true;
    parts.message.hidden = true;
    for (const { element } of this.#rows.values()) element.remove();
    this.#rows.clear();
    this.#told = null;
  }

  #label(state) {
    return this.getAttribute('label') || state?.job || this.topic || 'Progress';
  }

  #drawJob(state, over) {
    const parts = this.#parts;
    const sum = figures.taskSums(state.tasks);
    const headline = figures.jobHeadline(state, this.lost);
    const { key } = headline;
    const word = (!over && this.getAttribute('status')) || headline.word;
    const share = figures.jobPercent(state, sum);
    const shown = share === null && over ? 0 : share;
    parts.job.dataset.state = key;
    const words = { ...FIGURE_WORDS, ...this.words };
    for (const name of Object.keys(FIGURE_WORDS)) setText(parts[name].firstChild, words[name]);
    setText(parts.label, this.#label(state));
    setText(parts.status, word);
    parts.percent.hidden = shown === null;
    parts.percent.firstChild.data = String(Math.floor(shown ?? 0));
    setBar(parts.bar, shown, [figures.percent(shown ?? NaN), word].filter(Boolean).join(', '));
    parts.bar.setAttribute('aria-label', this.querySelector('[slot=label]')?.textContent.trim() || parts.label.textContent);
    setFigure(parts.amount, sum.current === null ? '' : figures.amount(sum.current, sum.total, sum.unit));
    const now = (text) => (text && this.stale ? NO_FIGURE : text || (sum.count > 0 ? NO_FIGURE : ''));
    setFigure(parts.rate, over || sum.count === 0 ? '' : now(figures.rate(sum.rate ?? NaN, sum.unit)));
    setFigure(parts.eta, over ? '' : now(figures.duration(state.eta ?? sum.eta ?? NaN)));
    setFigure(parts.count, sum.count === 0 ? '' : `${sum.complete} of ${sum.count}${sum.failed > 0 ? `, ${sum.failed} failed` : ''}`);
    const message = state.status === 'error' ? state.error || state.message || 'The job failed; the server gave no reason.' : state.message;
    // "cancelled" below a word that says so would be said twice.
    setText(parts.message, key === 'cancelled' ? '' : message ?? '');
    parts.message.hidden = parts.message.textContent === '';
  }

  #drawTasks(state, over) {
    const tasks = tasksInOrder(state.tasks);
    const shown = tasks.slice(0, this.max);
    const seen = new Set();
    for (const { task, depth } of shown) {
      seen.add(task.task);
      let row = this.#rows.get(task.task);
      if (!row) this.#rows.set(task.task, row = { element: taskRow(), drawn: '' });
      // Drawn anew only when there is something new: most tasks of a large job stand still.
      const name = this.nameOf(task);
      const drawn = JSON.stringify([task, name, over, depth]);
      if (row.drawn !== drawn) drawTask(row.element, task, { name, over, depth });
      row.drawn = drawn;
    }
    for (const [id, row] of this.#rows) {
      if (seen.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    let at = this.#parts.tasks.firstChild;
    for (const { task } of shown) {
      const { element } = this.#rows.get(task.task);
      if (element === at) at = at.nextSibling;
      else this.#parts.tasks.insertBefore(element, at);
    }
    this.#parts.more.hidden = tasks.length === shown.length;
    setText(this.#parts.more, `and ${tasks.length - shown.length} more`);
  }

  // Polite and not chatty: what changed is said when the last sentences had their time, in one go.
  #tell(state) {
    const before = this.#told?.job === state.job ? this.#told : null;
    if (before !== null && this.#speaking !== null) return;
    this.#told = state;
    const said = before === null ? [] : figures.news(before, state, this.nameOf);
    if (said.length === 0) return;
    this.#parts.live.textContent = said.join(' ');
    this.#speaking = setTimeout(() => {
      this.#speaking = null;
      if (this.state !== null) this.#tell(this.state);
    }, SENTENCE_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#speaking);
    this.#speaking = null;
  }
}

function setFigure(box, text) {
  box.hidden = text === '';
  setText(box.lastChild, text);
}

define('fanfare-progress', FanfareProgress);
