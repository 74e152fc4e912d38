// axe-core's rules (WCAG 2.1 A and AA, and its best practices) on every page, in both colour schemes, in the states that
// a page can be in. The programs' pages are served by the mock where the program is not needed.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { MockServer } from './mock_server.mjs';
import { closePage, fitsItsWidth, launch, openPage, phaseIs, textIs } from './support/browser.mjs';
import { Hub, hubCommand } from './support/hub.mjs';
import { Service, serviceCommand, SLOW } from './support/service.mjs';
import { Processor, processorCommand } from './support/videos.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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

async function violations(page) {
  await page.evaluate(axe);
  const { violations: found, passes: checked } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(checked.length > 0, 'axe has looked');
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.flat().join(' ')} ${node.failureSummary}`));
}

/** Opens the page in each colour scheme, waits for what it is to show, and asks axe, on a wide screen and on a narrow one. */
async function passes(url, ready) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage(browser, { colorScheme });
    await page.goto(url);
    await ready(page);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      assert.deepEqual(await violations(page), [], `${colorScheme}, ${width} px`);
      await fitsItsWidth(page, `${url}, ${width} px`);
    }
    await closePage(page);
  }
}

function runningJob(id) {
  const job = mock.job(id);
  job.status('running', { message: 'Six files' });
  job.register('t1', 'http://host/half.bin', 100);
  job.register('t2', 'http://host/unsized.bin');
  job.register('t3', 'http://host/failed.bin', 100);
  job.register('t4', 'http://host/complete.bin', 100);
  job.register('t5', 'http://host/waiting.bin', 100);
  job.progress('t1', 50, { rate: 10, eta: 5 });
  job.progress('t2', 50, { total: 0, rate: 10 });
  job.finish('t3', 'error', '404 Not Found');
  job.finish('t4');
  for (const level of ['debug', 'info', 'warning', 'error']) job.log(`a line of ${level}`, level);
  return job;
}
const row = (page) => page.locator('#files .task').nth(4).waitFor();

test('accessibility: axe finds what is wrong with a page', async () => {
  const page = await openPage(browser);
  await page.setContent('<div role="progressbar" style="color:#ccc;background:#fff">1 %</div>');
  const found = (await violations(page)).join('\n');
  assert.match(found, /aria-progressbar-name/);
  assert.match(found, /color-contrast/);
  await closePage(page);
});

test('accessibility: download manager, idle', () => passes(mock.url, (page) => phaseIs(page, 'idle')));

test('accessibility: download manager, running', async () => {
  runningJob('run');
  await passes(`${mock.url}#run`, row);
});

test('accessibility: download manager, asking', async () => {
  const job = runningJob('ask');
  job.ask('p1', '/home/user/half.bin');
  job.ask('p2', '/home/user/other.bin');
  const url = `${mock.url}#ask`;
  await passes(url, (page) => page.locator('#dialog[open]').waitFor());
  await passes(url, async (page) => {
    for (const path of ['half.bin', 'other.bin']) {
      await textIs(page, '#dialog[open] #dialog-subject', `/home/user/${path}`);
      await page.keyboard.press('Escape');
    }
    await page.locator('#dialog').waitFor({ state: 'hidden' });
    if (!(await page.locator('#start-form').isVisible())) await page.click('#start-toggle');
    await page.click('#start-button');
    await page.locator('#start-error').waitFor();
  });
});

test('accessibility: download manager, over: complete, failed, cancelled, unknown', async () => {
  for (const [id, status, message] of [['ok', 'complete', ''], ['bad', 'error', 'the disk is full'], ['not', 'error', 'cancelled']]) {
    const job = runningJob(id);
    job.end(status, message);
    await passes(`${mock.url}#${id}`, row);
  }
  await passes(`${mock.url}#nobody`, (page) => page.locator('#notice').waitFor());
});

test('accessibility: download manager, the connection is lost', async () => {
  const job = runningJob('lost');
  await passes(`${mock.url}#lost`, async (page) => {
    await row(page);
    mock.intercept = (request, response, { pathname }) => pathname === '/api/download/progress' && Boolean(response.destroy());
    job.cut();
    await page.locator('#progress[data-stale]').waitFor();
    await page.locator('#notice').waitFor();
    mock.intercept = null;
  });
});

test('accessibility: built-in page', async () => {
  const job = runningJob('page');
  job.ask('p1', 'a.iso');
  await passes(`${mock.url}jobs/page`, (page) => page.locator('.lines li').nth(3).waitFor());
  const topic = mock.job('board');
  topic.snapshot = { cards: { 1: { title: 'soup' } } };
  await passes(`${mock.url}jobs/board`, (page) => page.locator('.plain pre').waitFor());
});

test('accessibility: notification hub', { skip: !hubCommand }, async () => {
  const hub = await Hub.start();
  try {
    await hub.say('summary_progress', { operation_id: 'a', message: 'First', progress: 1, total: 4, current_video: 'Intro' });
    await hub.say('summary_progress', { operation_id: 'b', message: 'Second', progress: 30 });
    await passes(hub.url, async (page) => {
      await phaseIs(page, 'connected');
      for (const level of ['info', 'warning', 'error']) await hub.say('system', { level, message: `${level} for all` });
      await hub.say('summary_complete', { operation_id: 'c', message: 'My list is ready' });
      await page.locator('#toasts li').nth(3).waitFor();
      await page.locator('#rows tr').first().waitFor();
    });
  } finally {
    await hub.kill();
  }
});

test('accessibility: download service', { skip: !serviceCommand }, async () => {
  const service = await Service.start(...SLOW);
  try {
    await passes(service.url, (page) => phaseIs(page, 'idle'));
    const job = await service.job();
    await passes(`${service.url}#${job}`, (page) => page.locator('#stages .now').waitFor());
    await service.cancel(job);
    await passes(`${service.url}#${job}`, (page) => phaseIs(page, 'closed'));
    await passes(`${service.url}#nobody`, (page) => page.locator('#problem').waitFor());
  } finally {
    await service.kill();
  }
});

test('accessibility: video processor', { skip: !processorCommand }, async () => {  // the rest is in video_processor_page
  const processor = await Processor.start();
  try {
    await passes(processor.url, (page) => page.locator('#resolutions input').first().waitFor());
    await passes(`${processor.url}#nobody`, (page) => phaseIs(page, 'closed'));
  } finally {
    await processor.kill();
  }
});
