// Stands in for the download manager (FANFARE_TEST_MOCK=1): same options, same API, real downloads by node. For work on
// the page and its tests without compiling.

import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MockServer } from './mock_server.mjs';

const PROGRESS_MS = 50;
const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    address: { type: 'string', default: '127.0.0.1' },
    dir: { type: 'string', default: '.' },
    'rate-limit': { type: 'string', default: '0' },
  },
});
const server = await MockServer.start(Number(options.port));
const stops = new Map();    // job id -> AbortController
const answers = new Map();  // prompt id -> function
let count = 0;

server.handlers.start = ({ urls, options: wanted = {} }) => {
  if (!Array.isArray(urls) || urls.length === 0) throw Object.assign(new Error('urls: at least one is needed'), { status: 400 });
  const job = server.job(`job_${Date.now().toString(36)}${count++}`);
  run(job, urls, wanted.parallel ?? 3);
  return { jobId: job.id, status: 'queued' };
};
server.handlers.answer = ({ promptId, choice }) => {
  if (!answers.has(promptId)) throw Object.assign(new Error('this question is not open'), { status: 404 });
  answers.get(promptId)(choice);
};
server.handlers.cancel = ({ jobId }) => {
  if (!stops.has(jobId)) throw Object.assign(new Error(`unknown job ${jobId}`), { status: 404 });
  stops.get(jobId).abort();
};
await mkdir(options.dir, { recursive: true });
console.log(`download manager on ${server.url}`);

async function run(job, urls, parallel) {
  const stop = new AbortController();
  stops.set(job.id, stop);
  job.status('running');
  job.log(`${urls.length} to download`);
  urls.forEach((url, i) => job.register(`t${i + 1}`, new URL(url).pathname.slice(1) || url));
  const todo = urls.map((url, i) => [`t${i + 1}`, url]);
  const worker = async () => {
    for (let next = todo.shift(); next && !stop.signal.aborted; next = todo.shift()) {
      await download(job, ...next, stop.signal).catch((error) => {
        job.log(`${next[1]}: ${error.message}`, 'error');
        job.finish(next[0], 'error', stop.signal.aborted ? 'cancelled' : error.message);
      });
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  stops.delete(job.id);
  const failed = job.snapshot.tasks.filter((task) => task.status === 'error').length;
  if (stop.signal.aborted) job.end('error', 'cancelled');
  else job.end(failed === urls.length ? 'error' : 'complete', failed > 0 ? `${failed} of ${urls.length} files could not be downloaded` : '');
}

async function download(job, task, url, signal) {
  let path = join(options.dir, job.task(task).label);
  if (existsSync(path)) {
    const choice = await ask(job, path, signal);
    if (choice === 'skip') return job.finish(task, 'complete', 'skipped: the file exists');
    if (choice === 'rename') path = freeName(path);
  }
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  const total = Number(response.headers.get('content-length'));
  const started = Date.now();
  const out = createWriteStream(`${path}.part`);
  let current = 0;
  let told = 0;
  for await (const bytes of response.body) {
    out.write(bytes);
    current += bytes.length;
    if (Date.now() - told < PROGRESS_MS && current < total / 2) continue;
    told = Date.now();
    const rate = current / Math.max(0.001, (told - started) / 1000);
    job.progress(task, current, { total, rate, eta: (total - current) / rate });
  }
  await new Promise((resolve) => out.end(resolve));
  await rename(`${path}.part`, path);
  job.log(`${path} is complete`);
  job.finish(task);
}

async function ask(job, path, signal) {
  const prompt = `p${count++}`;
  job.ask(prompt, path);
  const choice = await new Promise((resolve) => {
    answers.set(prompt, resolve);
    signal.addEventListener('abort', () => resolve('skip'));
  });
  answers.delete(prompt);
  job.resolve(prompt, choice, signal.aborted ? 'cancel' : 'watcher');
  return choice;
}

function freeName(path) {
  for (let i = 1; ; i += 1) if (!existsSync(`${path}.${i}`)) return `${path}.${i}`;
}
