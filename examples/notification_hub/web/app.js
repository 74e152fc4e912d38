// The page: joins the link, the views, the forms, and signing in.

import * as api from './api.js';
import { Link } from './link.js';
import { statusTable } from './status_table.js';
import { logView, operationsView, toastsView } from './views.js';

const EXAMPLES = {
  system: { level: 'info', message: 'Hello from the test page' },
  summary_progress: { operation_id: 'mine', status: 'processing', message: 'Summarising my list', progress: 2, total: 5, current_video: 'The third one' },
  summary_complete: { operation_id: 'mine', status: 'complete', message: 'My list is ready' },
};
const PHASES = { idle: 'Disconnected', connecting: 'Connecting', connected: 'Connected', reconnecting: 'Reconnecting', polling: 'Polling', refused: 'Refused' };
const TRANSPORTS = { connected: 'event stream', polling: 'long polls' };

const byId = (id) => document.getElementById(id);
const operations = operationsView();
const log = logView();
const toasts = toastsView();
const status = statusTable({ load: api.status, ownId: () => connectionId });

let link = null;
let wanted = true;  // until the user disconnects
let connectionId = '';

function filter() {
  return [...byId('filter').querySelectorAll('input:checked')].map((box) => box.value);
}

function heard(event) {
  log.add(event);
  const { type, data } = event;
  if (data === null) return;
  switch (type) {
    case 'connected':
      connectionId = data.connection_id;
      byId('connection-id').textContent = connectionId;
      status.start();
      break;
    case 'snapshot':
      operations.replace(filter().includes('summary_progress') ? data.operations : []);
      break;
    case 'summary_progress':
      operations.progress(data);
      break;
    case 'summary_complete':
      operations.complete(data);
      toasts.show(data.status === 'error' ? 'error' : 'good', 'Summary complete', data.message ?? '');
      break;
    case 'system':
      toasts.show(data.level, `System ${data.level}`, data.message ?? '');
      break;
  }
}

function moved(phase) {
  const name = phase.phase;
  const box = byId('connection');
  if (box.dataset.phase !== name) byId('announcer').textContent = `${PHASES[name]}.`;
  box.dataset.phase = name;
  byId('connection-text').textContent = name === 'reconnecting' ? `Reconnecting in ${phase.waitMs / 1000} s` : PHASES[name];
  byId('transport').hidden = !TRANSPORTS[name];
  byId('transport').textContent = TRANSPORTS[name] ?? '';
  const open = name !== 'idle' && name !== 'refused';
  byId('connect').disabled = open && name !== 'polling' && name !== 'reconnecting';
  byId('disconnect').disabled = !open;
  if (!TRANSPORTS[name]) {
    connectionId = '';
    byId('connection-id').textContent = 'none';
  }
  complain('stream-problem', phase.detail);
  if (phase.status === 401) start();
}

function complain(id, text) {
  byId(id).textContent = text ?? '';
  byId(id).hidden = !text;
}

/** Opens the stream anew, with the filter as it is, unless the user does not want one. */
function connect() {
  if (!link || !wanted) return;
  if (filter().length > 0) return link.open();
  link.close();
  complain('stream-problem', 'Choose at least one type.');
}

function want(stream) {
  wanted = stream;
  if (wanted) connect();
  else link.close();
}

async function send(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  complain('broadcast-problem');
  byId('broadcast-said').textContent = '';
  try {
    const body = { event_type: form.get('event_type'), data: JSON.parse(form.get('data')) };
    for (const name of ['session_filter', 'subscription_filter']) if (form.get(name)) body[name] = form.get(name);
    await api.broadcast(body);
    byId('broadcast-said').textContent = 'Sent.';
  } catch (failure) {
    complain('broadcast-problem', failure instanceof SyntaxError ? `The data is not JSON: ${failure.message}` : failure.message);
  }
}

async function signIn(event) {
  event.preventDefault();
  complain('login-problem');
  try {
    await api.signIn(byId('user').value, byId('password').value);
    byId('password').value = '';
    await start();
  } catch (failure) {
    complain('login-problem', failure.message);
  }
}

async function signOut() {
  link.close();
  await api.signOut().catch(() => {});
  start();
}

/** Shows the hub and connects, or asks to sign in. */
async function start() {
  let me = null;
  let problem = null;
  try {
    me = await api.whoAmI();
  } catch (failure) {
    problem = failure;
  }
  const signedOut = problem?.status === 401;
  byId('login').hidden = !signedOut;
  byId('hub').hidden = signedOut;
  if (signedOut) {
    status.stop();
    return byId('user').focus();
  }
  if (problem) return complain('stream-problem', problem.message);
  byId('session').textContent = me.session;
  byId('logout').hidden = !me.login;
  link?.close();
  // A ping comes after each quiet interval, so two and a half without anything means that the stream is dead.
  link = new Link({ makeUrl: () => api.eventsUrl(filter()), onEvent: heard, onPhase: moved, quietMs: me.heartbeat * 2500 });
  want(true);
  status.start();
}

for (const type of Object.keys(EXAMPLES)) byId('event-type').add(new Option(type));
byId('subscription-filter').add(new Option('anything', ''));
for (const type of Object.keys(EXAMPLES)) byId('subscription-filter').add(new Option(type));
const example = () => { byId('data').value = JSON.stringify(EXAMPLES[byId('event-type').value], null, 2); };
byId('event-type').addEventListener('change', example);
example();

byId('connect').addEventListener('click', () => (link ? want(true) : start()));
byId('disconnect').addEventListener('click', () => want(false));
byId('logout').addEventListener('click', signOut);
byId('login-form').addEventListener('submit', signIn);
byId('broadcast-form').addEventListener('submit', send);
byId('filter').addEventListener('change', connect);
// A page that the browser keeps for "back" must not hold a stream; when it is shown again it goes on.
addEventListener('pagehide', () => link?.close());
addEventListener('pageshow', (event) => {
  if (event.persisted) connect();
});

start();
