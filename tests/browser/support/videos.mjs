// The video processor as the tests use it: starts one with a folder of its own, and sends it clips that ffmpeg makes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Program } from './program.mjs';
import { Watch } from './sse.mjs';

export const run = promisify(execFile);
const path = process.env.FANFARE_VIDEO_PROCESSOR;
/** null: there is none to test. */
export const processorCommand = path ? [path] : null;

/** Makes a clip. -> its path */
export async function clip(folder, { name = 'clip.mp4', size = '640x360', seconds = 2, sound = true, more = [] } = {}) {
  const file = join(folder, name);
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y',
    '-f', 'lavfi', '-i', `testsrc=size=${size}:rate=25:duration=${seconds}`,
    ...(sound ? ['-f', 'lavfi', '-i', `sine=duration=${seconds}`] : []),
    '-pix_fmt', 'yuv420p', '-preset', 'ultrafast', ...more, file]);
  return file;
}

/** Width, height and seconds of a video. */
export async function measure(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries',
    'stream=width,height:format=duration', '-of', 'json', file]);
  const { streams: [{ width, height }], format } = JSON.parse(stdout);
  return { width, height, seconds: Number(format.duration) };
}

/** A program that stands for ffmpeg: a shell script, which gets the file to make as its last argument. -> its path */
export async function standIn(folder, script) {
  const file = join(folder, 'ffmpeg-stand-in');
  await writeFile(file, `#!/bin/sh\nfor last; do :; done\nout=\${last#file:}\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

export class Processor {
  #program;
  #watches = [];
  folder;

  static async start(...options) {
    const processor = new Processor();
    processor.folder = await mkdtemp(join(tmpdir(), 'fanfare-videos-'));
    processor.#program = await Program.start(processorCommand, ['--port', '0', '--dir', processor.folder, ...options]);
    return processor;
  }

  get url() { return this.#program.url; }
  get port() { return this.#program.port; }

  get(target) { return fetch(this.url + target.slice(1)); }

  cancel(id) { return fetch(`${this.url}jobs/${id}/cancel`, { method: 'POST' }); }

  async post(file, fields = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    if (file) form.append('file', new Blob([await readFile(file)], { type: 'video/mp4' }), file.replace(/.*\//, ''));
    return fetch(`${this.url}process`, { method: 'POST', body: form });
  }

  /** -> the job's id */
  async job(file, fields) {
    const response = await this.post(file, fields);
    assert.equal(response.status, 202);
    const answer = await response.json();
    assert.deepEqual(Object.keys(answer), ['job_id']);
    return answer.job_id;
  }

  streamOf(id) { return `${this.url}jobs/${id}/stream`; }

  async watch(id, headers) {
    const watch = await Watch.open(this.streamOf(id), headers);
    this.#watches.push(watch);
    return watch;
  }

  /** All blocks of a job, up to and with its end. */
  async all(id) {
    return (await this.watch(id)).until(({ event }) => event === 'complete' || event === 'error');
  }

  uploads() { return readdir(join(this.folder, 'uploads')); }
  videos() { return readdir(join(this.folder, 'videos')); }

  interrupt() { return this.#program.interrupt(); }
  killNow() { return this.#program.kill(); }

  async kill() {
    for (const watch of this.#watches.splice(0)) watch.close();
    await this.#program?.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
