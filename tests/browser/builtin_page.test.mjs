// The page that the library itself serves at a stream's address: against the mock's named streams, and with
// FANFARE_QUICKSTART (the path of the example) against the library.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MockServer } from './mock_server.mjs';
import { closePage, fitsItsWidth, launch, openPage, textIs } from './support/browser.mjs';
import { Program } from './support/program.mjs';

let browser;
let mock;
before(async () => {
  browser = await launch();
  mock = await MockServer.start();
});
after(async () => {
  await browser?.close();
  await mock?.stop();
});

async function watching(id, options) {
  const page = await openPage(browser, options);
  await page.goto(`${mock.url}jobs/${id}`);
  return page;
}
const dotIs = (page, is) => page.locator(`#dot[data-is=${is}]`).waitFor();

test('built-in page: a job from its snapshot to done', async () => {
  const job = mock.job('demo');
  job.status('running', { stage: 'render' });
  job.register('t1', 'frames', 100);
  job.register('t2', 'sound', 0);
  job.log('started');
  const page = await watching('demo');
  await dotIs(page, 'connected');
  await textIs(page, '#status', 'running');
  await textIs(page, '#stage', 'render');
  job.progress('t1', 50, { rate: 10, eta: 5 });
  await textIs(page, '#tasks li:first-child', /frames ?50%50 B of 100 B, 10 B\/s, 5 s left/);
  await textIs(page, '#percent', '25%');
  assert.equal(await page.getAttribute('#all', 'aria-valuenow'), '25');
  assert.equal(await page.getAttribute('#tasks li:last-child .bar', 'aria-valuenow'), null);
  job.log('careful', 'warning');
  job.finish('t1');
  job.finish('t2', 'error', 'no microphone');
  await textIs(page, '#log', /started.*careful/);
  await textIs(page, '#tasks li:last-child', /error.*no microphone/);
  job.end();
  await textIs(page, '#status', 'complete');
  await textIs(page, '#percent', '100%');
  await dotIs(page, 'closed');
  await textIs(page, '#note', 'This is the end of it.');
  assert.equal(mock.watches('demo').length, 1);
  await closePage(page);
});

test('built-in page: a job that was over before', async () => {
  const job = mock.job('old');
  job.register('t1', 'frames', 7);
  job.finish('t1');
  job.end();
  const page = await watching('old');
  await dotIs(page, 'closed');
  await textIs(page, '#percent', '100%');
  assert.equal(await page.locator('#tasks li').count(), 1);
  await closePage(page);
});

test('built-in page: a cut is resumed where it was, a lost job is said to be lost', async () => {
  const job = mock.job('cut');
  job.status('running');
  job.register('t1', 'frames', 10);
  const page = await watching('cut');
  await dotIs(page, 'connected');
  job.progress('t1', 5);
  await textIs(page, '#percent', '50%');
  mock.intercept = (request, response) => Boolean(response.destroy());  // nobody answers
  job.cut();
  await dotIs(page, 'reconnecting');
  mock.intercept = null;
  job.progress('t1', 8);
  await textIs(page, '#percent', '80%');
  await dotIs(page, 'connected');
  assert.equal(await page.locator('#tasks li').count(), 1);
  mock.jobs.delete('cut');
  job.cut();
  await textIs(page, '#note', /no longer sends this: it answered 404/);
  await dotIs(page, 'closed');
  await closePage(page);
});

test('built-in page: a server that is busy for a while is tried again', async () => {
  const job = mock.job('busy');
  job.register('t1', 'frames', 10);
  const page = await openPage(browser);
  await page.clock.install();
  await page.goto(`${mock.url}jobs/busy`);
  await dotIs(page, 'connected');
  let refusals = 0;
  const refused = new Promise((resolve) => {
    mock.intercept = (request, response) => {
      refusals += 1;  // of the EventSource, then of the page that asks why
      response.writeHead(503).end(() => { if (refusals === 2) resolve(); });
      return true;
    };
  });
  job.cut();
  await refused;
  mock.intercept = null;
  await page.clock.runFor(6000);
  await dotIs(page, 'connected');
  job.progress('t1', 5);
  await textIs(page, '#percent', '50%');
  job.cut();
  await closePage(page);
});

test('built-in page: a question is listed until it is resolved', async () => {
  const job = mock.job('asks');
  job.status('running');
  job.ask('p1', 'a.iso');
  const page = await watching('asks');
  await textIs(page, '#prompts', '{"path":"a.iso"} overwrite / skip / rename');
  job.resolve('p1', 'skip');
  await page.locator('#asks').waitFor({ state: 'hidden' });
  job.cut();
  await closePage(page);
});

test('built-in page: a topic that is no job shows its state and its raw events', async () => {
  const topic = mock.job('board');
  topic.snapshot = { cards: { 1: { title: 'soup', progress: 3 } } };
  const page = await watching('board');
  await textIs(page, '#state', /"title": "soup"/);
  topic.publish('update', { request_id: 1, progress: 44 });
  await textIs(page, '#events li:last-child', /update \{"request_id":1,"progress":44\}/);
  assert.equal(await page.locator('#job').isVisible(), false);
  topic.cut();
  await closePage(page);
});

test('built-in page: nothing that is sent becomes markup', async () => {
  const job = mock.job('evil');
  const evil = '<img src=x onerror="document.title=1">';
  job.status(evil, { stage: evil, message: evil });
  job.register('t1', evil, 5);
  job.ask('p1', evil);
  job.log(evil);
  const page = await watching('evil');
  await textIs(page, '#log', /onerror/);
  assert.equal(await page.locator('img').count(), 0);
  job.cut();
  await closePage(page);
});

test('built-in page: it fits a phone', async () => {
  const job = mock.job('phone');
  job.status('running', { message: 'm'.repeat(200) });
  job.register('t1', 'x'.repeat(300), 5);
  job.ask('p1', 'y'.repeat(300));
  job.log('z'.repeat(300));
  const page = await watching('phone', { width: 390, height: 844 });
  await textIs(page, '#log', /zzz/);
  await page.click('summary');
  await fitsItsWidth(page, 'the page');
  job.cut();
  await closePage(page);
});

test('built-in page: the quickstart in a browser', { skip: !process.env.FANFARE_QUICKSTART }, async () => {
  const program = await Program.start([process.env.FANFARE_QUICKSTART], []);
  try {
    const page = await openPage(browser);
    await page.goto(program.url);
    await page.locator('#job').waitFor();
    await textIs(page, '#percent', '100%');
    await textIs(page, '#status', 'complete');
    await dotIs(page, 'closed');
    await closePage(page);
  } finally {
    await program.kill();
  }
});
