// The download service (FANFARE_DOWNLOAD_SERVICE: the program's path) when it gets no thread for a job. Linux counts a
// thread's stack as soon as it is made, so a program whose address space may not grow starts none.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Program } from './support/program.mjs';
import { serviceCommand } from './support/service.mjs';

const skip = !serviceCommand ? 'FANFARE_DOWNLOAD_SERVICE is not set' : spawnSync('prlimit', ['-V']).error ? 'no prlimit(1)' : false;

test('service: a job whose thread does not start is refused, and takes nobody\'s place', { skip, timeout: 30000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-service-'));
  const telling = ['sh', '-c', `echo $$ > '${folder}/pid'; exec "$0" "$@"`, ...serviceCommand];
  const service = await Program.start(telling, ['--port', '0', '--dir', join(folder, 'files')]);
  try {
    const pid = (await readFile(join(folder, 'pid'), 'utf8')).trim();
    const limit = (bytes) => execFileSync('prlimit', ['--pid', pid, `--as=${bytes}:unlimited`]);
    const post = () => fetch(`${service.url}api/download`, { method: 'POST', body: '{"bytes":1}' });
    const size = Number((await readFile(`/proc/${pid}/status`, 'utf8')).match(/VmSize:\s+(\d+) kB/)[1]) * 1024;
    limit(size + (4 << 20));
    for (let i = 0; i < 40; ++i) {
      const response = await post();
      assert.equal(response.status, 503);
      assert.match(response.headers.get('retry-after'), /^\d+$/);
    }
    limit('unlimited');
    assert.equal((await post()).status, 202);
  } finally {
    await service.kill();
    await rm(folder, { recursive: true });
  }
});
