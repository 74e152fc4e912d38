// The download service as the tests use it: starts one with a folder of its own, and jobs on it.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './program.mjs';

const path = process.env.FANFARE_DOWNLOAD_SERVICE;
/** null: there is none to test. */
export const serviceCommand = path ? [path] : null;

export const SLOW = ['--rate', '100k'];  // 8 MB take 80 s: such a job is under way for as long as a test lasts

export class Service {
  #program;
  folder;

  static async start(...options) {
    const service = new Service();
    service.folder = await mkdtemp(join(tmpdir(), 'fanfare-service-'));
    service.#program = await Program.start(serviceCommand, ['--port', '0', '--dir', service.folder, ...options]);
    return service;
  }

  get url() { return this.#program.url; }
  get port() { return this.#program.port; }

  get(target, headers = {}) {
    return fetch(this.url + target.slice(1), { headers });
  }

  post(target, body = {}) {
    return fetch(this.url + target.slice(1), { method: 'POST', body: JSON.stringify(body) });
  }

  /** -> the job's id */
  async job(bytes = 8e6) {
    const response = await this.post('/api/download', { bytes });
    assert.equal(response.status, 202);
    const { jobId, status } = await response.json();
    assert.equal(status, 'queued');
    return jobId;
  }

  cancel(jobId) {
    return this.post(`/api/download/${jobId}/cancel`);
  }

  interrupt() { return this.#program.interrupt(); }

  async kill() {
    await this.#program?.kill();
    await rm(this.folder, { recursive: true });
  }
}
