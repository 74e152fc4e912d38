// fanfare-run (FANFARE_RUN: the program's path) as it is used: commands of all kinds, watched over HTTP.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { until } from './support/hub.mjs';
import { Watch } from './support/sse.mjs';
import { complete, endAll, Gate, lives, noTool, runTool, Tool } from './support/tool.mjs';

const options = { skip: noTool, timeout: 60000 };
const sh = (script) => ['sh', '-c', script];
const isDone = (block) => block.event === 'done';

let folder;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'fanfare-run-')); });
after(() => rm(folder, { recursive: true }));
afterEach(endAll);

/**
 * All that a watcher hears of a command, with the last `percent` and the lines of the log. The gates are opened in
 * turn, the first at once and each other when its message has come: who is late hears only the latest.
 */
async function hear(run, ...gates) {
  const watch = await Watch.open(run.url);
  const heard = [];
  for (const { gate, message } of gates) {
    if (message) heard.push(...await watch.until((block) => block.data.message === message));
    await gate.open();
  }
  heard.push(...await watch.until(isDone));
  const { log } = heard[0].data;
  return {
    done: heard.at(-1).data,
    percents: heard.filter((block) => block.event === 'status' || block.event === 'snapshot').map((block) => block.data.percent),
    messages: heard.map((block) => block.data.message),
    log: [...log, ...heard.filter((block) => block.event === 'log').map((block) => block.data)],
  };
}

test('run: the exit status is the command\'s own', options, async () => {
  for (const [script, status] of [['exit 0', 0], ['exit 7', 7], ['kill -9 $$', 137]]) {
    assert.equal((await complete(runTool, '--port', '0', '--', ...sh(script))).status, status, script);
  }
  for (const [command, status] of [['/nonexistent/command', 127], ['/', 126]]) {
    const run = await complete(runTool, '--port', '0', '--', command);
    assert.equal(run.status, status);
    assert.match(run.err, new RegExp(`cannot run '${command}'`));
  }
});

test('run: mistakes in its own options name the option and what it takes', options, async () => {
  for (const [args, text] of [
    [['--port', 'x', '--', 'true'], /--port is 'x'; it must be a number from 0 to 65535/],
    [['--parse', 'wget', '--', 'true'], /--parse is 'wget'; it must be ffmpeg, curl, percent, auto or none/],
    [['--cancel', 'maybe', '--', 'true'], /--cancel is 'maybe'; it must be yes or no/],
    [['--quiet=1', '--', 'true'], /--quiet takes no value/],
    [[], /it needs a command to run/],
    [['--bogus'], /unknown option '--bogus'/],
  ]) {
    const run = await complete(runTool, ...args);
    assert.equal(run.status, 2);
    assert.match(run.err, text);
  }
  const elsewhere = await complete(runTool, '--address', '192.0.2.1', '--', 'true');  // of no machine (RFC 5737)
  assert.equal(elsewhere.status, 125);
  assert.match(elsewhere.err, /cannot listen on 192\.0\.2\.1 port 8080 /);
  for (const option of ['--help', '-h']) {
    const help = await complete(runTool, option);
    assert.equal(help.status, 0);
    assert.match(help.out, /^usage: fanfare-run/);
  }
});

test('run: output goes through as it is, byte for byte, unless it is quiet', options, async () => {
  const script = 'printf "a\\rb\\n\\377\\n"; printf "no end" >&2; exit 1';
  const run = spawnSync(runTool, ['--port', '0', '--', ...sh(script)]);
  assert.deepEqual(run.stdout, Buffer.from('a\rb\n\xff\n', 'latin1'));
  assert.match(run.stderr.toString(), /^fanfare-run: watch it at .*\nno end$/);
  const quiet = spawnSync(runTool, ['--port', '0', '--quiet', '--', ...sh(script)]);
  assert.equal(quiet.stdout.length, 0);
  assert.match(quiet.stderr.toString(), /^fanfare-run: watch it at [^\n]*\n$/);
});

test('run: with stdin, stdout or stderr closed it runs the command all the same', options, async () => {
  for (const closed of ['<&-', '>&-', '2>&-', '<&- >&- 2>&-']) {
    const run = await complete('sh', '-c', `exec "$0" --port 0 -- sh -c 'echo a; seq 1 100000 && echo b >&2; exit 3' ${closed}`, runTool);
    assert.equal(run.status, 3, closed);
    assert.equal(run.out.slice(0, 2), closed.match(/(^| )>&-/) ? '' : 'a\n');
    if (!closed.includes('2>&-')) assert.match(run.err, /\nb\n$/);  // it could write all of it
  }
});

test('run: percentages become progress, lines a log, what is drawn over a message', options, async () => {
  const [begin, go, end] = [await Gate.in(folder), await Gate.in(folder), await Gate.in(folder)];
  const run = await Tool.run(['--linger', '10', '--title', 'a title'], ...sh(
    `${begin.wait}echo begins; printf "\\r 25%% of it"; ${go.wait}printf "\\r 75%% of it"; ` +
    `${end.wait}printf "\\nends\\n"; ` +
    'echo oops >&2; printf "\\033[31m\\377bad\\033[0m\\n"; exit 3'));
  const heard = await hear(run,
    { gate: begin }, { gate: go, message: ' 25% of it' }, { gate: end, message: ' 75% of it' });
  assert.ok(heard.percents.includes(25) && heard.percents.includes(75), `${heard.percents}`);
  assert.ok(heard.messages.includes(' 25% of it'), `${heard.messages}`);
  assert.deepEqual(heard.log.map((line) => `${line.level} ${line.message}`).sort(),
    ['info  75% of it', 'info begins', 'info ends', 'info \ufffdbad', 'warning oops'].sort());
  assert.equal(heard.done.status, 'error');
  assert.equal(heard.done.message, 'exit status 3: oops');
  run.signal('SIGINT');  // enough lingering
  assert.equal(await run.ended, 3);
});

test('run: a flood of output is cut down, and the bounds hold', options, async () => {
  const gate = await Gate.in(folder);
  const run = await Tool.run(['--quiet', '--linger', '10'],
    ...sh(gate.wait + 'seq 1 200000; head -c 3000000 /dev/zero | tr "\\0" x; echo; echo last; exit 0'));
  const heard = await hear(run, { gate });
  assert.equal(heard.done.status, 'complete');
  assert.equal(heard.done.percent, 100);
  // A thousand at once and then 200 a second, so it depends on how long the flood takes.
  assert.ok(heard.log.length < 15000, `${heard.log.length} lines`);
  assert.ok(heard.log.some((line) => /\(\d+ lines left out here\)/.test(line.message)));
  assert.ok(heard.log.every((line) => line.message.length <= 4096));
});

test('run: ffmpeg, by what it tells people and by -progress', { ...options, timeout: 60000, skip: noTool || (spawnSync('ffmpeg', ['-version']).error ? 'no ffmpeg' : false) }, async () => {
  const clip = join(folder, 'clip.mp4');
  const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=duration=4:size=640x360:rate=25', '-pix_fmt', 'yuv420p', clip]);
  assert.equal(made.status, 0, made.stderr.toString());
  for (const extra of [['-stats_period', '0.1'], ['-v', 'info', '-nostats', '-stats_period', '0.1', '-progress', 'pipe:1']]) {
    const gate = await Gate.in(folder);
    const waits = join(folder, 'ffmpeg');  // it is known by its name
    await writeFile(waits, `#!/bin/sh\n${gate.wait}exec ffmpeg "$@"\n`, { mode: 0o755 });
    const run = await Tool.run(['--quiet', '--linger', '10'],
      waits, '-nostdin', '-y', '-readrate', '1.5', ...extra, '-i', clip, '-vf', 'scale=320:-2',
      join(folder, 'out.mp4'));
    const heard = await hear(run, { gate });
    assert.equal(heard.done.status, 'complete', heard.done.message);
    const rising = heard.percents.filter((percent) => percent > 0 && percent < 100);
    assert.ok(rising.length >= 3, `${heard.percents}`);
    assert.deepEqual(rising, rising.toSorted?.((a, b) => a - b) ?? [...rising].sort((a, b) => a - b));
    assert.ok(heard.messages.some((message) => /^frame \d+/.test(message)), `${heard.messages}`);
    assert.ok(!heard.log.some((line) => /^(out_time|progress=|frame=)/.test(line.message)));
    run.signal('SIGINT');
    assert.equal(await run.ended, 0);
  }
});

test('run: a watcher cancels it, and what it has started goes, too', options, async () => {
  // The shell and its child ignore SIGTERM, so both must be killed.
  const run = await Tool.run(['--kill-after', '1'], ...sh('trap "echo asked to stop" TERM; trap "" HUP; (trap "" TERM; sleep 60; echo never) & echo $!; while :; do sleep 0.1; done'));
  await run.until(() => /\d+\n/.test(run.out));
  const child = Number(run.out.match(/\d+/)[0]);
  const watch = await Watch.open(run.url);
  assert.equal((await fetch(`${run.url}/cancel`, { method: 'POST', headers: { Origin: 'http://evil.example' } })).status, 403);
  assert.equal((await fetch(`${run.url}/cancel`, { method: 'POST' })).status, 204);
  const done = (await watch.until(isDone)).at(-1).data;
  assert.equal(done.status, 'error');
  assert.equal(done.message, 'cancelled');
  assert.equal(await run.ended, 137);
  assert.match(run.out, /asked to stop/);
  await until(() => !lives(child));  // whoever inherits it may take a moment to wait for it
});

test('run: with --cancel no nobody but the terminal stops it', options, async () => {
  const run = await Tool.run(['--cancel', 'no'], 'sleep', '60');
  assert.equal((await fetch(`${run.url}/cancel`, { method: 'POST' })).status, 403);
  run.signal('SIGTERM');
  assert.equal(await run.ended, 143);
});

// Where no stack fits into the address space there are no threads, so the server does not start.
const withoutThreads = (before, ...command) =>
  complete('sh', '-c', `ulimit -s 200000000000 && ${before} exec "$@"`, 'sh', runTool, '--port', '0', ...command);
const noLimit = noTool || (spawnSync('sh', ['-c', 'ulimit -s 200000000000 && exec "$0" --help', runTool]).status === 0 ? false : 'it does not run with such a stack');

test('run: when nobody can watch it, the command is ended', { ...options, skip: noLimit }, async () => {
  const file = join(folder, 'unwatched');
  const lasting = ['sh', '-c', `echo $$ > ${file}; exec sleep 60`];
  for (const ignoring of ['', 'trap "" TERM;']) {  // what is ignored here is ignored by the command, too
    await writeFile(file, '');
    const run = await withoutThreads(ignoring, '--kill-after', '1', '--', ...lasting);
    assert.equal(run.status, 125, run.err);
    assert.match(run.err, /^fanfare-run: nobody could watch the command, so it was ended: /);
    const pid = Number(await readFile(file, 'utf8'));
    assert.ok(ignoring === '' || pid > 0);  // or it was ended before it could tell
    if (pid > 0) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  }
});

test('run: it is killed, and its command is told to end', { ...options, skip: noTool || (process.platform === 'linux' ? false : 'Linux only') }, async () => {
  const file = join(folder, 'told');
  const run = await Tool.run([], ...sh(`trap 'echo told > ${file}.new; mv ${file}.new ${file}; exit' TERM; echo $$; while :; do sleep 0.1; done`));
  await run.until(() => /^\d+\n/.test(run.out));
  const pid = Number(run.out);
  await run.kill();
  await until(() => readFile(file, 'utf8').then((text) => text === 'told\n', () => false));
  await until(() => !lives(pid));
});

test('run: Ctrl-C is the command\'s to handle', options, async () => {
  const run = await Tool.run([], ...sh('trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done'));
  await run.until(() => run.out.includes('ready'));
  run.signal('SIGINT');
  assert.equal(await run.ended, 5);
  assert.match(run.out, /caught/);

  const other = await Tool.run([], 'sleep', '60');
  other.signal('SIGINT');
  assert.equal(await other.ended, 130);
});

test('run: who came late still sees the end, and a browser gets a page', options, async () => {
  const run = await Tool.run(['--linger', '10'], 'true');
  const heard = await hear(run);
  assert.equal(heard.done.status, 'complete');
  const page = await fetch(new URL('/', run.url), { headers: { Accept: 'text/html' } });
  assert.equal(page.url, run.url);
  assert.match(await page.text(), /<!doctype html>/);
  run.signal('SIGTERM');
  assert.equal(await run.ended, 0);
});

test('run: a process that keeps the output open does not keep it from ending', options, async () => {
  const run = await complete(runTool, '--port', '0', '--', ...sh('sleep 5 & echo started; exit 4'));
  assert.equal(run.status, 4);
});
