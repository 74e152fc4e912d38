// The page: joins the form, the watched job's stream, and what is shown of it. The job's id is the URL's fragment, so a
// reload, a bookmark or another device goes on watching.

import { Source, jobHeadline, jobPercent, percent } from './fanfare/fanfare.js';
import * as api from './api.js';
import { fileName, taskName } from './names.js';
import { news } from './news.js';
import { noticeFor, noticeView } from './notice.js';
import { byId, jobInUrl } from './page.js';
import { questions } from './questions.js';
import { recentJobs } from './recent_jobs.js';
import { startForm } from './start_form.js';

const DRAW_MS = 33;  // events may come by the hundred; nobody sees more than this
const narrow = matchMedia('(max-width: 760px)');
const elements = ['connection', 'progress', 'files', 'log'].map(byId);

let watched = null;  // {id, source, state, cancelling, problem}
let drawing = null;

const form = startForm({ onStart: start });
const asked = questions({ onAnswer: (prompt, choice) => api.answer(watched.id, prompt, choice) });
const notice = noticeView({
  onRetry: () => watched?.source.reconnect(),
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
  watched?.source.close();
  asked.reset();
  watched = null;
  if (id !== '') {
    const source = new Source(api.streamUrl(id), { transports: ['sse'] });
    const job = { id, source, state: null, cancelling: false, problem: '' };
    const current = (action) => (given) => job === watched && action(job, given);
    source.listen({ event: current(heard), link: current(moved) });
    watched = job;
  }
  for (const element of elements) element.source = watched?.source ?? null;
  if (narrow.matches) form.expand(watched === null);
  draw();
  refreshJobs(id);
}

function heard(job) {
  const before = job.state;
  job.state = job.source.stateOf();
  if (job.state === before) return;
  announce(...news(before, job.state));
  if (job.state?.status !== before?.status) refreshJobs(job.id);
  drawSoon();
}

function moved(job, { phase }) {
  if (phase === 'closed') refreshJobs(job.id);
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
  if (watched === null) {
    notice.draw(null, null);
    document.title = 'fanfare downloads';
    return;
  }
  const { id, source: { link }, state } = watched;
  const lost = link.phase === 'closed' && link.reason !== 'stopped' && !state?.done;
  const over = state?.done || lost;
  const canRestart = recall(id) !== null;
  notice.draw(noticeFor(link, state, id, canRestart), link);
  byId('job-body').hidden = lost && state === null;
  byId('job-title').textContent = title(state, id);
  byId('progress').setAttribute('status', watched.cancelling ? 'Cancelling\u2026' : '');
  byId('cancel').hidden = over;
  byId('cancel').disabled = watched.cancelling;
  byId('again').hidden = !state?.done || !canRestart;
  byId('job-problem').textContent = watched.problem;
  byId('job-problem').hidden = watched.problem === '';
  asked.update(lost ? [] : state?.prompts ?? []);
  document.title = `${inTitle(state, lost)} \u2013 fanfare downloads`;
}

function title(state, id) {
  const tasks = state?.tasks ?? [];
  if (tasks.length === 1) return taskName(tasks[0]);
  return tasks.length > 1 ? `${tasks.length} files` : id;
}

function inTitle(state, lost) {
  if (state === null) return lost ? 'Lost' : 'Connecting';
  const { key, word } = jobHeadline(state, lost);
  return key === 'running' ? percent(jobPercent(state) ?? 0) : word;
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

for (const id of ['progress', 'files']) byId(id).nameOf = taskName;
byId('progress').words = { amount: 'Downloaded', count: 'Files' };
byId('cancel').addEventListener('click', cancel);
byId('again').addEventListener('click', startAgain);
addEventListener('hashchange', () => watch(jobInUrl()));

watch(jobInUrl());
