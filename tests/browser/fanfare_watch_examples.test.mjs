// fanfare-watch (FANFARE_WATCH: the program's path) on the example programs: as lines, as JSON, and in a terminal.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FileServer } from './support/file_server.mjs';
import { downloadManager, Program } from './support/program.mjs';
import { COLUMNS, noTerminal, shown, watchInTerminal } from './support/terminal.mjs';
import { endAll, Gate, noTool, Tool } from './support/tool.mjs';
import { clip, Processor, processorCommand, standIn } from './support/videos.mjs';

let folder;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'fanfare-watch-')); });
after(() => rm(folder, { recursive: true }));

// Two files, which a file server holds in the middle.
const download = {
  name: 'the download manager',
  skip: downloadManager() ? false : 'FANFARE_DOWNLOAD_MANAGER is not set',
  midway: / 50 %|"percent":50\b/,
  tasks: ['one.bin', 'two.bin'],
  lines: [/^2 files to download$/m, /^one\.bin: complete$/m, /^saved two\.bin$/m, /: complete: 2 of 2 files\n$/],
  types: ['snapshot', 'done'],
  async start() {
    const files = await FileServer.start();
    const program = await Program.start(downloadManager(), ['--port', '0', '--dir', await mkdtemp(join(folder, 'downloads-'))]);
    const urls = this.tasks.map((name) => files.url(name, { size: 2 << 20, hold: 1 << 20 }));
    const answer = await fetch(`${program.url}api/download`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ urls }),
    });
    const { jobId } = await answer.json();
    return {
      job: jobId, url: `${program.url}api/download/progress?id=${jobId}`, goOn: () => files.release(),
      end: () => Promise.all([program.kill(), files.stop()]),
    };
  },
};

// Two resolutions, whose ffmpeg waits.
const video = {
  name: 'the video processor',
  skip: processorCommand ? false : 'FANFARE_VIDEO_PROCESSOR is not set',
  midway: /running.*transcode[^]*0 of 50 frames|running \d+ %, transcode|"stage":"transcode"/,
  tasks: ['180p', '90p'],
  lines: [/: running \d+ %, transcode/m, /: complete, store: The video is ready\n$/],
  types: ['status', 'complete'],
  async start() {
    const gate = await Gate.in(folder);
    const ffmpeg = await standIn(folder, `${gate.wait}exec ffmpeg "$@"`);
    const processor = await Processor.start('--resolutions', '180,90', '--every', '20', '--ffmpeg', ffmpeg);
    const job = await processor.job(await clip(folder));
    return { job, url: processor.streamOf(job), goOn: () => gate.open(), end: () => processor.kill() };
  },
};

for (const example of [download, video]) {
  const options = (skip) => ({ timeout: 60000, skip: skip || example.skip });
  const exampleTest = (how, skip, body) => test(`watch: ${example.name}, ${how}`, options(skip), async () => {
    const started = await example.start();
    try {
      await body(started);
    } finally {
      await endAll();
      await started.end();
    }
  });

  exampleTest('as lines', noTool, async ({ job, url, goOn }) => {
    const watch = Tool.watch(url);
    await watch.until(() => example.midway.test(watch.out));
    await goOn();
    assert.equal(await watch.ended, 0, watch.err);
    for (const line of example.lines) assert.match(watch.out, line);
    assert.match(watch.out, new RegExp(`^${job}: running`, 'm'));
  });

  exampleTest('as JSON', noTool, async ({ job, url, goOn }) => {
    const watch = Tool.watch(url, '--json');
    await watch.until(() => example.midway.test(watch.out));
    await goOn();
    assert.equal(await watch.ended, 0, watch.err);
    const { events } = watch;
    assert.deepEqual([events[0].type, events.at(-1).type], example.types);
    assert.ok(events.every((event) => event.topic === job && event.id && event.data));
    const numbers = events.slice(1).map((event) => event.seq);
    assert.ok(numbers.every((seq, i) => i === 0 || seq > numbers[i - 1]), `${numbers}`);
  });

  exampleTest('in a terminal', noTerminal, async ({ job, url, goOn }) => {
    const watch = watchInTerminal(url, folder);
    await watch.until(() => example.midway.test(watch.out));
    await goOn();
    await watch.isAsBefore();
    const { lines } = shown(watch.out);
    const from = lines.findIndex((line) => line.startsWith(`${job}  complete`));
    assert.match(lines[from + 1], /^\u2588+ 100 %$/);
    for (const task of example.tasks) {
      assert.ok(lines.slice(from).some((line) => new RegExp(`^  ${task} +\u2588+ 100 %  complete`).test(line)), lines.join('\n'));
    }
    assert.equal(lines.at(-2), 'status=0');
    assert.ok(lines.every((line) => line.length < COLUMNS), lines.join('\n'));
  });

  exampleTest('interrupted in a terminal', noTerminal, async ({ job, url }) => {
    const watch = watchInTerminal(url, folder);
    await watch.until(() => example.midway.test(watch.out));
    watch.child.stdin.write('\x03');
    await watch.isAsBefore();
    const { lines } = shown(watch.out);
    const from = lines.findIndex((line) => line.startsWith(`${job}  running`));
    assert.ok(lines.slice(from).some((line) => line.startsWith(`  ${example.tasks[1]} `)), lines.join('\n'));
    assert.equal(lines.at(-2), 'status=130');
  });
}
