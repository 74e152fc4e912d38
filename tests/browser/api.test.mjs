// The download manager's HTTP API and streams, over a real socket: contract 1, line by line. No browser.
// FANFARE_DOWNLOAD_MANAGER is the program's path.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { FileServer } from './support/file_server.mjs';
import { Program } from './support/program.mjs';
import { Watch } from './support/sse.mjs';

const path = process.env.FANFARE_DOWNLOAD_MANAGER;
const options = { skip: path ? false : 'FANFARE_DOWNLOAD_MANAGER is not set', timeout: 60000 };
const SIZE = 1 << 20;
const HALF = { size: SIZE, hold: SIZE / 2 };

let dir;
let source;  // a folder for file URLs
let files;
let program;
before(async () => {
  if (!path) return;
  files = await FileServer.start();
  dir = await mkdtemp(join(tmpdir(), 'fanfare-api-'));
  source = await mkdtemp(join(tmpdir(), 'fanfare-source-'));
  program = await Program.start([path], ['--port', '0', '--dir', dir]);
});
after(async () => {
  await program?.kill();
  await files?.stop();
  for (const folder of [dir, source]) if (folder) await rm(folder, { recursive: true });
});
beforeEach(() => files?.hold());
afterEach(() => files?.release());

async function post(name, body, headers = {}) {
  const response = await fetch(new URL(`api/${name}`, program.url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

async function start(urls, wanted = {}) {
  const { status, body } = await post('download', { urls, options: wanted });
  assert.equal(status, 200, body.error);
  return body.jobId;
}

const address = (job, since) => new URL(`api/download/progress?id=${job}${since === undefined ? '' : `&since=${since}`}`, program.url);
const watch = (job, { since, lastEventId } = {}) =>
  Watch.open(address(job, since), lastEventId === undefined ? {} : { 'Last-Event-ID': String(lastEventId) });
const isDone = (block) => block.data.type === 'done';
const isHalf = (block) => block.data.type === 'progress' && block.data.current === SIZE / 2;
const seqs = (blocks) => blocks.map((block) => block.data.seq);
const types = (blocks) => blocks.map((block) => block.data.type);
const answer = (jobId, promptId, choice) => post('download/duplicate-response', { jobId, promptId, choice });

/** Every event has its seq as the SSE id, and the ids only grow. */
function inOrder(blocks) {
  const events = blocks.filter((block) => block.data.type !== 'skipped');  // how many log lines a slow reader missed
  events.forEach((block, i) => {
    assert.equal(block.event, undefined, 'unnamed: EventSource.onmessage gets them all');
    assert.equal(block.id, String(block.data.seq));
    assert.ok(i === 0 || block.data.seq > events[i - 1].data.seq, `${block.id} after ${events[i - 1]?.id}`);
  });
}

test('api: a download from its start to its end', options, async () => {
  const { status, body } = await post('download', { urls: [files.url('one.bin', HALF)], options: { parallel: 2 } });
  assert.equal(status, 200);
  assert.match(body.jobId, /^job_\w+$/);
  assert.deepEqual(body, { jobId: body.jobId, status: 'queued' });

  const stream = await watch(body.jobId);
  assert.equal(stream.status, 200);
  assert.equal(stream.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(stream.response.headers.get('cache-control'), 'no-cache, no-transform');
  assert.equal(stream.response.headers.get('x-accel-buffering'), 'no');

  const { data: snapshot } = await stream.next();
  assert.equal(snapshot.type, 'snapshot');
  assert.equal(snapshot.seq, undefined);
  assert.equal(snapshot.job, body.jobId);
  const first = await stream.until(isHalf);
  assert.equal(first.at(-1).data.total, SIZE);
  files.release();
  const events = [...first, ...await stream.rest()];
  inOrder(events);
  const finish = events.find((block) => block.data.type === 'finish').data;
  assert.deepEqual([finish.task, finish.status, finish.current, finish.total], ['t1', 'complete', SIZE, SIZE]);
  assert.ok(types(events).includes('log'));
  const done = events.at(-1).data;
  assert.deepEqual([done.type, done.status, done.percent], ['done', 'complete', 100]);
  assert.equal((await readFile(join(dir, 'one.bin'))).length, SIZE);

  const { jobs } = await (await fetch(new URL('api/downloads', program.url))).json();
  assert.deepEqual(jobs[0], { jobId: body.jobId, status: 'complete' });
});

/** What is owed to who comes back: all later events. But of the progress of one file, the latest is enough. */
function owed(events, since) {
  const replaced = ({ data }, i) => data.type === 'progress' &&
    events.slice(i + 1).some((later) => later.data.type === 'progress' && later.data.task === data.task);
  return events.filter((block, i) => block.data.seq > since && !replaced(block, i));
}

test('api: a reconnect gets exactly what is missing, wherever it says its position', options, async () => {
  const job = await start([files.url('two.bin', HALF), files.url('missing.bin')]);
  const all = await watch(job, { since: 0 });
  const seen = await all.until(isHalf);
  inOrder(seen);
  assert.equal(seen[0].data.seq, 1, 'from the very first, without a snapshot');
  const [since, middle] = [seen[2], seen.at(-2)].map((block) => block.data.seq);
  for (const [where, from] of [
    [{ since }, since], [{ lastEventId: since }, since], [{ since, lastEventId: middle }, middle], [{ since: middle, lastEventId: since }, middle],
  ]) {
    const again = await watch(job, where);
    assert.deepEqual(await again.until(isHalf), owed(seen, from), JSON.stringify(where));
    again.close();
  }

  files.release();
  const events = [...seen, ...await all.rest()];
  inOrder(events);
  assert.deepEqual(await (await watch(job, { since })).rest(), owed(events, since));
});

test('api: after the end', options, async () => {
  const job = await start([files.url('three.bin', { size: SIZE })]);
  const done = (await (await watch(job, { since: 0 })).rest()).at(-1);
  assert.ok(isDone(done));
  const last = done.data.seq;

  for (const where of [{ since: last }, { lastEventId: last }, { since: 1, lastEventId: last }]) {
    const over = await watch(job, where);
    assert.equal(over.status, 204, 'EventSource is told to stop');
    assert.equal(await over.response.text(), '');
  }
  assert.deepEqual(await (await watch(job, { since: last - 1 })).rest(), [done]);

  const fresh = await (await watch(job)).rest();
  assert.deepEqual(types(fresh), ['snapshot', 'done']);
  assert.equal(fresh[0].data.status, 'complete');
  assert.deepEqual(fresh[0].data.tasks.map((task) => [task.label, task.current, task.status]), [['three.bin', SIZE, 'complete']]);

  for (const since of [last + 1, 'nonsense', '-1', '1.5', '0'.repeat(300)]) {
    const blocks = await (await watch(job, { since })).rest();
    assert.deepEqual(types(blocks), ['reset', 'snapshot', 'done'], `since ${since}`);
    assert.equal(blocks[0].id, undefined);
  }
  assert.equal((await post('download/cancel', { jobId: job })).status, 409);
});

test('api: a file that exists is asked about, while the others go on', options, async () => {
  await writeFile(join(dir, 'old.bin'), 'old');
  const job = await start([files.url('old.bin', { size: SIZE }), files.url('new.bin', { size: SIZE })], { parallel: 1 });
  const stream = await watch(job, { since: 0 });
  const saved = (block) => block.data.type === 'finish';
  const before = await stream.until(saved);
  assert.equal(before.at(-1).data.task, 't2', 'the other file is through');
  const asked = before.find((block) => block.data.type === 'duplicate').data;
  assert.deepEqual(asked.choices, ['overwrite', 'skip', 'rename']);
  assert.equal(asked.otherwise, 'skip');
  assert.deepEqual(asked.question, { path: 'old.bin', url: files.url('old.bin', { size: SIZE }) });

  const other = await watch(job);
  const { prompts } = (await other.next()).data;
  other.close();
  assert.deepEqual(prompts, [{ prompt: asked.prompt, type: 'duplicate', choices: asked.choices, otherwise: 'skip', question: asked.question }]);

  for (const [wrong, status] of [
    [[job, asked.prompt, 'burn'], 400], [[job, 'p99', 'skip'], 404], [[job, '', 'skip'], 404], [['job_nobody', asked.prompt, 'skip'], 404],
  ]) {
    const refused = await answer(...wrong);
    assert.equal(refused.status, status, JSON.stringify(wrong));
    assert.equal(typeof refused.body.error, 'string');
  }
  assert.equal((await answer(job, asked.prompt, 'rename')).status, 204);
  assert.equal((await answer(job, asked.prompt, 'skip')).status, 409);

  const rest = await stream.rest();
  inOrder([...before, ...rest]);
  const resolved = rest.find((block) => block.data.type === 'duplicate-resolved').data;
  assert.deepEqual([resolved.prompt, resolved.answer, resolved.by], [asked.prompt, 'rename', 'watcher']);
  assert.equal(rest.at(-1).data.status, 'complete');
  assert.equal((await readFile(join(dir, 'old.bin'))).length, 3);
  assert.equal((await readFile(join(dir, 'old (2).bin'))).length, SIZE);
  assert.deepEqual((await (await watch(job)).next()).data.prompts, []);
});

test('api: overwrite and skip do what they say', options, async () => {
  await writeFile(join(dir, 'a.bin'), 'old');
  await writeFile(join(dir, 'b.bin'), 'old');
  const job = await start([files.url('a.bin', { size: SIZE }), files.url('b.bin', { size: SIZE })]);
  const stream = await watch(job, { since: 0 });
  for (const choice of ['overwrite', 'skip']) {
    const asked = (await stream.until((block) => block.data.type === 'duplicate')).at(-1).data;
    const name = choice === 'overwrite' ? 'a.bin' : 'b.bin';
    assert.equal(asked.question.path, name);
    assert.equal((await answer(job, asked.prompt, choice)).status, 204);
  }
  const rest = await stream.rest();
  assert.match(rest.at(-1).data.message, /1 of 2 files, 1 skipped/);
  assert.equal((await readFile(join(dir, 'a.bin'))).length, SIZE);
  assert.equal((await readFile(join(dir, 'b.bin'))).length, 3);
  assert.equal(rest.find((block) => block.data.type === 'finish' && block.data.task === 't2')?.data.message ?? 'skipped', 'skipped');
});

test('api: cancel stops at once and leaves no parts of files', options, async () => {
  const job = await start([files.url('cut.bin', HALF), files.url('waits.bin', HALF)], { parallel: 1 });
  const stream = await watch(job, { since: 0 });
  await stream.until(isHalf);
  assert.ok((await readdir(dir)).includes('cut.bin.part'));
  const began = Date.now();
  assert.equal((await post('download/cancel', { jobId: job })).status, 204);
  const rest = await stream.rest();
  assert.ok(Date.now() - began < 10000, `it took ${Date.now() - began} ms`);
  assert.deepEqual([rest.at(-1).data.status, rest.at(-1).data.message], ['error', 'cancelled']);
  assert.deepEqual((await readdir(dir)).filter((name) => /cut|waits/.test(name)), []);
});

test('api: file URLs, names from strangers, and files that cannot be had', options, async () => {
  await writeFile(join(source, 'with blank & \u00fc.bin'), 'x'.repeat(1000));
  const job = await start([
    pathToFileURL(join(source, 'with blank & \u00fc.bin')).href,
    pathToFileURL(join(source, 'nothing.bin')).href,
    pathToFileURL(source).href,
    files.url('..%2f..%2fevil%00.sh', { size: 10 }),
    files.url('missing.bin'),
    'http://127.0.0.1:1/refused.bin',
    files.url('same.bin', { size: 10 }),
    files.url('same.bin', { size: 20 }),
  ]);
  const { data } = (await (await watch(job, { since: 0 })).rest()).at(-1);
  assert.deepEqual([data.status, data.message], ['complete', '4 of 8 files, 4 failed']);
  const { tasks } = (await (await watch(job)).next()).data;
  assert.deepEqual(tasks.map((task) => task.status), ['complete', 'error', 'error', 'complete', 'error', 'error', 'complete', 'complete']);
  assert.equal((await readFile(join(dir, 'with blank & \u00fc.bin'))).length, 1000);
  assert.equal(tasks[3].label, '_.._evil_.sh');
  assert.match(tasks[4].message, /404/);
  assert.match(tasks[5].message, /connect/i);
  assert.equal((await readFile(join(dir, 'same (2).bin'))).length, 20);

  const failed = await start([files.url('missing.bin')]);
  const end = (await (await watch(failed, { since: 0 })).rest()).at(-1).data;
  assert.deepEqual([end.status, end.message], ['error', '0 of 1 files, 1 failed']);
});

test('api: a rate limit holds, for file URLs too', options, async () => {
  await writeFile(join(source, 'slow.dat'), Buffer.alloc(600000));
  for (const url of [pathToFileURL(join(source, 'slow.dat')).href, files.url('slow.bin', { size: 600000 })]) {
    const began = Date.now();
    const job = await start([url], { rate_limit: 300000 });
    const events = await (await watch(job, { since: 0 })).rest();
    assert.ok(Date.now() - began > 1600, `${url} took only ${Date.now() - began} ms`);
    assert.ok(types(events).filter((type) => type === 'progress').length > 3, 'and not in one burst');
  }
});

test('api: thousands of events are retained', options, async () => {
  const job = await start(Array.from({ length: 1000 }, (_, i) => `file:///nowhere/${i}`), { parallel: 16 });
  await (await watch(job)).rest();
  const events = await (await watch(job, { since: 0 })).rest();
  inOrder(events);
  const count = (wanted) => types(events).filter((type) => type === wanted).length;
  assert.deepEqual(['reset', 'snapshot', 'register', 'finish', 'done'].map(count), [0, 0, 1000, 1000, 1]);
});

test('api: bad requests are refused, with a reason', options, async () => {
  const url = 'http://127.0.0.1:1/x';
  for (const body of [
    '', '{', 'null', '[]', {}, { urls: [] }, { urls: url }, { urls: [5] }, { urls: [''] }, { urls: ['x.iso'] }, { urls: [`ftp://127.0.0.1/x`] },
    { urls: ['file://elsewhere/x'] }, { urls: [url, 'javascript:alert(1)'] }, { urls: Array(1001).fill(url) },
    { urls: [url], options: { parallel: 0 } }, { urls: [url], options: { parallel: 17 } }, { urls: [url], options: { parallel: 'two' } },
    { urls: [url], options: { rate_limit: -1 } }, { urls: [url], options: { rate_limit: 1e18 } }, { urls: [url], options: 7 },
  ]) {
    const refused = await post('download', body);
    assert.equal(refused.status, 400, JSON.stringify(body));
    assert.equal(typeof refused.body.error, 'string');
  }
  for (const name of ['download/duplicate-response', 'download/cancel']) {
    assert.equal((await post(name, '{')).status, 400);
    assert.equal((await post(name, { jobId: 'job_nobody' })).status, 404);
  }
  for (const [query, status] of [['', 400], ['?id=', 400], ['?id=job_nobody', 404]]) {
    const response = await fetch(new URL(`api/download/progress${query}`, program.url), { headers: { Accept: 'text/event-stream' } });
    assert.equal(response.status, status);
    assert.equal(typeof (await response.json()).error, 'string');
  }
  assert.equal((await fetch(new URL('api/nothing', program.url))).status, 404);
  assert.equal((await fetch(new URL('api/download', program.url))).status, 405);
  assert.equal((await post('download', 'x'.repeat(2 << 20))).status, 413);
});

test('api: other sites are kept out', options, async () => {
  const job = await start([files.url('mine.bin', HALF)]);
  const foreign = { Origin: 'http://evil.example' };
  assert.equal((await Watch.open(address(job), foreign)).status, 403);
  assert.equal((await post('download', { urls: [files.url('x')] }, foreign)).status, 403);
  assert.equal((await post('download/cancel', { jobId: job }, foreign)).status, 403);
  const own = await Watch.open(address(job), { Origin: new URL(program.url).origin });
  assert.equal(own.status, 200);
  own.close();
  await post('download/cancel', { jobId: job });
});

test('api: the page is served', options, async () => {
  for (const [name, type] of [['', 'text/html'], ['index.html', 'text/html'], ['app.js', 'text/javascript'], ['style.css', 'text/css']]) {
    const response = await fetch(new URL(name, program.url));
    assert.equal(response.status, 200, name);
    assert.ok(response.headers.get('content-type').startsWith(type), name);
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.notEqual(await response.text(), '');
  }
});

test('api: curl sees the whole stream, and a clean end', options, async (t) => {
  const job = await start([files.url('curl.bin', { size: SIZE })]);
  try {
    const { stdout } = await promisify(execFile)('curl', ['-sSN', '--fail', address(job).href]);  // rejects unless it exits 0
    assert.match(stdout, /^id: \d+\ndata: {"type":"snapshot",/);
    assert.match(stdout, /\nid: \d+\ndata: {"type":"done",[^\n]*\n\n$/);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    t.skip('curl is not installed');
  }
});
