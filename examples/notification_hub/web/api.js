// The hub's HTTP API. Every call resolves, or throws an Error whose message can be shown as it is; its `status` is that
// of the answer.

const TIMEOUT_MS = 15000;

// ?session=NAME in the page's own address, so that two tabs of one browser can be two sessions.
const asked = new URLSearchParams(location.search).get('session');

/** -> {session, login, heartbeat} */
export function whoAmI() {
  return call(withSession('/session', []));
}

/** The stream's URL for these types. */
export function eventsUrl(types) {
  return withSession('/events', [['subscribe', types.join(',')]]);
}

export function status() {
  return call(withSession('/events/status', []));
}

export function broadcast(body) {
  return post('/events/broadcast', body);
}

export function signIn(user, password) {
  return post('/login', { user, password });
}

export function signOut() {
  return post('/logout', {});
}

function withSession(path, query) {
  if (asked) query.push(['session', asked]);
  return query.length > 0 ? `${path}?${new URLSearchParams(query)}` : path;
}

function post(path, body) {
  return call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

async function call(path, init = {}) {
  let response;
  try {
    response = await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Error('The server cannot be reached. Is it still running?');
  }
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const error = new Error(body?.error || `The server answered ${response.status}.`);
  error.status = response.status;
  throw error;
}
