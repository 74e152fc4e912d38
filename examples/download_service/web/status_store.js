// What the service tells of a job, as the state that fanfare's elements draw.

const STATUS = { queued: 'queued', processing: 'running', completed: 'complete', failed: 'error' };

/** A store for connect(): the state is the last event. */
export class StatusStore {
  updates = 0;
  status = null;  // as the service says it
  state = stateOf({ status: 'queued', progress: 0 }, false);

  apply({ type, data }) {
    if ((type !== 'status' && type !== 'snapshot') || !STATUS[data?.status]) return false;
    this.updates += 1;
    this.status = data;
    this.state = stateOf(data, true);
    return true;
  }

  save() { return this.status; }
  load(saved) { return this.apply({ type: 'snapshot', data: saved }); }
}

function stateOf({ jobId = '', status, progress, message = '', error = '' }, loaded) {
  return {
    job: jobId, loaded, done: status === 'completed' || status === 'failed', status: STATUS[status], percent: progress,
    message: message || (status === 'queued' ? 'Waiting for its turn' : ''), stage: '', error, eta: null,
    tasks: [], prompts: [], log: [], resolved: null, gone: false, skipped: 0,
  };
}
