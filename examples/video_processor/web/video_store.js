// What the processor tells of a video, as the state that fanfare's elements draw.

const STATUS = { pending: 'queued', processing: 'running', completed: 'complete', failed: 'error' };
const STAGES = { queued: '', probe: 'Looking', transcode: 'Transcoding', store: 'Storing' };

// By the event's type.
const changes = new Map(Object.entries({ status: taken, snapshot: taken, progress, complete, error }));

/** A store for connect(). */
export class VideoStore {
  video = null;  // as the processor says it: the last `status` and what came since
  state = stateOf({}, false);

  apply({ type, data }) {
    if (typeof data !== 'object' || data === null) return false;
    const changed = changes.get(type)?.(data, this.video);
    if (!changed) return false;
    this.video = { ...this.video, ...changed };
    this.state = stateOf(this.video, true);
    return true;
  }

  save() { return this.video; }
  load(saved) { return this.apply({ type: 'status', data: saved }); }
}

/** The state of a video that is still on its way to the server. */
export function uploading(name, sent, total, rate) {
  const eta = rate > 0 ? (total - sent) / rate : null;
  const upload = { task: 'upload', parent: '', label: 'Upload', unit: 'bytes', weight: 1, current: sent, total, rate, eta, status: 'running', message: '' };
  const percent = total > 0 ? (5 * sent) / total : 0;  // the processor goes on from 5
  return { ...stateOf({ status: 'processing', file_name: name, progress: percent, message: 'Sending it' }, true), stage: 'Uploading', eta, tasks: [upload] };
}

function taken(data) {
  return STATUS[data.status] ? data : null;
}

function progress({ stage, progress: percent, message, details }) {
  return { status: 'processing', stage, progress: percent, message, details };
}

function complete({ message, outputs }, video) {
  return { status: 'completed', stage: 'done', progress: 100, message, outputs, details: ended(video, 'complete') };
}

function error({ message }, video) {
  return { status: 'failed', message, error: message, details: ended(video, 'error', message) };
}

// The end says nothing of the tasks: what still ran ended with it.
function ended(video, status, message = '') {
  const tasks = video?.details?.tasks ?? [];
  return { tasks: tasks.map((task) => (task.status === 'running' ? { ...task, status, message, rate: null, eta: null } : task)) };
}

function stateOf({ job_id = '', file_name = '', status = 'pending', stage = 'queued', progress: percent = 0, message = '', error: reason = '', details }, loaded) {
  const tasks = details?.tasks ?? [];
  return {
    job: file_name || job_id, loaded, done: status === 'completed' || status === 'failed', status: STATUS[status], percent,
    message, stage: STAGES[stage] ?? '', error: reason, eta: etaOf(tasks), tasks,
    prompts: [], log: [], resolved: null, gone: false, skipped: 0,
  };
}

// Those that run, run side by side; those that wait are not known to take so long.
function etaOf(tasks) {
  if (tasks.some(({ status, eta }) => status === 'running' && !Number.isFinite(eta))) return null;
  return tasks.reduce((longest, { status, eta }) => (status === 'running' ? Math.max(longest ?? 0, eta) : longest), null);
}
