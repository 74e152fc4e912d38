// The program's HTTP API. Every call resolves, or throws an Error whose message can be shown as it is.

const TIMEOUT_MS = 15000;

/** -> {jobId, status} */
export function start(urls, options) {
  return post('/api/download', { urls, options });
}

export function answer(jobId, promptId, choice) {
  return post('/api/download/duplicate-response', { jobId, promptId, choice });
}

export function cancel(jobId) {
  return post('/api/download/cancel', { jobId });
}

/** -> [{jobId, status}], newest first */
export async function jobs() {
  const body = await call('/api/downloads', {});
  return Array.isArray(body?.jobs) ? body.jobs : [];
}

/** The URL of a job's stream. */
export function streamUrl(jobId) {
  return `/api/download/progress?${new URLSearchParams({ id: jobId })}`;
}

function post(path, body) {
  return call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function call(path, init) {
  let response;
  try {
    response = await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Error('The server cannot be reached. Is it still running?');
  }
  if (response.status === 204) return null;
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Told below: by its status, or as an answer that is no JSON.
  }
  if (!response.ok) throw new Error(body?.error || `The server answered ${response.status} ${response.statusText}`.trim() + '.');
  if (body === null) throw new Error('The server gave an answer that this page does not understand.');
  return body;
}
