// The download service over real sockets (FANFARE_DOWNLOAD_SERVICE: the program's path), by the npm package ws. Its page
// is in download_service_page.test.mjs.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import WebSocket from 'ws';
import { Service, serviceCommand, SLOW } from './support/service.mjs';

const options = { skip: serviceCommand ? false : 'FANFARE_DOWNLOAD_SERVICE is not set', timeout: 60000 };
const POINTS = [['start', 5], ['info', 10], ['upload', 90], ['store', 92], ['clean', 98], ['done', 100]];

let service;
let sockets;

beforeEach(() => { sockets = []; });
afterEach(async () => {
  for (const socket of sockets) socket.close();
  await service?.kill();
  service = null;
});

async function serve(...args) {
  service = await Service.start(...args);
}

/** A WebSocket that gathers: `next()` is the next message, `ended` the close code. */
function watch(jobId, settings = {}) {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}ws/download/${jobId}`, settings);
  sockets.push(socket);
  const messages = [];
  let wake = () => {};
  socket.on('message', (data, binary) => {
    assert.equal(binary, false);
    messages.push(JSON.parse(data));
    wake();
  });
  socket.on('error', () => {});
  socket.ended = new Promise((resolve) => socket.on('close', resolve));
  socket.refused = new Promise((resolve) => socket.on('unexpected-response', (_, response) => resolve(response.statusCode)));
  socket.next = async () => {
    while (messages.length === 0) await new Promise((resolve) => { wake = resolve; });
    return messages.shift();
  };
  socket.until = async (pass) => {
    const gathered = [];
    do gathered.push(await socket.next()); while (!pass(gathered.at(-1)));
    return gathered;
  };
  return socket;
}

const over = ({ type, data }) => type === 'status' && (data.status === 'completed' || data.status === 'failed');
const isProcessing = ({ data }) => data?.stage === 'download';

test('service: from queued through all stages to 100, and then 1000', options, async () => {
  await serve('--rate', '2M', '--workers', '1');
  const before = await service.job(64e6);  // has the turn, so that nothing of the other happens unseen
  const jobId = await service.job(2e6);
  const socket = watch(jobId);
  const queued = await socket.next();
  assert.equal(queued.data.status, 'queued');
  await service.cancel(before);
  const messages = [queued, ...await socket.until(over)];
  for (const { type, data } of messages) {
    assert.equal(type, 'status');
    assert.equal(data.jobId, jobId);
    assert.ok(['queued', 'processing', 'completed'].includes(data.status));
  }
  const seen = messages.map(({ data }) => data).filter((data) => data.stage !== '');
  const points = new Map(seen.filter((data) => data.stage !== 'download').map((data) => [data.stage, data.progress]));
  assert.deepEqual([...points], POINTS);
  const download = seen.filter((data) => data.stage === 'download').map((data) => data.progress);
  assert.ok(download.length >= 4 && download.every((percent) => percent >= 15 && percent <= 89), `${download}`);
  assert.equal(download.at(-1), 89);
  assert.ok(seen.every((data, i) => i === 0 || data.progress >= seen[i - 1].progress), 'never back');
  assert.equal(await socket.ended, 1000);

  const { downloadUrl } = messages.at(-1).data;
  const file = await service.get(downloadUrl);
  assert.equal((await file.arrayBuffer()).byteLength, 2e6);
  assert.deepEqual((await readdir(service.folder)).sort(), [`${jobId}.bin`, `${jobId}.txt`], 'and nothing is left over');
  assert.match(await readFile(join(service.folder, `${jobId}.txt`), 'utf8'), /^[0-9a-f]{16}\n$/);
});

test('service: who comes late gets the current status first; who comes after the end, the end', options, async () => {
  await serve('--rate', '2M');
  const jobId = await service.job(4e6);
  const one = watch(jobId);
  const [at] = (await one.until((message) => isProcessing(message) && message.data.progress > 30)).slice(-1);
  const two = watch(jobId);
  const first = await two.next();
  assert.ok(first.data.progress >= at.data.progress);
  const ends = await Promise.all([one.until(over), over(first) ? [first] : two.until(over)]);
  assert.deepEqual(ends[0].at(-1), ends[1].at(-1));
  assert.deepEqual(await Promise.all([one.ended, two.ended]), [1000, 1000]);
  const late = watch(jobId);
  assert.deepEqual(await late.next(), ends[0].at(-1));
  assert.equal(await late.ended, 1000);
});

test('service: pings, as text and as the protocol has them', options, async () => {
  await serve(...SLOW);
  const socket = watch(await service.job());
  await socket.until(isProcessing);
  socket.send('ping');
  await socket.until((message) => {
    if (message.type === 'pong') assert.deepEqual(message, { type: 'pong' });
    return message.type === 'pong';
  });
  const pong = new Promise((resolve) => socket.once('pong', resolve));
  socket.ping('are you there');
  assert.equal(String(await pong), 'are you there');
});

test('service: the server pings who hears nothing, and takes who does not answer for dead', options, async () => {
  await serve(...SLOW, '--workers', '1', '--heartbeat', '2');
  await service.job();
  const waits = await service.job();
  const [answers, silent] = [watch(waits), watch(waits, { autoPong: false })];
  const pinged = new Promise((resolve) => answers.once('ping', resolve));
  await Promise.all([answers.next(), silent.next(), pinged]);
  assert.notEqual(await silent.ended, 1000);
  assert.equal(answers.readyState, WebSocket.OPEN);
});

test('service: unknown jobs, foreign pages, and requests that make no sense are refused', options, async () => {
  await serve(...SLOW);
  assert.equal(await watch('job_nowhere').refused, 404);
  const jobId = await service.job();
  assert.equal(await watch(jobId, { origin: 'https://evil.example' }).refused, 403);
  for (const bytes of [0, -1, 1.5, '8', (64 << 20) + 1, 1e30]) assert.equal((await service.post('/api/download', { bytes })).status, 400, `${bytes}`);
  assert.equal((await service.cancel('job_nowhere')).status, 404);
});

test('service: cancel ends the job, and its file goes', options, async () => {
  await serve(...SLOW);
  const jobId = await service.job();
  const socket = watch(jobId);
  await socket.until(isProcessing);
  assert.equal((await service.cancel(jobId)).status, 204);
  const { data } = (await socket.until(over)).at(-1);
  assert.deepEqual([data.status, data.error], ['failed', 'cancelled']);
  assert.ok(data.progress >= 15 && data.progress < 90, 'it stays where it was');
  assert.equal(await socket.ended, 1000);
  assert.deepEqual(await readdir(service.folder), []);
  assert.equal((await service.cancel(jobId)).status, 409);
});

test('service: some run, some wait for their turn, and more are refused', options, async () => {
  await serve(...SLOW, '--workers', '1');
  const jobs = [];
  for (let i = 0; i < 32; ++i) jobs.push(await service.job());
  assert.equal((await service.post('/api/download')).status, 503);
  const [first, second, third] = jobs.map((id) => watch(id));
  await first.until(isProcessing);
  assert.equal((await second.next()).data.status, 'queued');
  await service.cancel(jobs[1]);
  assert.equal((await second.until(over)).at(-1).data.error, 'cancelled', 'though it never had its turn');
  assert.equal((await third.next()).data.status, 'queued');
  await service.cancel(jobs[0]);
  await Promise.any(jobs.slice(2).map((id) => watch(id).until(isProcessing)));
  await service.job();
});

test('service: polls get the same state, and 304 while it is the same', options, async () => {
  await serve('--rate', '0');
  const jobId = await service.job(1e6);
  const socket = watch(jobId);
  const last = (await socket.until(over)).at(-1).data;
  const poll = await service.get(`/api/status/${jobId}`);
  assert.equal(poll.status, 200);
  assert.match(poll.headers.get('content-type'), /^application\/json/);
  assert.deepEqual(await poll.json(), last);
  const etag = poll.headers.get('etag');
  assert.match(etag, /^"[^"]+"$/);
  const again = await service.get(`/api/status/${jobId}`, { 'If-None-Match': etag });
  assert.equal(again.status, 304);
  assert.equal((await service.get('/api/status/job_nowhere')).status, 404);
});

test('service: a signal ends the jobs, tells those who watch, and the program ends well', options, async () => {
  await serve(...SLOW);
  const socket = watch(await service.job());
  await socket.until(isProcessing);
  const ended = service.interrupt();
  assert.equal((await socket.until(over)).at(-1).data.error, 'cancelled');
  assert.equal(await socket.ended, 1000);
  assert.equal(await ended, 0);
  assert.deepEqual(await readdir(service.folder), []);
});
