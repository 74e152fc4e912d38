// The hub's HTTP API.

import { call, post } from './http.js';

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
