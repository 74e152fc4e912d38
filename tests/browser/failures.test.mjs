// What the page does when the server, or the way to it, misbehaves. Always against the mock: the real program cannot be
// made to do these things.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { MockServer } from './mock_server.mjs';
import { closePage, countIs, isHidden, launch, openPage, phaseIs, textIs } from './support/browser.mjs';

let browser;
let mock;
let page;

before(async () => { browser = await launch(); });
after(() => browser?.close());
beforeEach(async () => {
  mock = await MockServer.start();
  page = await openPage(browser);
});
afterEach(async () => {
  try {
    await closePage(page);
  } finally {
    await mock.stop();
  }
});

/** A job at 20 of 100 bytes, and the page that watches it. */
async function watched() {
  const job = mock.job('job_1');
  job.status('running');
  job.register('t1', 'a.iso', 100);
  await page.goto(`${mock.url}#job_1`);
  await phaseIs(page, 'connected');
  job.progress('t1', 20);
  await textIs(page, '#progress [part=percent]', '20%');
  return job;
}

/** The stream requests are answered by `answer` until it is taken back with mock.intercept = null. */
function insteadOfStreams(answer) {
  mock.intercept = (request, response, url) => {
    if (url.pathname !== '/api/download/progress') return false;
    answer(response);
    return true;
  };
}

function json(status, body, headers = {}) {
  return (response) => response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

test('failures: a cut stream is resumed from the last seq, and nothing is shown twice', async () => {
  const job = await watched();
  job.log('before');
  await textIs(page, '#log [part=log]', /before$/);
  const last = job.seq;
  job.cut();
  job.log('while away');
  job.progress('t1', 60);
  await textIs(page, '#progress [part=percent]', '60%');
  await phaseIs(page, 'connected');
  assert.equal(mock.watches('job_1').at(-1).query.get('since'), String(last));
  assert.equal(mock.watches('job_1').length, 2, 'the first retry came through');
  await textIs(page, '#log [part=log]', /while away$/);
  assert.deepEqual(await page.locator('#log .text').allTextContents(), ['before', 'while away']);
});

test('failures: the end that came while the stream was cut is seen', async () => {
  const job = await watched();
  job.cut();
  job.finish('t1');
  job.end();
  await textIs(page, '#progress [part=status]', 'Complete');
  await phaseIs(page, 'closed');
});

test('failures: holes in seq, repeated events and foreign types change nothing else', async () => {
  const job = await watched();
  job.progress('t1', 50, { skip: 40 });
  await textIs(page, '#progress [part=percent]', '50%');
  job.control('progress', { seq: 2, task: 't1', current: 1, total: 100, percent: 1 });
  for (const stream of job.streams) stream.response.write('data: {"type":\n\ndata: [1]\n\n: heartbeat\n\n');
  job.publish('confetti', { colour: 'red' });
  job.control('skipped', { count: 3 });
  job.log('after it');
  await textIs(page, '#log [part=log]', /after it$/);
  assert.equal(await page.textContent('#progress [part=percent]'), '50%');
});

test('failures: a reset replaces what is shown', async () => {
  const job = await watched();
  job.log('old line');
  await textIs(page, '#log [part=log]', /old line$/);
  job.snapshot.tasks = [];
  job.snapshot.log = [];
  job.register('t9', 'z.iso', 10);
  job.control('reset', { reason: 'fell_behind' });
  job.sendSnapshot();
  await textIs(page, '#files .task:only-child .name', 'z.iso');
  await countIs(page, '#log li', 0);
  job.progress('t9', 5);
  await textIs(page, '#progress [part=percent]', '50%');
});

test('failures: a position from another life of the server gets a reset, and numbers begin anew', async () => {
  const old = await watched();
  old.progress('t1', 30, { skip: 1000 });
  await textIs(page, '#progress [part=percent]', '30%');
  const job = mock.job('job_1');
  job.status('running');
  job.register('t1', 'a.iso', 100);
  job.progress('t1', 70);
  old.cut();
  await textIs(page, '#progress [part=percent]', '70%');
  job.progress('t1', 80);
  await textIs(page, '#progress [part=percent]', '80%');
  await countIs(page, '#files .task', 1);
});

test('failures: a stream that went dead without a word is asked for again', async () => {
  await page.clock.install();
  const job = await watched();
  job.mute();
  job.progress('t1', 90);
  await page.clock.fastForward(38000);
  await textIs(page, '#progress [part=percent]', '90%');
  await phaseIs(page, 'connected');
});

test('failures: a server that is busy is given the time that it asks for', async () => {
  await page.clock.install();
  const job = await watched();
  insteadOfStreams(json(503, { error: 'draining' }, { 'Retry-After': '20' }));
  job.cut();
  await phaseIs(page, 'reconnecting');
  await textIs(page, '#notice-countdown', /Next try in (20|1\d) s\./);
  mock.intercept = null;
  const asked = mock.watches('job_1').length;
  await page.clock.fastForward(10000);
  assert.equal(mock.watches('job_1').length, asked, 'not before its time');
  await page.clock.fastForward(11000);
  await phaseIs(page, 'connected');
  await page.locator('#notice').waitFor({ state: 'hidden' });
});

test('failures: the user need not wait for the next try', async () => {
  const job = await watched();
  insteadOfStreams(json(503, { error: 'draining' }, { 'Retry-After': '60' }));
  job.cut();
  await textIs(page, '#notice-title', 'The connection is lost.');
  mock.intercept = null;
  await page.click('#notice-retry');
  await phaseIs(page, 'connected');
});

test('failures: a job that ended unseen and was forgotten', async () => {
  const job = await watched();
  insteadOfStreams((response) => response.writeHead(204).end());
  job.cut();
  await textIs(page, '#notice-title', 'This job ended while the page was away.');
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=status]', 'Lost');
  assert.equal(await page.locator('#notice-again').isVisible(), false, 'this page does not know the URLs');
  await page.click('#notice-leave');
  await page.locator('#blank').waitFor();
  await phaseIs(page, 'idle');
});

test('failures: an expired job, an unknown job, a refused one', async () => {
  mock.job('job_old').expired = true;
  await page.goto(`${mock.url}#job_old`);
  await textIs(page, '#notice-title', 'This job is over.');
  assert.equal(await page.locator('#job-body').isVisible(), false);
  await page.evaluate(() => { location.hash = 'job_nobody'; });
  await textIs(page, '#notice-title', 'The server does not know the job job_nobody.');
  insteadOfStreams(json(403, { error: 'sign in first' }));
  await page.evaluate(() => { location.hash = 'job_secret'; });
  await textIs(page, '#notice-title', 'The server refused to show this job.');
  await textIs(page, '#notice-text', /sign in first/);
});

test('failures: what is wrong with a start is said', async () => {
  await page.goto(mock.url);
  await page.click('#start-button');
  await textIs(page, '#start-error', 'Enter at least one URL.');
  await page.fill('#urls', 'http://localhost/a\nnonsense');
  await page.click('#start-button');
  await textIs(page, '#start-error', /not an http, https or file URL: nonsense/);
  assert.equal(await page.getAttribute('#urls', 'aria-invalid'), 'true');
  await page.fill('#urls', 'http://localhost/a');
  await page.fill('#parallel', '99');
  await page.click('#start-button');
  await textIs(page, '#start-error', /from 1 to 16/);
  await page.fill('#parallel', '2');
  mock.handlers.start = () => { throw Object.assign(new Error('the disk is full'), { status: 503 }); };
  await page.click('#start-button');
  await textIs(page, '#start-error', 'the disk is full');
  await mock.stop();
  await page.click('#start-button');
  await textIs(page, '#start-error', /cannot be reached/);
  assert.equal(await page.inputValue('#urls'), 'http://localhost/a', 'nothing typed is lost');
});

test('failures: what is sent is what was asked for, and can be sent again', async () => {
  const bodies = [];
  mock.handlers.start = (body) => {
    bodies.push(body);
    const job = mock.job(`job_${bodies.length}`);
    if (bodies.length === 1) job.end('error', 'no');
    return { jobId: job.id, status: 'queued' };
  };
  await page.goto(mock.url);
  await page.fill('#urls', '  http://localhost/a \n\nhttp://localhost/b');
  await page.fill('#rate-limit', '500000');
  await textIs(page, '#rate-hint', 'bytes/s; that is 500 kB/s');
  await page.fill('#parallel', '2');
  await page.click('#start-button');
  await textIs(page, '#progress [part=status]', 'Failed');
  await page.click('#again');
  await phaseIs(page, 'connected');
  const expected = { urls: ['http://localhost/a', 'http://localhost/b'], options: { rate_limit: 500000, parallel: 2 } };
  assert.deepEqual(bodies, [expected, expected]);
});

test('failures: an answer that is refused is said in the dialog, one given elsewhere closes it', async () => {
  const job = await watched();
  mock.handlers.answer = () => { throw Object.assign(new Error('already answered'), { status: 409 }); };
  job.ask('p1', 'a.iso');
  job.ask('p2', 'b.iso');
  await textIs(page, '#dialog-count', 'One more question after this');
  await page.click('#dialog button[value=skip]');
  await textIs(page, '#dialog-error', 'already answered');
  job.resolve('p1', 'skip', 'timeout');
  await textIs(page, '#dialog-subject', 'b.iso');
  await textIs(page, '#announcer', /settled without you: skip/);
  assert.equal(await page.locator('#dialog-error').isVisible(), false);
  const answered = new Promise((resolve) => { mock.handlers.answer = resolve; });
  await page.click('#dialog button[value=rename]');
  assert.deepEqual(await answered, { jobId: 'job_1', promptId: 'p2', choice: 'rename' });
  await page.locator('#dialog').waitFor({ state: 'hidden' });
  job.end();
  await textIs(page, '#progress [part=status]', 'Complete');
  await isHidden(page, '#questions');
});

test('failures: a cancel that does not get through can be tried again', async () => {
  const job = await watched();
  mock.handlers.cancel = () => { throw Object.assign(new Error('not now'), { status: 503 }); };
  await page.click('#cancel');
  await textIs(page, '#job-problem', 'not now');
  mock.handlers.cancel = () => job.end('error', 'cancelled');
  await page.click('#cancel');
  await textIs(page, '#progress [part=status]', 'Cancelled');
});

test('failures: another job in the same page leaves nothing of the first', async () => {
  const first = await watched();
  first.ask('p1', 'a.iso');
  first.log('of the first');
  await page.locator('#dialog[open]').waitFor();
  const second = mock.job('job_2');
  second.register('t1', 'second.iso', 4);
  await page.evaluate(() => { location.hash = 'job_2'; });
  await textIs(page, '#files .name', 'second.iso');
  await countIs(page, '#dialog[open]', 0);
  await countIs(page, '#log li', 0);
  first.progress('t1', 99);
  second.progress('t1', 1);
  await textIs(page, '#progress [part=percent]', '25%');
  await page.goBack();
  await textIs(page, '#progress [part=percent]', '99%');
  await page.locator('#dialog[open]').waitFor();
});

test('failures: thousands of events in one go end in the right state', async () => {
  const job = await watched();
  for (let i = 2; i <= 200; i += 1) job.register(`t${i}`, `file ${i}`, 100);
  for (let round = 1; round <= 20; round += 1) for (let i = 1; i <= 200; i += 1) job.progress(`t${i}`, round * 4 + 20);
  for (let i = 1; i <= 200; i += 1) job.finish(`t${i}`);
  job.end();
  await textIs(page, '#progress [part=count]', '200 of 200');
  await textIs(page, '#progress [part=status]', 'Complete');
});

test('failures: every control has a name, and nothing sent becomes markup', async () => {
  const evil = '<img src=x onerror="throw 1">';
  const job = await watched();
  job.register('t2', evil, 5);
  job.log(evil, 'error');
  job.ask('p1', evil, ['skip', evil]);
  job.status('running', { stage: evil, message: evil });
  await textIs(page, '#progress [part=message]', evil);
  assert.equal(await page.locator('img').count(), 0);
  const nameless = await page.evaluate(() => [...document.querySelectorAll('button, input, textarea, a, [role=progressbar], dialog, section')]
    .filter((element) => !(element.textContent.trim() || element.labels?.length || element.getAttribute('aria-label')
      || document.getElementById(element.getAttribute('aria-labelledby'))?.textContent.trim()))
    .map((element) => element.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
});
