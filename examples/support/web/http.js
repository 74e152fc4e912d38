// Calls of an HTTP API that speaks JSON. Each resolves, to null without an answer's body (204), or throws an Error whose
// message can be shown as it is; its `status` is that of the answer.

const TIMEOUT_MS = 15000;

export async function call(path, init = {}) {
  let response;
  try {
    response = await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Error('The server cannot be reached. Is it still running?');
  }
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const error = new Error(body?.error || (response.ok ? 'The server gave an answer that this page does not understand.' : `The server answered ${response.status}.`));
  error.status = response.status;
  throw error;
}

export function post(path, body) {
  return call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}
