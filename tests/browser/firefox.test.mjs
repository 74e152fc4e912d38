// Where Firefox is not like Chromium, and what most depends on the browser: streams, storage, locks, the page's life.
// FANFARE_BROWSER=firefox runs the tests of the other files in it, too.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { closePage, launchFirefox, openPage } from './support/browser.mjs';
import { until } from './support/hub.mjs';
import { linkIs, missing as noHost, ModuleHost, told, watch } from './support/module_host.mjs';
import { dataOf, seen, watchPeer, withPage } from './support/peer_page.mjs';
import { Feed, listen } from './support/peers.mjs';

const missing = process.env.FANFARE_FIREFOX ? noHost : 'needs FANFARE_FIREFOX: where Firefox is';
const options = { skip: missing, timeout: 60000 };

let browser;
let host;
before(async () => { if (!missing) browser = await launchFirefox(); });
after(() => browser?.close());

function hosted(name, body) {
  test(`firefox: ${name}`, options, async () => {
    host = await ModuleHost.start();
    try {
      await body();
    } finally {
      await host.stop();
    }
  });
}

const TRANSPORTS = ['sse', 'websocket', 'poll'];
const tagged = (tag, more = '') => TRANSPORTS
  .map((name) => `<${tag} src="/events" topic="job" transports="${name}" ${more}></${tag}>`).join('\n');

async function showElements() {
  const page = await openPage(browser);
  await page.route('**/elements.html', (route) => route.fulfill({
    contentType: 'text/html; charset=utf-8',
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>elements</title><link rel="icon" href="data:,">
      <script type="module" src="/module/fanfare.js"></script><body>
      ${tagged('fanfare-status', 'text')} ${tagged('fanfare-progress')} ${tagged('fanfare-log')}`,
  }));
  await page.goto(`${host.url}elements.html`);
  return page;
}

hosted('the elements show a job to its end, by each transport', async () => {
  const page = await showElements();
  for (const name of TRANSPORTS) {
    const phase = name === 'poll' ? 'polling' : 'connected';
    await page.locator(`fanfare-status[transports=${name}][data-phase=${phase}]`).waitFor();
  }
  await host.step(100);
  await until(async () => {
    const { job } = await host.truth();
    const shown = await page.evaluate(() => [...document.querySelectorAll('fanfare-progress')].map(({ shadowRoot }) =>
      [shadowRoot.querySelectorAll('.task').length, shadowRoot.querySelector('[part=message]').textContent].join()));
    return shown.every((one) => one === `${job.tasks.length},${job.message}`);
  }, 15000);
  await host.post('finish');
  for (const name of TRANSPORTS) {
    await page.locator(`fanfare-progress[transports=${name}][data-state=complete]`).waitFor();
    await page.locator(`fanfare-status[transports=${name}][data-phase=closed]:not([data-problem])`).waitFor();
    const lines = await page.locator(`fanfare-log[transports=${name}] li`).allTextContents();
    assert.equal(lines.filter((line) => /line \d+/.test(line)).length, (await host.truth()).job.log.length, name);
  }
  await closePage(page);
});

hosted('a reload goes on without a snapshot, and a server that was restarted begins anew', async () => {
  const given = { storage: true };
  const page = await host.page(browser, given);
  await host.step(50);
  await host.agrees(page);
  await page.reload();
  await page.waitForFunction(() => window.ready);
  await host.step(30);
  await watch(page, given);
  const resumed = await host.agrees(page);
  assert.deepEqual([resumed.types.snapshot, resumed.types.reset, resumed.types.counted], [undefined, undefined, 30]);

  await host.kill();
  await linkIs(page, { phase: 'reconnecting' });
  await host.restart();
  await host.step(5);
  assert.equal((await host.agrees(page)).types.reset, 1);
  await closePage(page);
});

hosted('two tabs share one connection, and the one that holds it may go', async () => {
  const given = { shared: true, heartbeat: 5000 };  // who is busy for a second is not gone
  const first = await host.page(browser, given);
  await linkIs(first, { phase: 'connected', shared: 'holder' });
  const second = await first.context().newPage();
  await host.open(second);
  await watch(second, given);
  await linkIs(second, { phase: 'connected', shared: 'listener' });
  await host.step(20);
  for (const page of [first, second]) await host.agrees(page);
  assert.equal(await host.streams(), 1);
  await first.close();
  await linkIs(second, { phase: 'connected', shared: 'holder' });
  await host.step(20);
  assert.equal((await host.agrees(second)).types.reset, undefined);
  await second.context().close();
});

hosted('a page that was kept while another was shown connects when it is back', async () => {
  const page = await host.page(browser, { backoff: { base: 600000, cap: 600000 } });
  await linkIs(page, { phase: 'connected' });
  await host.step(10);
  await host.agrees(page);
  await host.proxy.down();
  await linkIs(page, { phase: 'reconnecting' });  // Firefox keeps no page with an open connection
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => { window.kept = persisted; });
    setTimeout(() => { location.href = 'about:blank'; });
  });
  const there = (condition) => until(() => page.evaluate(condition).catch(() => false), 15000);
  await there(() => location.href === 'about:blank');
  host.proxy.up();
  await host.step(10);
  await page.evaluate(() => { setTimeout(() => history.back()); });
  await there(() => window.kept === true);
  await there(() => window.connection.link.phase === 'connected');
  assert.equal((await host.agrees(page)).types.reset, undefined);
  await closePage(page);
});

hosted('a download that is begun breaks off what the page has open, and that goes on, by each transport', async () => {
  const page = await openPage(browser);
  const attachment = { headers: { 'Content-Disposition': 'attachment' }, body: 'file' };
  await page.route('**/file', (route) => route.fulfill(attachment));
  for (const name of TRANSPORTS) {
    await host.open(page);
    await watch(page, { transports: [name] });
    await linkIs(page, { phase: 'connected' });
    await page.evaluate(() => { location.href = '/file'; });
    await page.waitForFunction(() => window.seen.links.some(({ phase }) => phase === 'reconnecting'));
    await host.step(10);
    await host.agrees(page);
    const { links, types } = await told(page);
    assert.deepEqual([links.at(-1).phase, types.reset], ['connected', undefined], name);
  }
  await closePage(page);
});

test('firefox: a WebSocket that it opens without a subprotocol is no way; the event stream is', options, async () => {
  const feed = new Feed();
  const server = createServer(withPage(feed.handle));
  const listening = await listen(server);
  const sockets = new WebSocketServer({ server, handleProtocols: () => false });
  sockets.on('connection', (socket) => socket.send('{"topic":"a","type":"count","data":0}'));
  const origin = `http://127.0.0.1:${listening.port}`;
  const page = await watchPeer(browser, origin, '/', { transports: ['websocket', 'sse'] });
  try {
    await linkIs(page, { phase: 'connected', transport: 'sse' });
    feed.push(1);
    assert.deepEqual(await dataOf(page, 'count', 1), [1], 'and nothing of what came by the WebSocket');
    assert.deepEqual((await seen(page)).links.map(({ phase }) => phase), ['connecting', 'reconnecting', 'connected']);
    await closePage(page);
  } finally {
    sockets.close();
    listening.stop();
  }
});
