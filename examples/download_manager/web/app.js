// The page: joins the form, the watched job's connection and state, and the views. The job's id is the URL's
// fragment, so a reload, a bookmark or another device goes on watching.

import * as api from './api.js';
import { Connection } from './connection.js';
import { fileName, percent } from './format.js';
import { news } from './news.js';
import { noticeFor, noticeView } from './notice.js';
import { questions } from './questions.js';
import { recentJobs } from './recent_jobs.js';
import { startForm } from './start_form.js';
import { apply, empty } from './store.js';
import { jobView } from './view.js';

const DRAW_MS = 33;  // events may come by the hundred; nobody sees more than this
const PHASES = { idle: 'Idle', connecting: 'Connecting', connected: 'Connected', reconnecting: 'Reconnecting', closed: 'Closed' };
const narrow = matchMedia('(max-width: 760px)');
const byId = (id) => document.getElementById(id);

let watched = null;  // {id, state, phase, connection, cancelling, problem}
let drawing = null;

const view = jobView();
const form = startForm({ onStart: start });
const asked = questions({ onAnswer: (prompt, choice) => api.answer(watched.id, prompt, choice) });
const notice = noticeView({
  onRetry: () => watched?.connection.retryNow(),
  onAgain: startAgain,
  onLeave: () => { location.hash = ''; },
});
const refreshJobs = recentJobs({ labelOf });

async function start(urls, options) {
  const { jobId } = await api.start(urls, options);
  remember(jobId, { urls, options });
  location.hash = encodeURIComponent(jobId);
}

async function startAgain() {
  const job = watched;
  const request = job && recall(job.id);
  if (!request) return;
  const buttons = [byId('again'), byId('notice-again')];
  for (const button of buttons) button.disabled = true;
  try {
    await start(request.urls, request.options);
  } catch (failure) {
    job.problem = failure.message;
    drawSoon();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

async function cancel() {
  const job = watched;
  job.cancelling = true;
  job.problem = '';
  drawSoon();
  try {
    await api.cancel(job.id);
  } catch (failure) {
    job.cancelling = false;
    job.problem = failure.message;
  }
  drawSoon();
}

function watch(id) {
  watched?.connection.close();
  view.clear();
  asked.reset();
  watched = null;
  if (id !== '') {
    const job = { id, state: empty(), phase: { phase: 'connecting' }, connection: null, cancelling: false, problem: '' };
    job.connection = new Connection({
      makeUrl: () => api.streamUrl(id, job.state.seq),
      onEvent: (event) => heard(job, event),
      onPhase: (phase) => moved(job, phase),
    });
    watched = job;
    job.connection.open();
  }
  if (narrow.matches) form.expand(watched === null);
  draw();
  refreshJobs(id);
}

function heard(job, event) {
  if (job !== watched) return;
  const before = job.state;
  job.state = apply(before, event);
  if (job.state === before) return;
  announce(...news(before, job.state));
  if (job.state.status !== before.status) refreshJobs(job.id);
  drawSoon();
}

function moved(job, phase) {
  if (job !== watched) return;
  const was = job.phase.phase;
  job.phase = phase;
  if (phase.phase === 'reconnecting' && was !== 'reconnecting') announce('The connection is lost. Trying again.');
  if (phase.phase === 'connected' && was === 'reconnecting') announce('Connected again.');
  if (phase.phase === 'closed') {
    const said = noticeFor(phase, job.state, job.id, false);
    if (said) announce(said.title);
    refreshJobs(job.id);
  }
  drawSoon();
}

function drawSoon() {
  drawing ??= setTimeout(draw, DRAW_MS);
}

function draw() {
  clearTimeout(drawing);
  drawing = null;
  byId('blank').hidden = watched !== null;
  byId('job').hidden = watched === null;
  const phase = watched?.phase ?? { phase: 'idle' };
  byId('connection').dataset.phase = phase.phase;
  byId('connection-text').textContent = PHASES[phase.phase];
  if (watched === null) {
    notice.draw(null, phase);
    document.title = 'fanfare downloads';
    return;
  }
  const { id, state } = watched;
  const canRestart = recall(id) !== null;
  const lost = phase.phase === 'closed' && phase.reason !== 'stopped' && !state.done;
  notice.draw(noticeFor(phase, state, id, canRestart), phase);
  byId('job-body').hidden = lost && !state.loaded;
  const head = view.draw(state, {
    jobId: id,
    over: state.done || lost,
    lost,
    cancelling: watched.cancelling,
    canRestart,
    problem: watched.problem,
  });
  asked.update(lost ? [] : state.prompts);
  document.title = `${head.key === 'running' ? percent(state.percent) : head.word} \u2013 fanfare downloads`;
}

// One sentence after the other in the live region: a screen reader reads each.
function announce(...sentences) {
  if (sentences.length > 0) byId('announcer').textContent = sentences.join(' ');
}

function remember(jobId, request) {
  try {
    sessionStorage.setItem(`fanfare.request.${jobId}`, JSON.stringify(request));
  } catch {
    // Storage is full or forbidden: "Start again" is not offered, all else works.
  }
}

function recall(jobId) {
  try {
    return JSON.parse(sessionStorage.getItem(`fanfare.request.${jobId}`));
  } catch {
    return null;
  }
}

function labelOf(jobId) {
  const urls = recall(jobId)?.urls ?? [];
  if (urls.length === 0) return '';
  return fileName(urls[0]) + (urls.length > 1 ? ` and ${urls.length - 1} more` : '');
}

function jobInUrl() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1);
  }
}

byId('cancel').addEventListener('click', cancel);
byId('again').addEventListener('click', startAgain);
addEventListener('hashchange', () => watch(jobInUrl()));
addEventListener('online', () => watched?.connection.retryNow());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) watched?.connection.retryNow();
});
// A page that the browser keeps for "back" must not hold a stream; when it is shown again it goes on.
addEventListener('pagehide', () => watched?.connection.close());
addEventListener('pageshow', (event) => {
  if (event.persisted && watched && !watched.state.done) watched.connection.open();
});

watch(jobInUrl());
