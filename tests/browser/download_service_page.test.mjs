// The download service's page in a real browser, against the real program (FANFARE_DOWNLOAD_SERVICE: its path).

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { closePage, fitsItsWidth, launch, openPage, phaseIs, textIs } from './support/browser.mjs';
import { Service, serviceCommand, SLOW } from './support/service.mjs';

const options = { skip: serviceCommand ? false : 'FANFARE_DOWNLOAD_SERVICE is not set', timeout: 20000 };

let browser;
let service;
let page;

before(async () => {
  if (serviceCommand) browser = await launch();
});
after(() => browser?.close());
afterEach(async () => {
  try {
    if (page) await closePage(page);
  } finally {
    page = null;
    await service?.kill();
    service = null;
  }
});

async function serve(...args) {
  service = await Service.start(...args);
}

async function show(width = 1280) {
  page = await openPage(browser, { width, height: 844 });
  await page.goto(service.url);
  await phaseIs(page, 'idle');
}

async function startOnPage(bytes = '8000000') {
  await page.selectOption('#size', bytes);
  await page.click('#start-button');
}

test('service page: from start to the file, on a narrow screen', options, async () => {
  await serve('--rate', '1M');
  await show(390);
  await fitsItsWidth(page, 'idle');
  await startOnPage('1000000');
  await phaseIs(page, 'connected');
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await textIs(page, '#round-trip', /^\d+\.\d ms$/);
  await fitsItsWidth(page, 'running');
  await phaseIs(page, 'done');
  await textIs(page, '#percent', '100%');
  await textIs(page, '#job-status', 'completed');
  assert.equal(await page.getAttribute('#bar', 'aria-valuenow'), '100');
  assert.equal(await page.locator('#stages .reached').count(), 6);
  assert.match(await page.getAttribute('#result', 'href'), /^\/files\/job_.*\.bin$/);
  assert.equal(await page.locator('#cancel').isVisible(), false);
  await fitsItsWidth(page, 'done');
  await page.reload();
  await phaseIs(page, 'done');
  await textIs(page, '#percent', '100%');
});

test('service page: a reload goes on, and cancel ends it', options, async () => {
  await serve(...SLOW);
  await show();
  await startOnPage();
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await page.reload();
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await page.click('#cancel');
  await phaseIs(page, 'done');
  await textIs(page, '#job-status', 'failed');
  await textIs(page, '#problem', 'cancelled');
});

test('service page: the server is killed and comes back without the job', options, async () => {
  await serve(...SLOW);
  await show();
  await startOnPage();
  await phaseIs(page, 'connected');
  const { port } = service;
  await service.kill();
  await phaseIs(page, 'reconnecting');
  await serve('--port', port);
  await phaseIs(page, 'unknown');
  await textIs(page, '#problem', /does not know this job/);
});

test('service page: on any code but 1000 tries after 1 2 4 8 and 16 s, and then polls', options, async () => {
  await serve(...SLOW);
  page = await openPage(browser);
  await page.clock.install();
  let tries = 0;
  await page.routeWebSocket(/\/ws\/download\//, (socket) => {
    tries += 1;
    socket.close({ code: 4000 + tries, reason: 'not now' });
  });
  await page.goto(service.url);
  await page.clock.pauseAt(Date.now() + 60000);
  await startOnPage();
  for (const [i, seconds] of [1, 2, 4, 8, 16].entries()) {
    await textIs(page, '#connection-text', `Reconnecting in ${seconds} s`);
    assert.equal(tries, i + 1);
    await page.clock.runFor(seconds * 1000 - 100);
    assert.equal(tries, i + 1, 'not before its time');
    await page.clock.runFor(100);
  }
  await phaseIs(page, 'polling');
  assert.equal(tries, 6);
  const polledUntil = async (selector) => {
    for (const shown = page.locator(selector); !(await shown.isVisible());) await page.clock.runFor(500);
  };
  await polledUntil('#stages .now[data-stage=download]');
  await service.cancel(new URL(page.url()).hash.slice(1));
  await polledUntil('#connection[data-phase=done]');
  await textIs(page, '#problem', 'cancelled');
});
