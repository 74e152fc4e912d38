// The browser module in a real browser, against a real server: what pages, tabs and networks do.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closePage, launch, openPage } from './support/browser.mjs';
import { linkIs, missing, ModuleHost, told, watch } from './support/module_host.mjs';

let browser;
before(async () => { browser = missing ? null : await launch(); });
after(() => browser?.close());

/** A test with a host of its own. */
function hosted(name, options, body) {
  test(`module: ${name}`, { skip: missing, timeout: 60000 }, async () => {
    const host = await ModuleHost.start(options);
    try {
      await body(host);
    } finally {
      await host.stop();
    }
  });
}

for (const transport of ['sse', 'websocket', 'poll']) {
  hosted(`a job from its first event to its last, by ${transport}`, {}, async (host) => {
    const page = await host.page(browser, { transports: [transport] });
    await linkIs(page, { phase: 'connected', transport });
    await host.step(100);
    await host.agrees(page);
    await host.step(100);
    await host.agrees(page);
    await host.post('finish');
    await linkIs(page, { phase: 'closed', reason: 'done' });
    const { state, types } = await host.agrees(page);
    assert.deepEqual([state.done, state.status, state.message, types.done], [true, 'complete', 'all done', 2]);
    await closePage(page);
  });
}

hosted('a reload goes on where the page was, without a snapshot', {}, async (host) => {
  const options = { storage: true };
  const page = await host.page(browser, options);
  await host.step(50);
  const before = await host.agrees(page);
  await host.open(page);
  await host.step(30);
  await watch(page, options);
  const { types, position } = await host.agrees(page);
  assert.equal(types.snapshot, undefined);
  assert.equal(types.reset, undefined);
  assert.equal(types.counted, 30);
  assert.notEqual(position, before.position);
  await host.post('finish');
  await linkIs(page, { phase: 'closed', reason: 'done' });
  await host.open(page);
  await watch(page, options);
  await linkIs(page, { phase: 'closed', reason: 'done', status: 204 });
  assert.deepEqual((await told(page)).types, {});
  await host.agrees(page);
  await closePage(page);
});

hosted('a reload without a store begins with the state', {}, async (host) => {
  const page = await host.page(browser);
  await host.step(50);
  await host.agrees(page);
  await host.open(page);
  await watch(page, {});
  const { types } = await host.agrees(page);
  assert.equal(types.snapshot, 2);
  await closePage(page);
});

hosted('offline and online again', {}, async (host) => {
  const page = await host.page(browser);
  await host.step(20);
  await host.agrees(page);
  await page.context().setOffline(true);
  host.proxy.fault(['cut']);  // a network that is gone takes its connections with it
  await linkIs(page, { phase: 'reconnecting' });
  await host.step(20);
  await page.context().setOffline(false);
  await linkIs(page, { phase: 'connected' });
  const { types } = await host.agrees(page);
  assert.equal(types.reset, undefined);
  await closePage(page);
});

hosted('online cuts a long wait short', {}, async (host) => {
  const page = await host.page(browser, null);
  await page.evaluate(() => {
    window.dice = 0.9999;
    Math.random = () => window.dice;
  });
  await watch(page, { backoff: { base: 600000, cap: 600000 }, heartbeat: 15000, timeout: 15000 });
  await linkIs(page, { phase: 'connected' });
  host.proxy.fault(['cut']);
  await linkIs(page, { phase: 'reconnecting' });
  assert.ok((await told(page)).link.waitMs > 500000);
  await page.evaluate(() => { window.dice = 0; });
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  await linkIs(page, { phase: 'connected' });
  await closePage(page);
});

hosted('a server that was restarted has another history: the page ends with the new state', {}, async (host) => {
  const page = await host.page(browser);
  await host.step(40);
  await host.agrees(page);
  await host.kill();
  await linkIs(page, { phase: 'reconnecting' });
  await host.restart();
  await host.step(5);
  const { types, state } = await host.agrees(page);
  assert.equal(types.reset, 1);
  assert.ok(state.tasks.length < 5);
  await closePage(page);
});

hosted('a network that is dead without a word is noticed', {}, async (host) => {
  for (const transport of ['sse', 'websocket', 'poll']) {
    const page = await host.page(browser, { transports: [transport], pollSeconds: 2 });
    await host.agrees(page);
    host.proxy.silence();
    const before = Date.now();
    await linkIs(page, { phase: 'reconnecting' });
    // 2.5 heartbeats of 400 ms since the last; a poll may be held back for as long as it asked.
    if (transport !== 'poll') assert.ok(Date.now() - before < 10000, `${transport}: after ${Date.now() - before} ms`);
    host.proxy.up();
    await host.step(10);
    await host.agrees(page);
    await closePage(page);
  }
});

hosted('403 is the end, with the words of the server', {}, async (host) => {
  const page = await openPage(browser);
  await page.clock.install();
  await host.open(page);
  let asked = 0;
  page.on('request', () => { asked += 1; });
  await watch(page, { url: '/forbidden' });
  await linkIs(page, { phase: 'closed', reason: 'refused', status: 403, detail: 'not for you' });
  await page.clock.runFor(3600000);
  await page.evaluate(() => fetch('/truth'));
  assert.equal(asked, 2, 'the one that was refused, and the one just now');
  const unknown = await host.page(browser, { topics: ['nobody'] });
  await linkIs(unknown, { phase: 'closed', reason: 'unknown', status: 404 });
  await closePage(page);
  await closePage(unknown);
});

hosted('403 is the end of a WebSocket, too', {}, async (host) => {
  const page = await host.page(browser, { url: '/forbidden', transports: ['websocket'] });
  await linkIs(page, { phase: 'closed', reason: 'refused', status: 403 });
  await closePage(page);
});

hosted('a topic that is not there is named so where nothing but a WebSocket is served', {}, async (host) => {
  const page = await host.page(browser, { url: '/sockets', topics: ['nobody'], transports: ['websocket'] });
  await linkIs(page, { phase: 'closed', reason: 'unknown', status: 404, detail: "no topic 'nobody'" });
  await watch(page, { url: '/sockets', transports: ['websocket'] });
  await linkIs(page, { phase: 'connected' });
  await closePage(page);
});

hosted('commands reach the job over the WebSocket', {}, async (host) => {
  const options = { transports: ['websocket'], heartbeat: 15000 };  // who is busy for a second is not gone
  const page = await host.page(browser, options);
  await host.step(60);
  const { state } = await host.agrees(page);
  const { prompt } = state.prompts[0];
  await page.evaluate((id) => window.connection.answer(id, 'keep', 'job'), prompt);
  await page.waitForFunction((id) => window.store.state.resolved?.prompt === id, prompt);
  const again = await page.evaluate((id) => window.connection.answer(id, 'keep', 'job').then(() => 'taken', ({ code }) => code), prompt);
  assert.equal(again, 'conflict');
  await host.agrees(page);
  await closePage(page);
});

hosted('two tabs share one connection, and either may go', {}, async (host) => {
  const options = { shared: true, heartbeat: 5000 };  // who is busy for a second is not gone
  const first = await host.page(browser, options);
  await linkIs(first, { phase: 'connected', shared: 'holder' });
  await host.step(10);
  await host.agrees(first);
  const second = await first.context().newPage();
  await host.open(second);
  await watch(second, options);
  await linkIs(second, { phase: 'connected', shared: 'listener' });
  const third = await first.context().newPage();
  await host.open(third);
  await watch(third, options);
  await linkIs(third, { phase: 'connected', shared: 'listener' });
  await host.step(20);
  for (const page of [first, second, third]) await host.agrees(page);
  assert.equal(await host.streams(), 1);

  await third.close();
  await first.close();
  await linkIs(second, { phase: 'connected', shared: 'holder' });
  await host.step(20);
  const { types } = await host.agrees(second);
  assert.equal(types.reset, undefined);
  assert.equal(await host.streams(), 1);

  await host.post('finish');
  await linkIs(second, { phase: 'closed', reason: 'done' });
  await host.agrees(second);
  await second.context().close();
});

hosted('a page that is not looked at looks at the clock when it is', {}, async (host) => {
  const page = await openPage(browser);
  await page.clock.install();
  await host.open(page);
  await watch(page, { heartbeat: 60000 });
  await linkIs(page, { phase: 'connected' });
  host.proxy.silence();
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3600000;  // the machine slept for an hour, and no timer ran
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await linkIs(page, { phase: 'reconnecting' });
  await page.context().close();
});
