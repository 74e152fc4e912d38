// The notification hub's page in a real browser, against the real program (FANFARE_NOTIFICATION_HUB: its path).

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { closePage, fitsItsWidth, launch, openPage, phaseIs, textIs } from './support/browser.mjs';
import { Hub, hubCommand, until } from './support/hub.mjs';

const options = { skip: hubCommand ? false : 'FANFARE_NOTIFICATION_HUB is not set', timeout: 60000 };
let browser;
let hub;
let pages;

before(async () => {
  if (hubCommand) browser = await launch();
});
after(() => browser?.close());
beforeEach(() => { pages = []; });
afterEach(async () => {
  try {
    for (const page of pages) await closePage(page);
  } finally {
    await hub?.kill();
  }
});

async function serve(...args) {
  hub = await Hub.start(...args);
}

async function show(query = '', settings = {}) {
  const page = await openPage(browser, settings);
  pages.push(page);
  await page.goto(hub.url + query);
  return page;
}

async function connected(query, settings) {
  const page = await show(query, settings);
  await phaseIs(page, 'connected');
  return page;
}

const toast = (page, text) => page.locator('#toasts li').filter({ hasText: text });
const logged = (page, type) => page.locator(`#log li[data-type=${type}]`);

/** The log draws a moment after the toasts: it has so many lines of the type, and no more. */
async function isLogged(page, type, count) {
  await logged(page, type).nth(count - 1).waitFor();
  assert.equal(await logged(page, type).count(), count);
}

async function broadcast(page, type, data, { session = '', listens = '' } = {}) {
  await page.selectOption('#event-type', type);
  await page.fill('#data', JSON.stringify(data));
  await page.fill('#session-filter', session);
  await page.selectOption('#subscription-filter', listens);
  await page.click('#broadcast-form button');
}

test('hub page: connects by itself, and shows what it broadcasts', options, async () => {
  await serve();
  const page = await connected();
  await textIs(page, '#connection [part=text]', 'Connected');
  await textIs(page, '#transport', 'event stream');
  await textIs(page, '#connection-id', /^r\d+$/);
  await textIs(page, '#session', /^[0-9a-z]{26}$/);
  await logged(page, 'connected').waitFor();
  await broadcast(page, 'system', { level: 'warning', message: 'mind the <b>gap</b>' });
  await textIs(page, '#broadcast-said', 'Sent.');
  await textIs(page, '#toasts li[data-tone=warning] p', 'mind the <b>gap</b>');
  assert.match(await logged(page, 'system').textContent(), /mind the <b>gap<\/b>/);
  await page.click('#toasts li button');
  await toast(page, 'gap').waitFor({ state: 'detached' });

  await page.fill('#data', '{"level":');
  await page.click('#broadcast-form button');
  await textIs(page, '#broadcast-problem', /not JSON/);
  await broadcast(page, 'system', { level: 'loud' });
  await textIs(page, '#broadcast-problem', /level: expected one of/);
  await page.click('#clear');
  assert.equal(await page.locator('#log li').count(), 0);
});

test('hub page: a bar for each operation, until it is complete', options, async () => {
  await serve();
  await hub.say('summary_progress', { operation_id: 'a', message: 'First', progress: 1, total: 4, current_video: 'Intro' });
  const page = await connected();
  await hub.say('summary_progress', { operation_id: 'b', message: 'Second', progress: 30 });
  const first = page.locator('#operations .task').filter({ hasText: 'First' });
  await page.locator('#operations .task').filter({ hasText: 'Second' }).getByText('30%').waitFor();
  assert.equal(await first.locator('.amount').textContent(), '1 of 4');
  assert.equal(await first.locator('.message').textContent(), 'Intro');
  assert.equal(await page.getByRole('progressbar', { name: 'First' }).getAttribute('aria-valuenow'), '25');
  await hub.say('summary_progress', { operation_id: 'a', message: 'First', progress: 3, total: 4 });
  await first.getByText('3 of 4').waitFor();
  await hub.say('summary_complete', { operation_id: 'a', status: 'complete', message: 'First is ready' });
  await page.locator('#operations .task[data-state=complete]').waitFor();
  await toast(page, 'First is ready').waitFor();
  assert.equal(await page.locator('#operations .task').count(), 2);
});

test('hub page: what is for one session is shown there alone', options, async () => {
  await serve();
  const alice = await connected('?session=alice');
  const bob = await connected('?session=bob');
  await broadcast(bob, 'system', { level: 'info', message: 'a word to alice' }, { session: 'alice' });
  await toast(alice, 'a word to alice').waitFor();
  await broadcast(bob, 'system', { level: 'info', message: 'a word to all' });
  await toast(bob, 'a word to all').waitFor();
  await isLogged(bob, 'system', 1);
  await isLogged(alice, 'system', 2);
});

test('hub page: the filter, and who is connected', options, async () => {
  await serve();
  const page = await connected('?session=me');
  await page.uncheck('#filter input[value=system]');
  await textIs(page, '#rows tr.own .filter', /^summary_progress, summary_complete$|^summary_complete, summary_progress$/);
  await textIs(page, '#rows tr.own .session', 'me');
  await textIs(page, '#total', '1');
  await hub.say('system', { message: 'not for it' });
  await hub.say('summary_complete', { message: 'for it' });
  await isLogged(page, 'summary_complete', 1);
  assert.equal(await logged(page, 'system').count(), 0);
  await page.uncheck('#filter input[value=summary_progress]');
  await page.uncheck('#filter input[value=summary_complete]');
  await phaseIs(page, 'idle');
  await textIs(page, '#stream-problem', 'Choose at least one type.');
  await page.check('#filter input[value=system]');
  await phaseIs(page, 'connected');
  await hub.say('system', { message: 'wanted again' });
  await toast(page, 'wanted again').waitFor();
  await isLogged(page, 'system', 1);
});

test('hub page: disconnect and connect, and nothing is missed', options, async () => {
  await serve();
  const page = await connected();
  await logged(page, 'snapshot').waitFor();
  await hub.say('system', { message: 'one' });
  await toast(page, 'one').waitFor();
  await page.click('#disconnect');
  await phaseIs(page, 'idle');
  await textIs(page, '#connection [part=text]', 'Disconnected');
  await until(async () => (await hub.status()).total === 0);
  await hub.say('system', { message: 'while away' });
  await page.uncheck('#filter input[value=summary_complete]');
  await phaseIs(page, 'idle');
  await page.click('#connect');
  await toast(page, 'while away').waitFor();
  await isLogged(page, 'system', 2);
});

test('hub page: the server is killed and comes back', options, async () => {
  await serve();
  const page = await connected();
  await logged(page, 'snapshot').waitFor();
  const { port } = hub;
  await hub.kill();
  await phaseIs(page, 'reconnecting');
  const dot = await page.evaluate(() => getComputedStyle(document.querySelector('#connection').shadowRoot.querySelector('.dot')).backgroundColor);
  assert.equal(dot, await colour(page, '--bad'));
  await serve('--port', port);
  await phaseIs(page, 'connected');
  await logged(page, 'reset').waitFor();
  await hub.say('system', { message: 'back again' });
  await toast(page, 'back again').waitFor();
});

function colour(page, name) {
  return page.evaluate((variable) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  }, name);
}

test('hub page: tries after 1 2 4 8 and 16 s, and then polls', options, async () => {
  await serve();
  const page = await openPage(browser);
  pages.push(page);
  await page.clock.install();
  let tries = 0;
  let broken = false;
  await page.route(/\/events\?/, (route) => {
    if (!route.request().headers().accept.includes('text/event-stream') || !broken) return route.continue();
    tries += 1;
    return route.abort();
  });
  await page.goto(hub.url);
  await phaseIs(page, 'connected');
  await logged(page, 'snapshot').waitFor();
  const { port } = hub;
  broken = true;
  await hub.say('system', { message: 'the last by stream' });
  await toast(page, 'the last by stream').waitFor();
  await page.clock.pauseAt(Date.now() + 60000);
  await hub.kill();
  await serve('--port', port);
  for (const [i, seconds] of [1, 2, 4, 8, 16].entries()) {
    await textIs(page, '#connection [part=text]', `Reconnecting in ${seconds} s`);
    assert.equal(tries, i);
    await page.clock.runFor(seconds * 1000 - 100);
    assert.equal(tries, i, 'not before its time');
    await page.clock.runFor(100);
  }
  await phaseIs(page, 'polling');
  assert.equal(tries, 5);
  await textIs(page, '#transport', 'long polls');
  await hub.say('summary_progress', { operation_id: 'p', message: 'By poll', progress: 1, total: 2 });
  for (const bar = page.locator('#operations .task').filter({ hasText: 'By poll' }); !(await bar.isVisible());) {
    await page.clock.runFor(50);  // bars are drawn by timers
  }
  await hub.say('system', { message: 'by poll too' });
  await toast(page, 'by poll too').waitFor();
  await page.clock.runFor(50);
  assert.equal(await logged(page, 'system').filter({ hasText: 'by poll too' }).count(), 1, 'once');
  broken = false;
  await page.click('#connect');
  await phaseIs(page, 'connected');
  await hub.say('system', { message: 'by stream again' });
  await toast(page, 'by stream again').waitFor();
  assert.equal(await logged(page, 'system').filter({ hasText: 'by poll too' }).count(), 1, 'nor again by stream');
});

test('hub page: who has to sign in is asked to', options, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-users-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'users'), 'alice:open sesame\n');
  await serve('--users', join(folder, 'users'));
  const page = await show();
  await page.locator('#login').waitFor();
  assert.equal(await page.locator('#hub').isVisible(), false);
  await page.fill('#user', 'alice');
  await page.fill('#password', 'wrong');
  await page.click('#login button');
  await textIs(page, '#login-problem', 'no such user, or another password');
  await page.fill('#password', 'open sesame');
  await page.click('#login button');
  await phaseIs(page, 'connected');
  await textIs(page, '#session', 'alice');
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees the cookie');
  await page.reload();
  await phaseIs(page, 'connected');
  await page.click('#logout');
  await page.locator('#login').waitFor();
  await page.reload();
  await page.locator('#login').waitFor();
});

test('hub page: a stream that is refused to who is signed in is not asked for without end', options, async () => {
  await serve();
  const page = await openPage(browser);
  pages.push(page);
  let refuses = true;
  const asked = { session: 0, events: 0 };
  await page.route(/\/session/, (route) => {
    asked.session += 1;
    return route.continue();
  });
  await page.route(/\/events\?/, (route) => {
    asked.events += 1;
    return refuses ? route.fulfill({ status: 401, contentType: 'application/json', body: '{"error": "not for you"}' }) : route.continue();
  });
  await page.goto(hub.url);
  await textIs(page, '#login-problem', 'not for you');
  assert.deepEqual(asked, { session: 2, events: 2 });
  assert.equal(await page.locator('#hub').isVisible(), false);

  await page.route(/\/login/, (route) => route.fulfill({ status: 204 }));
  await page.fill('#user', 'alice');
  await page.fill('#password', 'open sesame');
  const again = page.waitForResponse(/\/events\?/);
  await page.click('#login button');
  await again;
  await textIs(page, '#login-problem', 'not for you');
  assert.deepEqual(asked, { session: 3, events: 3 });

  refuses = false;
  await page.fill('#password', 'open sesame');
  await page.click('#login button');
  await phaseIs(page, 'connected');
  assert.equal(await page.locator('#login').isVisible(), false);
});

test('hub page: the demo is alive, and everything fits into 390 px', options, async () => {
  await serve('--demo', '60');
  const page = await connected('', { width: 390, height: 844 });
  await page.locator('#operations .task').nth(1).waitFor();
  await page.locator('#operations .task[data-state=complete]').first().waitFor();
  await page.locator('#toasts li').first().waitFor();
  await fitsItsWidth(page, 'with bars, toasts and a table');
  await page.setViewportSize({ width: 1280, height: 900 });
  await fitsItsWidth(page, 'wide');
});
