// The download service's page in a real browser, against the real program (FANFARE_DOWNLOAD_SERVICE: its path).

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { closePage, countIs, fitsItsWidth, isHidden, launch, openPage, phaseIs, textIs } from './support/browser.mjs';
import { Service, serviceCommand, SLOW } from './support/service.mjs';

const options = { skip: serviceCommand ? false : 'FANFARE_DOWNLOAD_SERVICE is not set', timeout: 60000 };

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
  await serve('--rate', '200k');  // 5 s, of which each stage is to be seen
  await show(390);
  await fitsItsWidth(page, 'idle');
  await startOnPage('1000000');
  await phaseIs(page, 'connected');
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await textIs(page, '#round-trip', /^\d+\.\d ms$/);
  await fitsItsWidth(page, 'running');
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=percent]', '100%');
  await textIs(page, '#progress [part=status]', 'Complete');
  assert.equal(await page.getAttribute('#progress [part=bar]', 'aria-valuenow'), '100');
  await countIs(page, '#stages .reached', 6);
  assert.match(await page.getAttribute('#result', 'href'), /^\/files\/job_.*\.bin$/);
  await isHidden(page, '#cancel');
  await fitsItsWidth(page, 'closed');
  await page.reload();
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=percent]', '100%');
});

test('service page: a reload goes on, and cancel ends it', options, async () => {
  await serve(...SLOW);
  await show();
  await startOnPage();
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await page.reload();
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await page.click('#cancel');
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=status]', 'Cancelled');
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
  await phaseIs(page, 'closed');
  await textIs(page, '#problem', /does not know this job/);
});

test('service page: on any code but 1000 tries after 1 2 4 8 and 16 s', options, async () => {
  await serve(...SLOW);
  page = await openPage(browser);
  await page.clock.install();
  const sockets = [];
  await page.routeWebSocket(/\/ws\/download\//, (socket) => {
    if (sockets.push(socket) === 1) socket.connectToServer();
    else setTimeout(() => socket.close({ code: 4000 + sockets.length, reason: 'not now' }), 50);  // once it is open
  });
  await page.goto(service.url);
  await startOnPage();
  await phaseIs(page, 'connected');
  await textIs(page, '#updates', /[1-9]/);
  await page.clock.pauseAt(Date.now() + 60000);
  await sockets[0].close({ code: 4001, reason: 'go away' });
  for (const [i, seconds] of [1, 2, 4, 8, 16].entries()) {
    await textIs(page, '#connection [part=text]', `Reconnecting in ${seconds} s`);
    assert.equal(sockets.length, i + 1);
    await page.clock.runFor(seconds * 1000 - 100);
    assert.equal(sockets.length, i + 1, 'not before its time');
    await page.clock.runFor(100);
  }
  await textIs(page, '#connection [part=text]', 'Reconnecting in 30 s');
});

test('service page: polls where no WebSocket can be had', options, async () => {
  await serve(...SLOW);
  page = await openPage(browser);
  await page.routeWebSocket(/\/ws\/download\//, (socket) => socket.close({ code: 4000 }));  // before it is open
  await page.goto(service.url);
  await startOnPage();
  await phaseIs(page, 'polling');
  await textIs(page, '#transport', 'polling');
  await page.locator('#stages .now[data-stage=download]').waitFor();
  await page.click('#cancel');
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=status]', 'Cancelled');
});
