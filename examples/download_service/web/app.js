// The page: joins the form, the watched job's socket, and what is shown of it. The job's id is the URL's fragment, so a
// reload, a bookmark or another device goes on watching.

import { JobSocket } from './socket.js';

const PHASES = {
  idle: 'Idle', connecting: 'Connecting', connected: 'Connected', reconnecting: 'Reconnecting',
  polling: 'Polling', done: 'Done', unknown: 'Unknown job',
};
const byId = (id) => document.getElementById(id);
let watched = null;  // {id, status, phase, socket, updates}

async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(15000),
    });
  } catch {
    throw new Error('The server cannot be reached. Is it still running?');
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error || `The server answered ${response.status}.`);
  return answer;
}

function complain(id, text) {
  byId(id).textContent = text ?? '';
  byId(id).hidden = !text;
}

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
  watched?.socket.close();
  watched = null;
  byId('blank').hidden = id !== '';
  byId('job').hidden = id === '';
  if (id === '') return phaseIs({ phase: 'idle' });
  const job = { id, status: { status: 'queued', progress: 0, stage: '', message: 'Waiting for its turn' }, updates: 0 };
  const now = (action) => (...args) => job === watched && action(...args);  // an older job is none of the page's business
  job.socket = new JobSocket({
    jobId: id,
    onStatus: now((status) => {
      job.status = status;
      job.updates += 1;
      draw();
    }),
    onPhase: now(phaseIs),
    onRoundTrip: now((milliseconds) => { byId('round-trip').textContent = `${milliseconds.toFixed(1)} ms`; }),
  });
  watched = job;
  byId('job-title').textContent = id;
  byId('round-trip').textContent = 'not known yet';
  draw();
  job.socket.open();
}

function phaseIs({ phase, waitMs }) {
  const box = byId('connection');
  if (box.dataset.phase !== phase) byId('announcer').textContent = `${PHASES[phase]}.`;
  box.dataset.phase = phase;
  byId('connection-text').textContent = phase === 'reconnecting' ? `Reconnecting in ${waitMs / 1000} s` : PHASES[phase];
  byId('transport').textContent = phase === 'polling' ? 'polling' : 'WebSocket';
  byId('retry').hidden = phase !== 'reconnecting' && phase !== 'polling';
  if (phase === 'unknown') complain('problem', 'The server does not know this job. It was restarted since, or the job ended long ago.');
  if (phase === 'unknown') byId('cancel').hidden = true;
}

function draw() {
  const { status, updates } = watched;
  const over = status.status === 'completed' || status.status === 'failed';
  byId('job').dataset.state = status.status;
  byId('job-status').textContent = status.status;
  byId('percent').firstChild.data = Math.floor(status.progress);
  byId('bar').style.setProperty('--value', status.progress / 100);
  byId('bar').setAttribute('aria-valuenow', Math.floor(status.progress));
  byId('message').textContent = status.message || (status.status === 'queued' ? 'Waiting for its turn' : '');
  byId('updates').textContent = updates;
  complain('problem', status.error);
  byId('result').hidden = !status.downloadUrl;
  if (status.downloadUrl) byId('result').href = status.downloadUrl;
  byId('cancel').hidden = over;
  drawStages(status);
  document.title = over ? `${status.status} \u2013 fanfare download service` : `${Math.floor(status.progress)}% \u2013 fanfare download service`;
}

function drawStages(status) {
  const items = [...byId('stages').children];
  // A job that failed stays where it was.
  let at = items.findIndex((item) => item.dataset.stage === status.stage);
  if (status.status === 'completed') at = items.length;
  if (status.status === 'failed') at = items.findIndex((item) => item.classList.contains('now'));
  items.forEach((item, i) => {
    item.classList.toggle('reached', i < at);
    item.classList.toggle('now', i === at);
  });
}

function jobInUrl() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1);
  }
}

byId('start-form').addEventListener('submit', start);
byId('cancel').addEventListener('click', cancel);
byId('retry').addEventListener('click', () => watched.socket.open());
addEventListener('hashchange', () => watch(jobInUrl()));
// A page that the browser keeps for "back" must not hold a socket; when it is shown again it goes on.
addEventListener('pagehide', () => watched?.socket.close());
addEventListener('pageshow', (event) => {
  if (event.persisted && watched) watched.socket.open();
});

watch(jobInUrl());
