// The page: joins the stream, the elements, the forms, and signing in.

import { Source } from './fanfare/fanfare.js';
import * as api from './api.js';
import { operationsView } from './operations.js';
import { byId, complain } from './page.js';
import { statusTable } from './status_table.js';

const EXAMPLES = {
  system: { level: 'info', message: 'Hello from the test page' },
  summary_progress: { operation_id: 'mine', status: 'processing', message: 'Summarising my list', progress: 2, total: 5, current_video: 'The third one' },
  summary_complete: { operation_id: 'mine', status: 'complete', message: 'My list is ready' },
};
const TRANSPORTS = { sse: 'event stream', poll: 'long polls' };

const elements = ['connection', 'toasts', 'log'].map(byId);
const operations = operationsView(byId('operations'));
const status = statusTable({ load: api.status, ownId: () => connectionId });

let me = null;      // who this page is to the hub
let source = null;
let position = '';  // the last that was heard, whatever the filter
let wanted = true;  // until the user disconnects
let connectionId = '';
let refusals = 0;   // of the stream, since it last was open

function filter() {
  return [...byId('filter').querySelectorAll('input:checked')].map((box) => box.value);
}

function heard({ type, data }) {
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
      break;
  }
}

byId('toasts').toToast = ({ type, data }) => {
  if (type === 'system') return { tone: data.level, title: `System ${data.level}`, text: data.message ?? '' };
  return { tone: data.status === 'error' ? 'error' : 'good', title: 'Summary complete', text: data.message ?? '' };
};

function moved(link) {
  const connected = link.phase === 'connected';
  if (connected) refusals = 0;
  byId('transport').hidden = !connected;
  byId('transport').textContent = connected ? TRANSPORTS[link.transport] : '';
  const open = link.phase !== 'closed';
  byId('connect').disabled = open && link.transport !== 'poll' && link.phase !== 'reconnecting';
  byId('disconnect').disabled = !open;
  if (!connected) {
    connectionId = '';
    byId('connection-id').textContent = 'none';
  }
  complain('stream-problem', open ? '' : link.detail);
  if (link.status !== 401) return;
  refusals += 1;
  if (refusals === 1) start();
  else askToSignIn(link.detail);  // the hub knows this page, its stream does not: asking on would change nothing
}

function close() {
  position = source?.position || position;
  source?.close();
}

/** Opens the stream anew, with the filter as it is, unless the user does not want one. */
function connect() {
  if (!me || !wanted) return;
  close();
  if (filter().length === 0) return complain('stream-problem', 'Choose at least one type.');
  const mine = new Source(api.eventsUrl(filter()), {
    transports: ['sse', 'poll'],
    since: position,
    heartbeat: me.heartbeat * 1000,
    // Contract: 1, 2, 4, 8, 16 s. Without this line the waits are drawn from 0 to those, which spares a server a crowd.
    random: () => 1,
    store: null,
  });
  source = mine;
  for (const element of elements) element.source = mine;
  mine.listen({
    event: (event) => mine === source && heard(event),
    link: (link) => mine === source && moved(link),
  });
}

function want(stream) {
  wanted = stream;
  if (wanted) connect();
  else close();
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
  close();
  await api.signOut().catch(() => {});
  start();
}

function askToSignIn(reason) {
  close();
  status.stop();
  byId('login').hidden = false;
  byId('hub').hidden = true;
  complain('login-problem', reason);
  byId('user').focus();
}

/** Shows the hub and connects, or asks to sign in. */
async function start() {
  me = null;
  position = '';
  let problem = null;
  try {
    me = await api.whoAmI();
  } catch (failure) {
    problem = failure;
  }
  if (problem?.status === 401) return askToSignIn();
  byId('login').hidden = true;
  byId('hub').hidden = false;
  if (problem) return complain('stream-problem', problem.message);
  byId('session').textContent = me.session;
  byId('logout').hidden = !me.login;
  want(true);
  status.start();
}

for (const type of Object.keys(EXAMPLES)) byId('event-type').add(new Option(type));
byId('subscription-filter').add(new Option('anything', ''));
for (const type of Object.keys(EXAMPLES)) byId('subscription-filter').add(new Option(type));
const example = () => { byId('data').value = JSON.stringify(EXAMPLES[byId('event-type').value], null, 2); };
byId('event-type').addEventListener('change', example);
example();

byId('connect').addEventListener('click', () => (me ? want(true) : start()));
byId('disconnect').addEventListener('click', () => want(false));
byId('logout').addEventListener('click', signOut);
byId('login-form').addEventListener('submit', signIn);
byId('broadcast-form').addEventListener('submit', send);
byId('filter').addEventListener('change', connect);
byId('clear').addEventListener('click', () => byId('log').clear());
byId('show-pings').addEventListener('change', (event) => byId('log').setAttribute('hide', event.target.checked ? '' : 'ping'));

start();
