// JobStore: the state of one job, as its snapshot says and its events make of it. No DOM, no network; the clock only
// for how long the job will take.

import { isRecord } from './envelope.js';
import { amountOr, clampPercent, figureOf, isKey, records, textOr, toLine, toPrompt, toTask } from './job_fields.js';
import { report } from './delivery.js';
import { Pace } from './pace.js';

const STATUSES = ['queued', 'running', 'complete', 'error'];
const JOB_EVENTS = new Set(['status', 'register', 'progress', 'finish', 'log', 'done']);

function emptyJob() {
  return {
    job: '', loaded: false, done: false, status: 'queued', percent: 0, message: '', stage: '', error: '', eta: null,
    tasks: [], prompts: [], log: [], resolved: null, gone: false, skipped: 0,
  };
}

export class JobStore {
  #limits;
  #state = emptyJob();  // what was shown last, never changed
  #next = null;         // its successor as far as it has come, or null: nothing has changed since
  #tasks = new Map();   // by id, in the order of their registration
  #log = [];
  #tasksChanged = false;
  #logChanged = false;
  #pace = new Pace();
  #watchers = new Set();

  constructor({ maxLogLines = 500, maxTasks = 100000, maxPrompts = 1000 } = {}) {
    this.#limits = { maxLogLines, maxTasks, maxPrompts };
  }

  // Tasks and lines are copied when somebody looks, not for each event: a burst costs one copy.
  get state() {
    if (this.#next === null) return this.#state;
    if (this.#tasksChanged) this.#next.tasks = [...this.#tasks.values()];
    if (this.#logChanged) this.#next.log = this.#log.slice();
    this.#tasksChanged = this.#logChanged = false;
    this.#state = this.#next;
    this.#next = null;
    return this.#state;
  }

  snapshot = () => this.state;

  subscribe = (changed) => {
    const watcher = { changed };
    this.#watchers.add(watcher);
    return () => { this.#watchers.delete(watcher); };
  };

  apply(event) {
    if (!isRecord(event) || !isRecord(event.data) || !this.#change(event.type, event.data)) return false;
    for (const { changed } of [...this.#watchers]) {
      try {
        changed();
      } catch (error) {
        report(error);
      }
    }
    return true;
  }

  save() { return this.state; }

  load(saved) {
    if (!isRecord(saved) || !Array.isArray(saved.tasks)) return false;
    const { gone, skipped, resolved } = saved;
    return this.apply({ type: 'snapshot', data: saved }) &&
      this.#set({ loaded: saved.loaded === true, gone: gone === true, skipped: amountOr(skipped, 0), resolved: resolved ?? null });
  }

  // The successor shares what does not change.
  #set(fields) {
    this.#next = Object.assign(this.#next ?? { ...this.#state }, fields);
    return true;
  }

  #known() { return this.#next ?? this.#state; }

  #change(type, data) {
    if (type === 'snapshot') return this.#replace(data);
    if (type === 'skipped') return this.#set({ skipped: this.#known().skipped + amountOr(data.count, 0) });
    if (type === 'gone') return this.#set({ gone: true });
    if (!JOB_EVENTS.has(type)) return this.#question(type, data);
    const changed = this.#part(type, data);
    return changed && this.#set({ loaded: true, gone: false });
  }

  #part(type, data) {
    switch (type) {
      case 'status': return this.#status(data);
      case 'register': return isKey(data.task) && this.#put(toTask(data));
      case 'progress': return this.#progress(data);
      case 'finish': return this.#finish(data);
      case 'log': return this.#line(data);
      default: return this.#done(data);
    }
  }

  #replace(data) {
    const { maxTasks, maxPrompts, maxLogLines } = this.#limits;
    const status = STATUSES.includes(data.status) ? data.status : 'queued';
    this.#tasks = new Map();
    for (const raw of records(data.tasks)) {
      if (isKey(raw.task) && this.#tasks.size < maxTasks) this.#tasks.set(raw.task, toTask(raw));
    }
    this.#log = records(data.log).slice(-maxLogLines).map(toLine);
    this.#tasksChanged = this.#logChanged = true;
    this.#pace = new Pace();
    return this.#set({
      job: textOr(data.job, ''),
      loaded: true,
      done: status === 'complete' || status === 'error',
      status,
      percent: clampPercent(data.percent, 0),
      message: textOr(data.message, ''),
      stage: textOr(data.stage, ''),
      error: textOr(data.error, ''),
      eta: figureOf(data.eta),
      prompts: records(data.prompts).map((raw) => toPrompt(raw, raw.type)).filter((prompt) => prompt !== null).slice(0, maxPrompts),
      gone: false,
    });
  }

  #status(data) {
    const known = this.#known();
    const status = STATUSES.includes(data.status) ? data.status : known.status;
    this.#set({ status, stage: textOr(data.stage, known.stage), message: textOr(data.message, known.message) });
    return this.#percent(data.percent);
  }

  #percent(value) {
    const known = this.#known();
    const now = clampPercent(value, known.percent);
    const over = known.status === 'complete' || known.status === 'error';
    return this.#set({ percent: now, eta: over ? null : this.#pace.secondsFrom(now, Date.now()) ?? known.eta });
  }

  #put(task) {
    if (!this.#tasks.has(task.task) && this.#tasks.size >= this.#limits.maxTasks) return false;
    this.#tasks.set(task.task, task);
    this.#tasksChanged = true;
    return true;
  }

  #progress(data) {
    if (!isKey(data.task)) return false;
    // Its registration may have been skipped for a slow reader; but one that has ended stays so.
    const task = this.#tasks.get(data.task) ?? toTask({ task: data.task });
    if (task.status === 'running') {
      this.#put({
        ...task,
        current: amountOr(data.current, task.current),
        total: amountOr(data.total, task.total),
        rate: figureOf(data.rate),
        eta: figureOf(data.eta),
        message: textOr(data.message, task.message),
      });
    }
    return this.#percent(data.percent);
  }

  #finish(data) {
    if (!isKey(data.task)) return false;
    const task = this.#tasks.get(data.task) ?? toTask({ task: data.task });
    this.#put({
      ...task,
      current: amountOr(data.current, task.current),
      total: amountOr(data.total, task.total),
      status: data.status === 'error' ? 'error' : 'complete',
      message: textOr(data.message, ''),
      rate: null,
      eta: null,
    });
    return this.#percent(data.percent);
  }

  #line(data) {
    this.#log.push(toLine(data));
    if (this.#log.length > this.#limits.maxLogLines) this.#log.splice(0, this.#log.length - this.#limits.maxLogLines);
    this.#logChanged = true;
    return this.#set({});
  }

  #done(data) {
    const status = data.status === 'error' ? 'error' : 'complete';
    const message = textOr(data.message, '');
    return this.#set({
      done: true,
      status,
      message,
      error: status === 'error' ? message : '',
      percent: clampPercent(data.percent, this.#known().percent),
      eta: null,
      prompts: [],
    });
  }

  // A question's type is the host's own: it is known by what it carries.
  #question(type, data) {
    if (typeof type !== 'string' || !isKey(data.prompt)) return false;
    const others = this.#known().prompts.filter((open) => open.prompt !== data.prompt);
    if (type.endsWith('-resolved')) {
      return this.#set({ prompts: others, resolved: { prompt: data.prompt, answer: textOr(data.answer, ''), by: textOr(data.by, '') } });
    }
    const asked = toPrompt(data, type);
    if (asked === null || others.length >= this.#limits.maxPrompts) return false;
    return this.#set({ prompts: [...others, asked] });
  }
}

export function jobStore(options) {
  return new JobStore(options);
}
