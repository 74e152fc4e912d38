// fanfare-watch (FANFARE_WATCH: the program's path) as it is used, on jobs of fanfare-run and on servers made for a
// case. On the example programs it is in fanfare_watch_examples.test.mjs.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { until } from './support/hub.mjs';
import { inTerminal, noTerminal, watchInTerminal } from './support/terminal.mjs';
import { complete, endAll, Gate, noTool, Tool, watchTool } from './support/tool.mjs';

const options = { skip: noTool, timeout: 60000 };
const sh = (script) => ['sh', '-c', script];

let folder;
let server;
before(async () => { folder = await mkdtemp(join(tmpdir(), 'fanfare-watch-')); });
after(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await endAll();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve()));
  server = undefined;
});

/** A server of one's own; resolves to its URL. */
async function serve(handle, port = 0) {
  server = createServer(handle);
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}/jobs/one`;
}

const sse = (response, ...blocks) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const { id, type, data } of blocks) response.write(`${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
};
const snapshot = (percent, extra = {}) => ({
  type: 'snapshot', data: { job: 'one', status: 'running', percent, message: '', stage: '', error: '', eta: null, tasks: [], prompts: [], log: [], ...extra },
});

/**
 * Begins `fanfare-run --title steps` on a script that draws 10, 40 and 70 % and then goes on as it is told. Each waits
 * until a watcher has shown the one before: of what comes close together a watcher that is late sees the last.
 */
async function stepping(rest) {
  const percents = [10, 40, 70];
  const gates = [];
  for (let i = 0; i <= percents.length; ++i) gates.push(await Gate.in(folder));
  const draw = percents.map((percent, i) => `${gates[i].wait}printf "\\r${percent}%%"; `).join('');
  const run = await Tool.run(['--title', 'steps'], ...sh(`${draw}${gates.at(-1).wait}echo; ${rest}`));
  run.shownBy = async (watch) => {
    await watch.until(() => watch.out.includes('steps'));
    for (const [i, percent] of percents.entries()) {
      await gates[i].open();
      await watch.until(() => watch.out.includes(` ${percent} %`));
    }
    await gates.at(-1).open();
  };
  return run;
}

test('watch: its exit status says how the job ended', options, async () => {
  for (const [end, status] of [['exit 0', 0], ['exit 3', 1]]) {
    const run = await stepping(end);
    const watch = Tool.watch(run.url);
    await run.shownBy(watch);
    assert.equal(await watch.ended, status, watch.err);
    assert.match(watch.out, /run: running 40 %, steps/);
    assert.match(watch.out, status === 0 ? /run: complete, steps\n$/ : /run: failed, steps: exit status 3/);
  }
});

test('watch: mistakes in its options name the option and what it takes', options, async () => {
  for (const [args, text] of [
    [[], /it needs one URL/], [['http://a/', 'http://b/'], /it needs one URL/], [['--give-up', 'x', 'http://a/'], /--give-up is 'x'; it must be a number/],
    [['--header', 'x', 'http://a/'], /--header is 'x'; it must be a field/], [['--topic', '', 'http://a/'], /--topic is ''; it must be/],
    [['gopher://a/'], /gopher/], [['--header', 'Host: a', 'http://a/'], /'Host' is not allowed/],
  ]) {
    const watch = await complete(watchTool, ...args);
    assert.equal(watch.status, 2, watch.err);
    assert.match(watch.err, text);
  }
  assert.equal((await complete(watchTool, '--help')).status, 0);
});

test('watch: what fails while it runs is no wrong option', options, async () => {
  const large = join(folder, 'large');
  await writeFile(large, '');
  await truncate(large, 2 ** 40);
  for (const [args, text] of [
    [['--save', '/nonexistent/file', 'http://a/'], /--save is '\/nonexistent\/file', beside which no file can be made/],
    [['--save', folder, 'http://a/'], /--save is '[^']+', which is no regular file/],
    [['--save', '/dev/zero', 'http://a/'], /--save is '\/dev\/zero', which is no regular file/],
    [['--save', large, 'http://a/'], /--save is '[^']+', which is too large/],
    [['--ca', '/nonexistent/file', 'https://127.0.0.1:1/'], /\/nonexistent\/file/],
  ]) {
    // What reads a file that has no end shall not take all memory.
    const watch = await complete('sh', '-c', 'ulimit -t 3; exec "$@"', 'sh', watchTool, ...args);
    assert.equal(watch.status, 1, watch.err);
    assert.match(watch.err, text);
  }
});

test('watch: with stdout closed it still says by its status how the job ended', options, async () => {
  const url = await serve((request, response) => {
    sse(response, snapshot(50), { type: 'done', data: { status: 'complete', message: '', percent: 100 } });
    response.end();
  });
  const watch = await complete('sh', '-c', `exec '${watchTool}' ${url} >&-`);
  assert.equal(watch.status, 0, watch.err);
  assert.equal(watch.err, '');
});

test('watch: output that cannot be written ends it', { ...options, skip: noTool || (existsSync('/dev/full') ? false : 'no /dev/full') }, async () => {
  const url = await serve((request, response) => sse(response, snapshot(50)));
  for (const option of ['', '--json']) {
    const watch = await complete('sh', '-c', `exec '${watchTool}' ${option} ${url} > /dev/full`);
    assert.equal(watch.status, 1);
    assert.equal(watch.err, 'fanfare-watch: cannot write the output: No space left on device\n');
  }
});

test('watch: a --save file that cannot be written any more is complained of, and it watches on', options, async () => {
  const file = join(await mkdtemp(join(folder, 'gone-')), 'position');
  let end;
  const url = await serve((request, response) => {
    sse(response, { id: 'a.1', ...snapshot(50) });
    end = () => response.end(`id: a.2\nevent: done\ndata: ${JSON.stringify({ status: 'complete', message: '', percent: 100 })}\n\n`);
  });
  const watch = Tool.watch(url, '--save', file);
  await watch.until(() => watch.out.includes('one: running'));
  // Not while it writes: what it makes beside the file would keep the folder from being removed.
  await until(async () => (await readFile(file, 'utf8')).includes('a.1'));
  await rm(dirname(file), { recursive: true });
  end();
  assert.equal(await watch.ended, 0);
  assert.equal(watch.err.match(/--save is '[^']+', (beside which no file can be made|which cannot be written)/g)?.length, 1, watch.err);
});

test('watch: a job that ended is over, even if the server would tell of it anew at once', options, async () => {
  let requests = 0;
  const url = await serve((request, response) => {
    requests += 1;
    sse(response, { id: `a.${2 * requests - 1}`, ...snapshot(50) });
    response.end(`retry: 0\nid: a.${2 * requests}\nevent: done\ndata: ${JSON.stringify({ status: 'complete', message: '', percent: 100 })}\n\n`);
  });
  const watch = await complete(watchTool, url);
  assert.equal(watch.status, 0);
  assert.equal(watch.out.match(/one: complete/g).length, 1, watch.out);
});

test('watch: a server that has nothing to tell', options, async () => {
  const watch = await complete(watchTool, await serve((request, response) => response.writeHead(204).end()));
  assert.equal(watch.status, 0);
  assert.equal(watch.err, 'fanfare-watch: the server says that nothing is to come\n');
});

test('watch: it gives up on a connection', options, async () => {
  const url = await serve((request, response) => response.writeHead(404).end());
  assert.equal((await complete(watchTool, url)).status, 3);
  const port = server.address().port;
  await new Promise((resolve) => server.close(resolve));
  server = undefined;
  const gone = await complete(watchTool, '--give-up', '1', `http://127.0.0.1:${port}/`);
  assert.equal(gone.status, 3);
  assert.match(gone.err, /gave up: /);
});

const slowNames = process.env.FANFARE_SLOW_NAMES;
test('watch: who stops it need not wait for a name server', { ...options, skip: noTool || (slowNames ? false : 'FANFARE_SLOW_NAMES is not set') }, async () => {
  // The address sanitizer wants to be loaded before all others; here it need not.
  const env = { LD_PRELOAD: slowNames, ASAN_OPTIONS: 'verify_asan_link_order=0' };
  for (const [args, status] of [[[], 'SIGINT'], [['--give-up', '1'], 3]]) {
    const watch = new Tool(watchTool, [...args, 'http://a.test/'], { env });
    await watch.until(() => watch.err.includes('looking up'));
    const began = Date.now();
    if (status === 'SIGINT') watch.signal(status);
    assert.equal(await watch.ended, status);
    assert.ok(Date.now() - began < 20000, `${Date.now() - began} ms`);
  }
});

test('watch: --json prints every event as a line', options, async () => {
  const gate = await Gate.in(folder);
  const run = await Tool.run([], ...sh(`${gate.wait}printf "\\r40%%\\n"; echo "a line"`));
  const watch = Tool.watch(run.url, '--json');
  await watch.until(() => watch.out !== '');
  await gate.open();
  assert.equal(await watch.ended, 0);
  assert.equal(watch.events[0].type, 'snapshot');
  assert.equal(watch.events.at(-1).type, 'done');
  assert.ok(watch.events.every((event) => event.topic === 'run' && event.data !== undefined));
  assert.ok(watch.events.some((event) => event.type === 'log' && event.data.message === 'a line'));
  const numbers = watch.events.filter((event) => event.seq).map((event) => event.seq);
  assert.ok(numbers.every((seq, i) => i === 0 || seq > numbers[i - 1]), `${numbers}`);
});

test('watch: --topic, --since and --header are sent', options, async () => {
  const asked = [];
  const url = await serve((request, response) => {
    asked.push(request);
    response.writeHead(403).end();
  });
  const watch = await complete(watchTool, '--topic', 'a', '--topic', 'b', '--since', 'x.5', '--header', 'Authorization: Bearer abc', url);
  assert.equal(watch.status, 3);
  const { searchParams } = new URL(asked[0].url, url);
  assert.deepEqual(searchParams.getAll('topic').join(), 'a,b');
  assert.ok([asked[0].headers['last-event-id'], searchParams.get('since')].includes('x.5'));
  assert.equal(asked[0].headers.authorization, 'Bearer abc');
});

test('watch: with --save, one that is killed goes on where it was, with the state that it had', options, async () => {
  const file = join(folder, 'position');
  const [more, end] = [await Gate.in(folder), await Gate.in(folder)];
  const run = await Tool.run(['--title', 'slow'],
    ...sh(`printf "\\r30%%"; echo; echo first; ${more.wait}echo second; ${end.wait}printf "\\r60%%\\n"; exit 2`));
  const first = Tool.watch(run.url, '--save', file);
  await first.until(() => first.out.includes('first'));
  // The progress may be told after the line: it has a pace of its own.
  await until(async () => {
    const { state } = JSON.parse(await readFile(file, 'utf8')).topics[0] ?? {};
    return state?.percent === 30 && state.log.some(({ message }) => message === 'first');
  });
  await first.kill();

  await more.open();
  const second = Tool.watch(run.url, '--save', file);
  await second.until(() => second.out.includes('second'));
  await end.open();
  assert.equal(await second.ended, 1);
  assert.doesNotMatch(second.out, /first/);  // not again
  assert.match(second.out, /run: failed, slow: exit status 2/);
  await run.ended;

  // It is over, and the server with it; what is known is enough.
  const third = await complete(watchTool, '--save', file, run.url);
  assert.equal(third.status, 1, third.err);
  const other = await complete(watchTool, '--save', file, 'http://127.0.0.1:1/');
  assert.equal(other.status, 2);
  assert.match(other.err, /is about http/);
  await writeFile(file, 'something else');
  assert.equal((await complete(watchTool, '--save', file, run.url)).status, 1);
});

test('watch: the server restarts, and it goes on with the new state', options, async () => {
  const url = await serve((request, response) => sse(response, { id: 'old.1', ...snapshot(10) }));
  const watch = Tool.watch(url);
  await watch.until(() => watch.out.includes('one: running'));
  const { port } = server.address();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await watch.until(() => watch.out.includes('no connection'));
  let since;
  await serve((request, response) => {
    since ??= request.headers['last-event-id'] ?? new URL(request.url, url).searchParams.get('since');
    if (since === 'new.3') return response.writeHead(204).end();
    sse(response, { type: 'reset', data: { reason: 'unknown_epoch' } }, { id: 'new.2', ...snapshot(80) },
      { id: 'new.3', type: 'done', data: { status: 'complete', message: 'all of it', percent: 100 } });
    return response.end();
  }, port);
  assert.equal(await watch.ended, 0, watch.out + watch.err);
  assert.equal(since, 'old.1');
  assert.match(watch.out, /connected again[^]*one: running 80 %[^]*one: complete: all of it/);
});

test('watch: fanfare-run dies and another begins in its place: a reset, and the new job', options, async () => {
  const first = await Tool.run(['--title', 'first'], ...sh('printf "\\r30%%\\n"; sleep 20'));
  const watch = Tool.watch(first.url);
  await watch.until(() => watch.out.includes('30 %'));
  const { port } = new URL(first.url);
  await first.kill();
  await watch.until(() => watch.out.includes('no connection'));
  await Tool.run(['--port', port, '--title', 'second', '--linger', '30'], ...sh('sleep 1; printf "\\r60%%\\n"; sleep 1; exit 3'));
  assert.equal(await watch.ended, 1, watch.out);
  assert.match(watch.out, /first[^]*no connection[^]*run: failed, second: exit status 3/);
});

test('watch: what is told first says how far it is', options, async () => {
  const url = await serve((request, response) => {
    sse(response, snapshot(30, { stage: 'first' }), { type: 'done', data: { status: 'complete', message: '', percent: 100 } });
    response.end();
  });
  const watch = await complete(watchTool, url);
  assert.equal(watch.out, 'one: running 30 %, first\none: complete, first\n');
});

test('watch: what a server sends cannot touch the terminal', options, async () => {
  const url = await serve((request, response) => {
    sse(response, snapshot(10, { stage: '\x1b[2J\x1b]0;title\x07stage', message: '\u009b2J\r\n' }),
      { type: 'log', data: { level: 'info', message: '\x1b[1;1Hline\x07\u202e', time: 1 } },
      { type: 'done', data: { status: 'error', message: '\x1bc', percent: 10 } });
    response.end();
  });
  const watch = await complete(watchTool, url);
  assert.equal(watch.status, 1);
  assert.match(watch.out, /^line$/m);
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(watch.out, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});

// ---- in a terminal -------------------------------------------------------------------------------

test('watch: in a terminal there are bars, and no modes to restore', { ...options, skip: noTerminal }, async () => {
  const run = await stepping('echo "a line"; sleep 0.3');
  const watch = watchInTerminal(run.url, folder);
  await run.shownBy(watch);
  await watch.isAsBefore();
  assert.match(watch.out, /\u2588+[^\n]*40 %/);
  assert.match(watch.out, /a line\x1b\[K\r+\n/);
  assert.match(watch.out, /100 %[^\n]*\n[^]*status=0/);
  assert.match(watch.out, /\x1b\[32m/);
  assert.doesNotMatch(watch.out, /\x1b\[\?/);
});

test('watch: Ctrl-C leaves the terminal as it was', { ...options, skip: noTerminal }, async () => {
  const run = await Tool.run([], ...sh('printf "\\r40%%"; sleep 60'));
  const watch = watchInTerminal(run.url, folder);
  await watch.until(() => /40 %/.test(watch.out));
  watch.child.stdin.write('\x03');
  await watch.isAsBefore();
  assert.match(watch.out, /\nstatus=130/);
  assert.doesNotMatch(watch.out, /\x1b\[\?/);
});

test('watch: a terminal that goes ends it, even if it ignores the hangup', { ...options, skip: noTerminal }, async () => {
  let stream;
  const url = await serve((request, response) => {
    sse(response, snapshot(50));
    stream = response;
  });
  const status = join(folder, 'status');
  const watch = inTerminal(`trap '' HUP; ${watchTool} ${url}; echo $? > ${status}.new; mv ${status}.new ${status}`);
  await watch.until(() => watch.out.includes('50 %'));
  await watch.kill();
  stream.write(`event: status\ndata: ${JSON.stringify({ status: 'running', message: '', stage: '', percent: 60 })}\n\n`);
  await until(() => readFile(status, 'utf8').then((text) => text === '1\n', () => false));
});

test('watch: NO_COLOR, a dumb terminal, and one that knows only ASCII', { ...options, skip: noTerminal }, async () => {
  const url = await serve((request, response) => {
    sse(response, snapshot(50), { type: 'done', data: { status: 'complete', message: '', percent: 100 } });
    response.end();
  });
  const quiet = inTerminal(`${watchTool} ${url}`, { NO_COLOR: '1', LC_ALL: 'C' });
  await quiet.ended;
  assert.match(quiet.out, /\[#+\] 100 %/);
  assert.doesNotMatch(quiet.out, /\x1b\[\d*m|[^\x00-\x7f]/);
  const dumb = inTerminal(`${watchTool} ${url}`, { TERM: 'dumb' });
  await dumb.ended;
  assert.doesNotMatch(dumb.out, /\x1b/);
  assert.match(dumb.out, /one: complete/);
});
