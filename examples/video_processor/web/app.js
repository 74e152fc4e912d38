// The page: joins the form, the upload, the watched job's stream, and what is shown of it. The job's id is the URL's
// fragment, so a reload, a bookmark or another device goes on watching.

import { Source } from './fanfare/fanfare.js';
import { call } from './http.js';
import { byId, complain, jobInUrl } from './page.js';
import { upload } from './upload.js';
import { uploading, VideoStore } from './video_store.js';

let watched = null;  // {id, source, store, asked: whether there is more}
let sending = null;  // what upload() gave
let largest = Infinity;

async function offer() {
  const { resolutions, max_bytes: most } = await call('/resolutions');
  largest = most;
  byId('resolutions').append(...resolutions.map((resolution) => {
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', value: resolution, checked: true });
    const label = document.createElement('label');
    label.append(box, ` ${resolution}p`);
    return label;
  }));
}

async function start(event) {
  event.preventDefault();
  const [file] = byId('file').files;
  const wanted = [...byId('resolutions').querySelectorAll(':checked')].map(({ value }) => value);
  if (!file) return complain('start-problem', 'Choose a video first.');
  if (wanted.length === 0) return complain('start-problem', 'Choose a resolution.');
  if (file.size > largest - 10000) return complain('start-problem', 'This file is larger than the server takes.');
  complain('start-problem');
  location.hash = '';
  watch('');
  const form = new FormData();
  form.append('resolutions', wanted.join(','));
  form.append('file', file);
  const mine = upload('/process', form, (sent, total, rate) => { if (sending === mine) draw(uploading(file.name, sent, total, rate)); });
  sending = mine;
  draw(uploading(file.name, 0, file.size, null));
  try {
    const { job_id: id } = await mine.sent;
    if (sending === mine) location.hash = encodeURIComponent(id);
  } catch (failure) {
    if (sending !== mine) return;
    complain('start-problem', failure.message);
    watch('');
  }
}

async function cancel() {
  if (sending) return sending.stop();
  const response = await fetch(`/jobs/${encodeURIComponent(watched.id)}/cancel`, { method: 'POST' }).catch(() => null);
  if (!response?.ok && response?.status !== 409) complain('problem', 'The server could not be told.');
}

function watch(id) {
  const left = sending;
  sending = null;
  left?.stop();  // once it is sent there is nothing to stop
  watched?.source.close();
  watched = null;
  complain('problem');
  const progress = byId('progress');
  if (id !== '') {
    const store = new VideoStore();
    const source = new Source(`/jobs/${encodeURIComponent(id)}/stream`, { transports: ['sse', 'poll'], store: () => store });
    const job = { id, source, store, asked: false };
    const current = (action) => (given) => job === watched && action(given);
    source.listen({ event: current(() => draw(null)), link: current(moved) });
    watched = job;
    byId('job-title').textContent = id;
  }
  byId('connection').source = progress.source = watched?.source ?? null;
  draw(null);
}

function moved({ phase, reason }) {
  // What ends a video is this program's own word, so the module asks whether there is more. At once, so that it is told.
  if (phase === 'reconnecting' && watched.store.state.done && !watched.asked) {
    watched.asked = true;
    watched.source.reconnect();
  }
  if (phase !== 'closed' || (reason !== 'unknown' && reason !== 'expired')) return;
  complain('problem', 'The server does not know this video. It was restarted since, or the video ended long ago.');
  byId('cancel').hidden = true;
}

/** @param given  of an upload; null: what the stream said last */
function draw(given) {
  byId('progress').state = given;
  const state = given ?? watched?.store.state ?? null;
  byId('blank').hidden = state !== null;
  byId('job').hidden = state === null;
  byId('cancel').hidden = state === null || state.done;
  byId('start-button').disabled = sending !== null;
  if (state?.job) byId('job-title').textContent = state.job;
  drawResults(watched?.store.video?.outputs ?? []);
  const now = state === null ? '' : `${state.done ? watched.store.video.status : `${Math.floor(state.percent)}%`} \u2013 `;
  document.title = `${now}fanfare video processor`;
}

function drawResults(outputs) {
  byId('results').hidden = outputs.length === 0;
  byId('results').replaceChildren(...outputs.map(({ name, width, height, bytes, url }) => {
    const item = document.createElement('li');
    const size = `${width} \u00d7 ${height}, ${(bytes / 1e6).toFixed(1)} MB`;
    if (!url) item.append(`${name}: ${size}. It is too large to be handed out here; it is in the server\u2019s folder.`);
    else item.append(Object.assign(document.createElement('a'), { className: 'button', href: url, download: '', textContent: `Get ${name}` }), ` ${size}`);
    return item;
  }));
}

byId('start-form').addEventListener('submit', start);
byId('cancel').addEventListener('click', cancel);
addEventListener('hashchange', () => {
  if (jobInUrl() !== (watched?.id ?? '')) watch(jobInUrl());
});

offer().catch((failure) => complain('start-problem', failure.message));
watch(jobInUrl());
