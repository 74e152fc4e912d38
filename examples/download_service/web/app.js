// The page: joins the form, the watched job's stream, and what is shown of it. The job's id is the URL's fragment, so a
// reload, a bookmark or another device goes on watching.

import { Source } from './fanfare/fanfare.js';
import { post } from './http.js';
import { byId, complain, jobInUrl } from './page.js';
import { StatusStore } from './status_store.js';

const PING_MS = 15000;
const TRANSPORTS = { websocket: 'WebSocket', poll: 'polling' };
let watched = null;  // {id, source, store}
let pinging = null;

async function start(event) {
  event.preventDefault();
  complain('start-problem');
  byId('start-button').disabled = true;
  try {
    const { jobId } = await post('/api/download', { bytes: Number(byId('size').value) });
    location.hash = encodeURIComponent(jobId);
  } catch (failure) {
    complain('start-problem', failure.message);
  }
  byId('start-button').disabled = false;
}

async function cancel() {
  try {
    await post(`/api/download/${encodeURIComponent(watched.id)}/cancel`, {});
  } catch (failure) {
    complain('problem', failure.message);
  }
}

function watch(id) {
  clearInterval(pinging);
  watched?.source.close();
  watched = null;
  byId('blank').hidden = id !== '';
  byId('job').hidden = id === '';
  complain('problem');
  if (id !== '') {
    const store = new StatusStore();
    const source = new Source(`/ws/download/${encodeURIComponent(id)}`, {
      transports: ['websocket', 'poll'],
      store: () => store,
      // Contract: 1, 2, 4, 8, 16 s. Without this line the waits are drawn from 0 to those, which spares a server a crowd.
      random: () => 1,
    });
    const job = { id, source, store };
    const current = (action) => (given) => job === watched && action(given);  // an older job is none of the page's business
    source.listen({ event: current(draw), link: current(moved) });
    watched = job;
    byId('job-title').textContent = id;
    byId('round-trip').textContent = 'not known yet';
    draw();
  }
  byId('connection').source = byId('progress').source = watched?.source ?? null;
}

function moved({ phase, transport, reason }) {
  clearInterval(pinging);
  if (transport) byId('transport').textContent = TRANSPORTS[transport];
  byId('retry').hidden = phase === 'closed' || (phase !== 'reconnecting' && transport !== 'poll');
  if (reason === 'unknown' || reason === 'expired') {
    complain('problem', 'The server does not know this job. It was restarted since, or the job ended long ago.');
    byId('cancel').hidden = true;
  }
  if (phase !== 'connected' || transport !== 'websocket') return;
  ping();
  pinging = setInterval(ping, PING_MS);
}

// No job knows this command. That the server says so shows how far away it is.
async function ping() {
  const { id, source } = watched;
  const asked = performance.now();
  const answer = await source.connection?.send({ type: 'command', topic: id, name: 'ping' }).catch((error) => error);
  if (answer?.code === 'unavailable' || watched?.source !== source) return;
  byId('round-trip').textContent = `${(performance.now() - asked).toFixed(1)} ms`;
}

function draw() {
  const { state, status, updates } = watched.store;
  byId('updates').textContent = updates;
  byId('result').hidden = !status?.downloadUrl;
  if (status?.downloadUrl) byId('result').href = status.downloadUrl;
  byId('cancel').hidden = state.done;
  drawStages(state, status?.stage);
  const now = state.done ? status.status : `${Math.floor(state.percent)}%`;
  document.title = `${now} \u2013 fanfare download service`;
}

function drawStages(state, stage) {
  const items = [...byId('stages').children];
  let at = items.findIndex((item) => item.dataset.stage === stage);
  if (state.status === 'complete') at = items.length;
  // A job that failed stays where it was.
  if (state.status === 'error') at = items.findIndex((item) => item.classList.contains('now'));
  items.forEach((item, i) => {
    item.classList.toggle('reached', i < at);
    item.classList.toggle('now', i === at);
  });
}

byId('start-form').addEventListener('submit', start);
byId('cancel').addEventListener('click', cancel);
byId('retry').addEventListener('click', () => watch(watched.id));
addEventListener('hashchange', () => watch(jobInUrl()));

watch(jobInUrl());
