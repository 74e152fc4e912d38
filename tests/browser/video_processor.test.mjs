// The video processor over real sockets (FANFARE_VIDEO_PROCESSOR: the program's path), with clips that ffmpeg makes. Its
// page is in video_processor_page.test.mjs.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { until } from './support/hub.mjs';
import { Gate, lives } from './support/tool.mjs';
import { clip, measure, Processor, processorCommand, run, standIn } from './support/videos.mjs';

const options = { skip: processorCommand ? false : 'FANFARE_VIDEO_PROCESSOR is not set', timeout: 180000 };
const PROGRESS = ['job_id', 'stage', 'progress', 'message', 'timestamp', 'details'];

let folder;
let small;  // 640x360, 2 s
let processor;

before(async () => {
  if (!processorCommand) return;
  folder = await mkdtemp(join(tmpdir(), 'fanfare-clips-'));
  small = await clip(folder);
});
after(() => folder && rm(folder, { recursive: true }));
afterEach(async () => {
  await processor?.kill();
  processor = null;
});

async function serve(...args) {
  processor = await Processor.start(...args);
}

/** Never ends by itself, and says who it is. */
async function endless() {
  const pid = join(folder, 'pid');
  await rm(pid, { force: true });
  const program = await standIn(folder, `echo $$ > ${pid}.new && mv ${pid}.new ${pid} && exec sleep 1000`);
  return { program, pid: async () => {
    await until(() => stat(pid).then(() => true, () => false));
    return Number(await readFile(pid, 'utf8'));
  } };
}

/** curl -N, as it exits; `said()` is what it has printed until now. */
function curl(...args) {
  const child = spawn('curl', ['-sSN', '--max-time', '50', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (bytes) => { text += bytes; });
  child.stderr.on('data', (bytes) => { text += bytes; });
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
  return Object.assign(ended, { said: () => text });
}

test('videos: from the upload to files in several resolutions', options, async () => {
  const gate = await Gate.in(folder);
  const ffmpeg = await standIn(folder, `${gate.wait}exec ffmpeg "$@"`);  // until somebody watches
  await serve('--resolutions', '1080,360,180,90', '--every', '20', '--ffmpeg', ffmpeg);
  const id = await processor.job(small, { note: 'x' });
  const watch = await processor.watch(id);
  assert.equal(watch.status, 200);
  assert.equal(watch.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.match(watch.response.headers.get('cache-control'), /no-cache/);

  const first = await watch.next();
  assert.equal(first.event, 'status');
  assert.equal(first.data.job_id, id);
  assert.equal(first.data.file_name, 'clip.mp4');
  assert.ok(['pending', 'processing'].includes(first.data.status), first.data.status);

  await gate.open();
  const rest = await watch.rest();  // ends as it should, or throws
  const end = rest.pop();
  const seen = [];
  for (const { event, data } of rest) {
    assert.equal(event, 'progress');
    assert.deepEqual(Object.keys(data), PROGRESS);
    assert.equal(data.job_id, id);
    assert.ok(Math.abs(data.timestamp - Date.now()) < 60000);
    if (seen.at(-1) !== data.stage) seen.push(data.stage);
  }
  assert.deepEqual(seen.filter((stage) => stage !== 'probe'), ['transcode', 'store']);
  const percents = rest.map(({ data }) => data.progress);
  assert.ok(percents.every((percent, i) => i === 0 || percent >= percents[i - 1]), `${percents}`);
  const { tasks } = rest.at(-1).data.details;
  assert.deepEqual(tasks.map(({ task, status }) => [task, status]), [['360p', 'complete'], ['180p', 'complete'], ['90p', 'complete']]);
  assert.ok(tasks.every(({ current, total }) => current === total && current === 50), JSON.stringify(tasks));

  assert.equal(end.event, 'complete');
  assert.equal(end.data.progress, 100);
  // 1080 would be larger than the video is.
  assert.deepEqual(end.data.outputs.map(({ name, width, height }) => [name, width, height]), [['360p', 640, 360], ['180p', 320, 180], ['90p', 160, 90]]);
  for (const { name, width, height, bytes, url } of end.data.outputs) {
    const answer = await processor.get(url);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'video/mp4');
    const file = join(folder, `got-${name}.mp4`);
    await writeFile(file, Buffer.from(await answer.arrayBuffer()));
    assert.equal((await stat(file)).size, bytes);
    const got = await measure(file);
    assert.deepEqual([got.width, got.height], [width, height]);
    assert.ok(Math.abs(got.seconds - 2) < 0.2, `${got.seconds}`);
  }
  assert.deepEqual(await processor.uploads(), []);
  assert.deepEqual(await processor.videos(), [id]);

  const late = await processor.watch(id);  // who comes late gets the state and the end
  const [state, last] = await late.rest();
  assert.deepEqual([state.event, state.data.status, state.data.outputs.length, last.event], ['status', 'completed', 3, 'complete']);
  assert.equal((await processor.watch(id, { 'Last-Event-ID': end.id })).status, 204);
  assert.equal((await processor.cancel(id)).status, 409);
});

test('videos: curl sees the head at once, heartbeats while it waits, and a proper end', options, async () => {
  const { program, pid } = await endless();
  await serve('--jobs', '1', '--heartbeat', '1', '--ffmpeg', program);
  const busy = await processor.job(small);
  await pid();
  const waits = await processor.job(small);
  const watch = await processor.watch(waits);  // resolves with the head, long before there is anything to tell
  assert.equal((await watch.next()).data.status, 'pending');
  const told = curl('-i', processor.streamOf(waits));
  await until(() => told.said().match(/^: heartbeat$/gm)?.length >= 2, 15000);
  await processor.cancel(waits);
  const { code, text } = await told;
  assert.equal(code, 0, text);
  assert.match(text, /^HTTP\/1.1 200 OK\r\n/);
  assert.match(text, /Transfer-Encoding: chunked/i);
  assert.match(text, /\nevent: error\ndata: \{[^\n]*"message":"cancelled"[^\n]*\}\n\n$/);
  await processor.cancel(busy);
});

test('videos: a burst of fifty updates blocks nobody, and its last one arrives', options, async () => {
  const block = (i) => `frame=${i}\\nfps=25\\nout_time_us=${i * 40000}\\nspeed=2x\\nprogress=${i < 50 ? 'continue' : 'end'}\\n`;
  const burst = Array.from({ length: 50 }, (_, i) => block(i + 1)).join('');
  const gate = await Gate.in(folder);
  const program = await standIn(folder, `${gate.wait}printf '${burst}'; cp ${small} "$out"`);
  await serve('--resolutions', '360,180', '--ffmpeg', program);
  const id = await processor.job(small);
  const [idle, watch] = [await processor.watch(id), await processor.watch(id)];  // one reads nothing until it is over
  await gate.open();
  const told = await watch.rest();
  assert.equal(told.at(-1).event, 'complete');
  const last = told.filter(({ data }) => data.stage === 'transcode').at(-1).data;
  assert.deepEqual(last.details.tasks.map(({ current, status }) => [current, status]), [[50, 'complete'], [50, 'complete']]);
  const late = await idle.rest();
  assert.deepEqual(late.at(-1), told.at(-1));
});

test('videos: what is no video ends in an error, and its upload goes', options, async () => {
  await serve();
  const files = {
    'text.mp4': async (file) => writeFile(file, 'not a video\n'.repeat(1000)),
    'sound.m4a': async (file) => run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=duration=1', file]),
    'cut.mp4': async (file) => {
      await writeFile(file, await readFile(small));
      await truncate(file, 20000);
    },
  };
  for (const [name, make] of Object.entries(files)) {
    const file = join(folder, name);
    await make(file);
    const { code, text } = await curl(processor.streamOf(await processor.job(file)));
    assert.equal(code, 0, text);
    assert.match(text, /\nevent: error\ndata: \{[^\n]*"message":"[^"]+"/, name);
    assert.ok(!text.includes(processor.folder), 'it tells no paths');
    assert.deepEqual([await processor.uploads(), await processor.videos()], [[], []]);
  }
});

test('videos: a playlist reads no other file, whatever it is called', options, async () => {
  await serve('--resolutions', '360,180');
  const lists = [
    `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\nfile://${small}\n#EXT-X-ENDLIST\n`,
    `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\nconcat:${small}|/etc/passwd\n#EXT-X-ENDLIST\n`,
    `ffconcat version 1.0\nfile '${small}'\n`,
    `ffconcat version 1.0\nfile clip.mp4\n`,
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>file://${small}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
  ];
  for (const [i, list] of lists.entries()) {
    for (const name of [`list${i}.mp4`, `list${i}.m3u8`]) {
      const file = join(folder, name);
      await writeFile(file, list);
      const { event, data } = (await processor.all(await processor.job(file))).at(-1);
      assert.equal(event, 'error', list);
      assert.match(data.message, /^this is no video/);
    }
  }
  assert.deepEqual(await processor.videos(), []);
});

test('videos: an upload that is cut in the middle leaves no file', options, async () => {
  await serve();
  const head = `POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 1000000\r\n\r\n`
    + '--B\r\nContent-Disposition: form-data; name="file"; filename="../../a.mp4"\r\n\r\n';
  for (const end of ['destroy', 'resetAndDestroy', 'end']) {
    const socket = connect(processor.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head + 'x'.repeat(500000));
    await until(async () => (await processor.uploads()).length === 1);
    socket[end]();
    await until(async () => (await processor.uploads()).length === 0);
    socket.destroy();
  }
});

test('videos: requests that make no sense are refused, and leave nothing', options, async () => {
  await serve('--max-bytes', '200k');
  const large = join(folder, 'large.mp4');
  await writeFile(large, Buffer.alloc(300000));
  assert.equal((await processor.post(large).catch(() => ({ status: 413 }))).status, 413);
  assert.equal((await curl('-o', '/dev/null', '-w', '%{http_code}', '-F', `file=@${large}`, `${processor.url}process`)).text, '413');
  assert.equal((await processor.post(null, { a: 'b' })).status, 400);
  assert.equal((await processor.post(small, { resolutions: '1' })).status, 400);
  assert.equal((await processor.post(small, { resolutions: '720,721' })).status, 400);
  assert.equal((await fetch(`${processor.url}process`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).status, 415);
  assert.equal((await fetch(`${processor.url}process`, { method: 'POST' })).status, 400);
  const form = new FormData();
  form.append('file', new Blob(['a']), 'a');
  form.append('file', new Blob(['b']), 'b');
  assert.equal((await fetch(`${processor.url}process`, { method: 'POST', body: form })).status, 400);
  const empty = join(folder, 'empty.mp4');
  await writeFile(empty, '');
  assert.equal((await processor.post(empty)).status, 400);
  assert.equal((await processor.watch('job_nowhere')).status, 404);
  assert.equal((await processor.cancel('job_nowhere')).status, 404);
  assert.equal((await processor.get('/videos/../uploads/')).status, 404);
  assert.deepEqual(await processor.uploads(), []);
  const offer = await (await processor.get('/resolutions')).json();
  assert.deepEqual(offer, { resolutions: [1080, 720, 480], max_bytes: 200000 });
});

test('videos: portraits, tiny ones and those without sound keep their shape', options, async () => {
  await serve('--resolutions', '180,90');
  const cases = [
    [{ name: 'portrait.mp4', size: '180x320', sound: false }, ['180p', 180, 320], ['90p', 90, 160]],
    [{ name: 'tiny.mp4', size: '64x32', sound: false }, ['32p', 64, 32]],
    [{ name: 'odd.mkv', size: '321x181', sound: true, more: ['-pix_fmt', 'yuv444p'] }, ['180p', 320, 180], ['90p', 160, 90]],
    [{ name: 'wide.mp4', size: '320x180', turned: true }, ['180p', 180, 320], ['90p', 90, 160]],
  ];
  for (const [{ turned, ...settings }, ...wanted] of cases) {
    let file = await clip(folder, { seconds: 1, ...settings });
    if (turned) {  // as phones do
      await run('ffmpeg', ['-v', 'error', '-y', '-i', file, '-c', 'copy', '-metadata:s:v:0', 'rotate=90', join(folder, 'turned.mp4')]);
      file = join(folder, 'turned.mp4');
    }
    const { event, data } = (await processor.all(await processor.job(file))).at(-1);
    assert.equal(event, 'complete', `${settings.name}: ${data.message}`);
    for (const [i, [name, width, height]] of wanted.entries()) {
      assert.equal(data.outputs[i].name, name);
      const got = await measure(join(processor.folder, data.outputs[i].url.slice(1)));
      assert.deepEqual([got.width, got.height], [width, height], settings.name);
    }
    assert.equal(data.outputs.length, wanted.length);
  }
});

test('videos: cancel kills ffmpeg, tells those who watch, and removes all of it', options, async () => {
  const { program, pid } = await endless();
  await serve('--ffmpeg', program);
  const id = await processor.job(small, { resolutions: '480' });
  const watch = await processor.watch(id);
  const process = await pid();
  assert.ok(lives(process));
  assert.equal((await processor.cancel(id)).status, 204);
  const { event, data } = (await watch.rest()).at(-1);
  assert.deepEqual([event, data.message, data.stage], ['error', 'cancelled', 'transcode']);
  await until(() => !lives(process));
  assert.deepEqual([await processor.uploads(), await processor.videos()], [[], []]);
});

test('videos: when one resolution fails, the others stop, and the reason is told', options, async () => {
  const program = await standIn(folder, 'case "$out" in *180p*) echo "no such luck" >&2; exit 3;; *) exec sleep 1000;; esac');
  await serve('--resolutions', '360,180', '--ffmpeg', program);
  const { event, data } = (await processor.all(await processor.job(small))).at(-1);
  assert.deepEqual([event, data.message], ['error', '180p: no such luck']);
  assert.deepEqual([await processor.uploads(), await processor.videos()], [[], []]);
});

test('videos: some are processed, some wait for their turn, and more are refused', options, async () => {
  const { program } = await endless();
  await serve('--jobs', '1', '--transcodes', '1', '--ffmpeg', program);
  const jobs = [];
  for (let i = 0; i < 32; ++i) jobs.push(await processor.job(small));
  const response = await processor.post(small);
  assert.equal(response.status, 503);
  assert.match(response.headers.get('retry-after'), /^\d+$/);
  assert.equal((await processor.uploads()).length, 32);
  for (const id of jobs) await processor.cancel(id);
  for (const id of jobs) assert.equal((await processor.all(id)).at(-1).data.message, 'cancelled');
  assert.deepEqual([await processor.uploads(), await processor.videos()], [[], []]);
});

// Linux counts a thread's stack as soon as it is made, so a program whose address space may not grow starts none.
const noPrlimit = options.skip || (spawnSync('prlimit', ['-V']).error ? 'no prlimit(1)' : false);

/** An ffprobe that says whose it is and waits; `room(bytes)` is how much that program may grow from now on. */
async function limited() {
  const [pid, gate] = [join(folder, 'parent'), join(folder, 'gate')];
  await Promise.all([pid, gate].map((file) => rm(file, { force: true })));
  const ffprobe = join(folder, 'ffprobe-stand-in');
  await writeFile(ffprobe, `#!/bin/sh\necho $PPID > ${pid}.new && mv ${pid}.new ${pid}\nuntil [ -e ${gate} ]; do sleep 0.05; done\nexec ffprobe "$@"\n`);
  await chmod(ffprobe, 0o755);
  return { ffprobe, goOn: () => writeFile(gate, ''), async room(bytes) {
    await until(() => stat(pid).then(() => true, () => false));
    const parent = (await readFile(pid, 'utf8')).trim();
    const size = Number((await readFile(`/proc/${parent}/status`, 'utf8')).match(/VmSize:\s+(\d+) kB/)[1]) * 1024;
    await run('prlimit', ['--pid', parent, `--as=${bytes === undefined ? 'unlimited' : size + bytes}:unlimited`]);
  } };
}

test('videos: a job whose thread does not start is refused, and takes nobody\'s place', { ...options, skip: noPrlimit }, async () => {
  const { ffprobe, room } = await limited();
  await serve('--ffprobe', ffprobe);
  const busy = await processor.job(small);
  await room(4 << 20);
  for (let i = 0; i < 40; ++i) {
    const response = await processor.post(small);
    assert.equal(response.status, 503);
    assert.match(response.headers.get('retry-after'), /^\d+$/);
  }
  assert.equal((await processor.uploads()).length, 1);
  await room();
  for (const id of [busy, await processor.job(small)]) await processor.cancel(id);
});

test('videos: when the thread of one resolution does not start, the others stop', { ...options, skip: noPrlimit }, async () => {
  const { ffprobe, goOn, room } = await limited();
  const { program } = await endless();
  await serve('--ffprobe', ffprobe, '--ffmpeg', program, '--resolutions', '360,180');
  const id = await processor.job(small);
  await room(12 << 20);  // one stack
  await goOn();
  const { event, data } = (await processor.all(id)).at(-1);
  assert.deepEqual([event, data.message], ['error', 'the server could not process it']);
});

test('videos: a signal ends the jobs, tells those who watch, and the program ends well', options, async () => {
  const { program, pid } = await endless();
  await serve('--ffmpeg', program);
  const watch = await processor.watch(await processor.job(small));
  const process = await pid();
  const ended = processor.interrupt();
  assert.equal((await watch.rest()).at(-1).data.message, 'cancelled');
  assert.equal(await ended, 0);
  assert.ok(!lives(process));
  assert.deepEqual([await processor.uploads(), await processor.videos()], [[], []]);
});

test('videos: a crash leaves no ffmpeg behind, and the next start clears up', options, async () => {
  const { program, pid } = await endless();
  await serve('--ffmpeg', program);
  await processor.job(small);
  const process = await pid();
  await processor.killNow();
  await until(() => !lives(process));
  assert.equal((await processor.uploads()).length, 1);
  const { folder: left } = processor;
  processor = await Processor.start('--dir', left);
  assert.deepEqual((await processor.get('/resolutions')).status, 200);
  await processor.kill();
  processor.folder = left;
  assert.deepEqual([await processor.uploads(), await processor.videos()], [[], []]);
});

test('videos: the oldest results make room', options, async () => {
  const program = await standIn(folder, `cp ${small} "$out"`);
  await serve('--keep', '2', '--ffmpeg', program);
  const jobs = [];
  for (let i = 0; i < 4; ++i) {
    jobs.push(await processor.job(small));
    assert.equal((await processor.all(jobs[i])).at(-1).event, 'complete');
  }
  await until(async () => (await processor.videos()).length === 2);
  assert.deepEqual((await processor.videos()).sort(), jobs.slice(2).sort());
});
