// The program's HTTP API.

import { call, post } from './http.js';

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
  const body = await call('/api/downloads');
  return Array.isArray(body?.jobs) ? body.jobs : [];
}

/** The URL of a job's stream. */
export function streamUrl(jobId) {
  return `/api/download/progress?${new URLSearchParams({ id: jobId })}`;
}
