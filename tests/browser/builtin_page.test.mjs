// The page that the library itself serves at a stream's address: against the mock's named streams, and with
// FANFARE_QUICKSTART and FANFARE_TOPICS_HOST against the library.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { MockServer } from './mock_server.mjs';
import { closePage, fitsItsWidth, launch, openPage, phaseIs, textIs, titleIs } from './support/browser.mjs';
import { Nginx, nginxCommand, upgrades } from './support/nginx.mjs';
import { Program } from './support/program.mjs';

let browser;
let mock;
before(async () => {
  browser = await launch();
  mock = await MockServer.start();
});
afterEach(() => { mock.intercept = null; });
after(async () => {
  await browser?.close();
  await mock?.stop();
});

async function watching(id, options) {
  const page = await openPage(browser, options);
  await page.goto(`${mock.url}jobs/${id}`);
  return page;
}

test('built-in page: a job from its snapshot to done', async () => {
  const job = mock.job('demo');
  job.status('running', { stage: 'render' });
  job.register('t1', 'frames', 100);
  job.register('t2', 'sound', 0);
  job.log('started');
  const page = await watching('demo');
  await phaseIs(page, 'connected');
  await textIs(page, 'h2.name', 'demo');
  await textIs(page, '.pill', 'render');
  job.progress('t1', 50, { rate: 10, eta: 5 });
  await textIs(page, '.tasks li:first-child', /frames.*50%.*50 B of 100 B.*10 B\/s/);
  await textIs(page, '.number', '25%');
  await titleIs(page, /^25% demo$/);
  assert.equal(await page.locator('.job [role=progressbar]').getAttribute('aria-valuenow'), '25');
  assert.equal(await page.locator('.tasks li:last-child [role=progressbar]').getAttribute('aria-valuenow'), null);
  job.log('careful', 'warning');
  job.finish('t1');
  job.finish('t2', 'error', 'no microphone');
  await textIs(page, '.lines [role=log]', /started.*careful/);
  await textIs(page, '.tasks li:last-child', /Failed.*no microphone/);
  job.end();
  await textIs(page, '.pill', 'Complete');
  await textIs(page, '.number', '100%');
  await phaseIs(page, 'closed');
  assert.equal(await page.locator('#note').isVisible(), false);
  assert.equal(mock.watches('demo').length, 1);
  await closePage(page);
});

test('built-in page: a job that was over before', async () => {
  const job = mock.job('old');
  job.register('t1', 'frames', 7);
  job.finish('t1');
  job.end();
  const page = await watching('old');
  await phaseIs(page, 'closed');
  await textIs(page, '.number', '100%');
  assert.equal(await page.locator('.tasks li').count(), 1);
  await closePage(page);
});

test('built-in page: a cut is resumed where it was, a lost job is said to be lost', async () => {
  const job = mock.job('cut');
  job.status('running');
  job.register('t1', 'frames', 10);
  const page = await watching('cut');
  await phaseIs(page, 'connected');
  job.progress('t1', 5);
  await textIs(page, '.number', '50%');
  mock.intercept = (request, response) => Boolean(response.destroy());  // nobody answers
  job.cut();
  await phaseIs(page, 'reconnecting');
  mock.intercept = null;
  job.progress('t1', 8);
  await textIs(page, '.number', '80%');
  await phaseIs(page, 'connected');
  assert.equal(await page.locator('.tasks li').count(), 1);
  mock.jobs.delete('cut');
  job.cut();
  await textIs(page, '#note', 'Not found: unknown job cut');
  await textIs(page, '.pill', 'Lost');
  await phaseIs(page, 'closed');
  await closePage(page);
});

test('built-in page: a server that is busy for a while is tried again', async () => {
  const job = mock.job('busy');
  job.register('t1', 'frames', 10);
  const page = await watching('busy');
  await phaseIs(page, 'connected');
  const refused = new Promise((resolve) => {
    mock.intercept = (request, response) => Boolean(response.writeHead(503).end(resolve));
  });
  job.cut();
  await refused;
  mock.intercept = null;
  job.progress('t1', 5);
  await textIs(page, '.number', '50%');
  await phaseIs(page, 'connected');
  job.cut();
  await closePage(page);
});

test('built-in page: a question is listed until it is resolved', async () => {
  const job = mock.job('asks');
  job.status('running');
  job.ask('p1', 'a.iso');
  const page = await watching('asks');
  await textIs(page, '.prompts', '{"path":"a.iso"} overwrite / skip / rename');
  job.resolve('p1', 'skip');
  await page.locator('.asks').waitFor({ state: 'hidden' });
  job.cut();
  await closePage(page);
});

test('built-in page: a topic that is no job shows its state and its raw events', async () => {
  const topic = mock.job('board');
  topic.snapshot = { cards: { 1: { title: 'soup', progress: 3 } } };
  const page = await watching('board');
  await textIs(page, 'pre', /"title": "soup"/);
  topic.publish('update', { request_id: 1, progress: 44 });
  await textIs(page, '#events li:last-child', /update.*"request_id": 1, "progress": 44/);
  await textIs(page, '#count', '(2)');
  assert.equal(await page.locator('fanfare-progress').isVisible(), false);
  topic.cut();
  await closePage(page);
});

test('built-in page: a topic without a state, or whose state was left out, shows its raw events', async () => {
  const topic = mock.job('plain');
  for (const value of [1, 2, 3]) topic.publish('tick', { value });
  const page = await watching('plain?since=1');
  await textIs(page, '#events li:last-child', /tick.*"value": 3/);
  await page.click('summary');
  topic.publish('tick', { value: 4 });
  await textIs(page, '#count', '(3)');
  assert.equal(await page.locator('#events').isVisible(), false, 'closed, it stays so');
  topic.cut();
  await closePage(page);
});

test('built-in page: more topics than it has cards for are in its raw events', async () => {
  const block = (i) => `event: snapshot\ndata: ${JSON.stringify({ topic: `t${i}`, type: 'snapshot', data: { value: i } })}\n\n`;
  let stream;
  mock.intercept = ({ headers }, response) => {
    if (!headers.accept.includes('text/event-stream')) return false;
    stream = response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    return stream.write(block(1) + 'event: synced\ndata: {"topic":"","type":"synced","data":{}}\n\n'), true;
  };
  const page = await watching('many');
  await textIs(page, '#events li:last-child', /synced/);
  assert.equal(await page.locator('#events .topic').isVisible(), false, 'there is one topic only');
  stream.write(Array.from({ length: 59 }, (_, i) => block(i + 2)).join(''));
  await textIs(page, '#events li:last-child', /snapshot.*t60.*60/);
  assert.match(await page.locator('#events li').first().innerText(), /t1 \{/);
  await textIs(page, 'article:last-child .plain h2', 't50');
  assert.equal(await page.locator('article').count(), 50);
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
  await textIs(page, '.lines [role=log]', /onerror/);
  assert.equal(await page.locator('img').count(), 0);
  job.cut();
  await closePage(page);
});

for (const [width, height, colorScheme] of [[1280, 900, 'light'], [390, 844, 'dark']]) {
  test(`built-in page: it fits a screen of ${width}, ${colorScheme}`, async () => {
    const job = mock.job('long');
    job.status('running', { message: 'm'.repeat(200) });
    job.register('t1', 'x'.repeat(300), 5);
    job.ask('p1', 'y'.repeat(300));
    job.log('z'.repeat(300));
    const page = await watching('long', { width, height, colorScheme });
    await textIs(page, '.lines [role=log]', /zzz/);
    await page.click('summary');
    await fitsItsWidth(page, 'the page');
    job.cut();
    await closePage(page);
  });
}

test('built-in page: the quickstart in a browser', { skip: !process.env.FANFARE_QUICKSTART }, async () => {
  const program = await Program.start([process.env.FANFARE_QUICKSTART], []);
  try {
    const page = await openPage(browser);
    await page.goto(program.url);
    await textIs(page, '.number', '100%');
    await textIs(page, '.pill', 'Complete');
    await phaseIs(page, 'closed');
    await closePage(page);
  } finally {
    await program.kill();
  }
});

/** Two topics of this server, seen through `url`, from their states to their end. */
async function followsTwoTopics(program, url) {
  const page = await openPage(browser);
  await page.goto(`${url}events?topic=t1&topic=t7`);
  await textIs(page, 'article:nth-child(1)', /t1.*"value": 0/);
  await textIs(page, 'article:nth-child(2)', /t7.*"value": 0/);
  await fetch(`${program.url}round`, { method: 'POST' });
  await textIs(page, '#events li:last-child', /counted.*"value": 1/);
  await fetch(`${program.url}finish`, { method: 'POST' });
  await phaseIs(page, 'closed');
  await closePage(page);
}

const noTopics = process.env.FANFARE_TOPICS_HOST ? false : 'FANFARE_TOPICS_HOST is not set';
test('built-in page: several topics have a card each', { skip: noTopics }, async () => {
  const program = await Program.start([process.env.FANFARE_TOPICS_HOST], []);
  try {
    await followsTwoTopics(program, program.url);
  } finally {
    await program.kill();
  }
});

const noProxy = nginxCommand ? noTopics : 'FANFARE_NGINX is not set';
test('built-in page: through nginx, also where it lets no stream through', { skip: noProxy }, async () => {
  const webSocketOnly = `if ($http_accept ~ event-stream) { return 406; } ${upgrades}`;
  for (const location of ['', webSocketOnly]) {
    const program = await Program.start([process.env.FANFARE_TOPICS_HOST], []);
    const nginx = await Nginx.start(Number(program.port), location);
    try {
      await followsTwoTopics(program, nginx.url);
    } finally {
      await nginx.stop();
      await program.kill();
    }
  }
});
