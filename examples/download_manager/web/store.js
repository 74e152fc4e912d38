// The state of one job, as its watcher knows it: a pure reduction of the events of the job's stream.
// No DOM, no clock, no network; a state is never changed in place, so two states can be compared with ===.

export const MAX_LOG_LINES = 500;

/** A job of which nothing has been heard yet. `seq` is the last event applied: what `?since=` asks from. */
export function empty() {
  return {
    seq: null,
    loaded: false,
    done: false,
    status: 'queued',
    stage: '',
    message: '',
    error: '',
    percent: 0,
    tasks: [],
    prompts: [],
    resolved: null,
    log: [],
  };
}

/**
 * The state after `event`, which is the JSON object of one message. Returns the same state when the event
 * changes nothing: it was seen before, it is of an unknown type, or it is no event at all.
 */
export function apply(state, event) {
  if (!isObject(event) || typeof event.type !== 'string') return state;
  // After a reset the old numbers mean nothing: the snapshot that follows starts a new count.
  if (event.type === 'reset') return { ...state, seq: null };
  if (event.type === 'snapshot') return fromSnapshot(event);

  const numbered = Number.isSafeInteger(event.seq);
  if (numbered && state.seq !== null && event.seq <= state.seq) return state;

  const next = change(state, event);
  return numbered ? { ...next, seq: event.seq } : next;
}

/** Sums over the files: what the line under the job's bar says. Null: not known. */
export function totals(state) {
  const sum = { files: state.tasks.length, complete: 0, failed: 0, current: 0, total: null, rate: null, eta: null };
  let total = 0;
  let sized = state.tasks.length > 0;
  for (const task of state.tasks) {
    if (task.status === 'error') {
      sum.failed += 1;
      continue;  // its bytes will not come: they belong neither to what is here nor to what is awaited
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

/** How far a file is, 0 to 100. Null: its size is not known. */
export function taskPercent(task) {
  if (task.status === 'complete') return 100;
  return task.total > 0 ? clampPercent((100 * task.current) / task.total, 0) : null;
}

function change(state, event) {
  switch (event.type) {
    case 'status':
      return {
        ...state,
        status: text(event.status, state.status),
        stage: text(event.stage, state.stage),
        message: text(event.message, state.message),
        percent: clampPercent(event.percent, state.percent),
      };
    case 'register':
      return isKey(event.task) ? { ...state, tasks: put(state.tasks, toTask(event)) } : state;
    case 'progress':
      return withTask(state, event, (task) => ({
        current: amount(event.current, task.current),
        total: amount(event.total, task.total),
        rate: figure(event.rate),
        eta: figure(event.eta),
        message: text(event.message, task.message),
      }));
    case 'finish':
      return withTask(state, event, (task) => ({
        current: amount(event.current, task.current),
        total: amount(event.total, task.total),
        status: event.status === 'error' ? 'error' : 'complete',
        message: text(event.message, ''),
        rate: null,
        eta: null,
      }));
    case 'log':
      return { ...state, log: [...state.log, toLine(event)].slice(-MAX_LOG_LINES) };
    case 'done':
      return {
        ...state,
        done: true,
        status: event.status === 'error' ? 'error' : 'complete',
        message: text(event.message, ''),
        error: event.status === 'error' ? text(event.message, '') : '',
        percent: clampPercent(event.percent, state.percent),
        prompts: [],
      };
    default:
      return question(state, event);
  }
}

// A question's type is the host's own ("duplicate" here): it is known by what it carries.
function question(state, event) {
  if (!isKey(event.prompt)) return state;
  if (event.type.endsWith('-resolved')) {
    return {
      ...state,
      prompts: state.prompts.filter((open) => open.prompt !== event.prompt),
      resolved: { prompt: event.prompt, answer: text(event.answer, ''), by: text(event.by, '') },
    };
  }
  const asked = toPrompt(event);
  if (asked === null) return state;
  return { ...state, prompts: [...state.prompts.filter((open) => open.prompt !== asked.prompt), asked] };
}

function fromSnapshot(event) {
  const state = empty();
  state.loaded = true;
  state.status = text(event.status, 'queued');
  state.done = state.status === 'complete' || state.status === 'error';
  state.stage = text(event.stage, '');
  state.message = text(event.message, '');
  state.error = text(event.error, '');
  state.percent = clampPercent(event.percent, 0);
  state.tasks = list(event.tasks).filter((raw) => isKey(raw.task)).map(toTask);
  state.prompts = list(event.prompts).map(toPrompt).filter((prompt) => prompt !== null);
  state.log = list(event.log).map(toLine).slice(-MAX_LOG_LINES);
  return state;
}

function withTask(state, event, fields) {
  if (!isKey(event.task)) return state;
  const known = state.tasks.find((task) => task.id === event.task);
  // Its "register" may have been skipped for a slow reader.
  const task = known ?? toTask({ task: event.task });
  const late = task.status !== 'running' && event.type === 'progress';
  return {
    ...state,
    tasks: late ? state.tasks : put(state.tasks, { ...task, ...fields(task) }),
    percent: clampPercent(event.percent, state.percent),
  };
}

function put(tasks, task) {
  const at = tasks.findIndex((other) => other.id === task.id);
  if (at < 0) return [...tasks, task];
  const copy = tasks.slice();
  copy[at] = task;
  return copy;
}

function toTask(raw) {
  const status = raw.status === 'complete' || raw.status === 'error' ? raw.status : 'running';
  return {
    id: raw.task,
    parent: text(raw.parent, ''),
    label: text(raw.label, '') || raw.task,
    unit: text(raw.unit, ''),
    current: amount(raw.current, 0),
    total: amount(raw.total, 0),
    rate: status === 'running' ? figure(raw.rate) : null,
    eta: status === 'running' ? figure(raw.eta) : null,
    status,
    message: text(raw.message, ''),
  };
}

function toPrompt(raw) {
  if (!isKey(raw.prompt) || !Array.isArray(raw.choices)) return null;
  return {
    prompt: raw.prompt,
    type: text(raw.type, ''),
    choices: raw.choices.filter((choice) => typeof choice === 'string'),
    otherwise: text(raw.otherwise, ''),
    question: isObject(raw.question) ? raw.question : {},
  };
}

function toLine(raw) {
  return { level: text(raw.level, 'info'), message: text(raw.message, ''), time: amount(raw.time, 0) };
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKey(value) {
  return typeof value === 'string' && value !== '';
}

function list(value) {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(value, otherwise) {
  return typeof value === 'string' ? value : otherwise;
}

function amount(value, otherwise) {
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

function figure(value) {
  return Number.isFinite(value) && value >= 0 ? value : null;
}

function clampPercent(value, otherwise) {
  return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : otherwise;
}
