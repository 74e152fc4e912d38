// The elements of the browser module, on pages of a few lines, with the mock's streams.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { MockServer } from './mock_server.mjs';
import { closePage, launch, openPage, phaseIs, textIs, WAIT_MS } from './support/browser.mjs';
import { until } from './support/hub.mjs';

let browser;
let mock;
let page;
before(async () => { browser = await launch(); });
after(() => browser?.close());
beforeEach(async () => { mock = await MockServer.start(); });
afterEach(async () => {
  try {
    if (page) await closePage(page);
  } finally {
    page = null;
    await mock.stop();
  }
});

async function show(body, options = {}) {
  page = await openPage(browser, options);
  if (options.clock) await page.clock.install();
  await page.route('**/test.html', (route) => route.fulfill({
    contentType: 'text/html; charset=utf-8',
    headers: options.policy ? { 'Content-Security-Policy': options.policy } : {},
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">
      <script type="module" src="/fanfare/fanfare.js"></script><body>${body}</body></html>`,
  }));
  await page.goto(`${mock.url}test.html`);
}

function runningJob(id, label = 'frames') {
  const job = mock.job(id);
  job.status('running');
  job.register('t1', label, 100);
  return job;
}
const streams = (id) => mock.jobs.get(id).streams.size;
const part = (name) => `fanfare-progress [part=${name}]`;

test('elements: those with the same src share a connection, and the last one closes it', async () => {
  const job = runningJob('a');
  runningJob('b');
  await show(`<fanfare-status src="/jobs/a"></fanfare-status><fanfare-progress src="/jobs/a"></fanfare-progress>
    <fanfare-log src="jobs/a"></fanfare-log><fanfare-toasts src="${mock.url}jobs/a"></fanfare-toasts><div></div>`);
  await textIs(page, part('label'), 'a');
  job.progress('t1', 50);
  await textIs(page, part('percent'), '50%');
  assert.equal(mock.watches('a').length, 1);

  await page.evaluate(() => document.querySelector('div').append(document.querySelector('fanfare-progress')));
  job.progress('t1', 60);
  await textIs(page, part('percent'), '60%');
  assert.equal(mock.watches('a').length, 1, 'one that is moved keeps it');

  await page.evaluate(() => { document.querySelector('fanfare-progress').src = '/jobs/b'; });
  await textIs(page, part('label'), 'b');
  assert.deepEqual([streams('a'), streams('b')], [1, 1]);
  await page.evaluate(() => document.body.replaceChildren());
  await until(() => streams('a') + streams('b') === 0);
});

test('elements: topics of one src come over one connection', async () => {
  const requests = [];
  let response;
  mock.intercept = (request, answer, url) => {
    if (url.pathname !== '/many') return false;
    requests.push(url.searchParams.getAll('topic'));
    response = answer;
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const topic of url.searchParams.getAll('topic')) say('snapshot', topic, { job: topic, status: 'running', percent: topic.length, tasks: [], prompts: [], log: [] });
    return true;
  };
  const say = (type, topic, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ topic, seq: 1, type, data })}\n\n`);
  await show('<fanfare-progress src="/many" topic="x"></fanfare-progress><fanfare-progress src="/many" topic="four"></fanfare-progress>');
  await textIs(page, `${part('label')} >> nth=0`, 'x');
  await textIs(page, `${part('percent')} >> nth=0`, '1%');
  await textIs(page, `${part('percent')} >> nth=1`, '4%');
  say('status', 'four', { status: 'running', percent: 44 });
  await textIs(page, `${part('percent')} >> nth=1`, '44%');
  assert.equal(await page.locator(part('percent')).first().textContent(), '1%');
  assert.deepEqual(requests, [['x', 'four']]);
  await page.evaluate(() => { document.body.innerHTML = '<fanfare-progress src="/many"></fanfare-progress><fanfare-progress src="/many" topic="one"></fanfare-progress>'; });
  for (const at of [0, 1]) await textIs(page, `${part('label')} >> nth=${at}`, 'one');
  assert.deepEqual(requests.slice(1), [['one']]);
});

test('elements: bars say to all what they show', async () => {
  const job = runningJob('a', 'render');
  job.register('t2', 'sound');
  await show('<fanfare-progress src="/jobs/a" label="My film"></fanfare-progress>');
  const [whole, render, sound] = ['My film', 'render', 'sound'].map((name) => page.getByRole('progressbar', { name, exact: true }));
  await sound.waitFor();
  job.progress('t1', 50, { rate: 10, eta: 5 });
  await textIs(page, '.task:nth-child(1) .meta', '50 B of 100 B10 B/s5 s left');
  assert.deepEqual(await render.evaluate((bar) => ['valuemin', 'valuemax', 'valuenow', 'valuetext'].map((name) => bar.getAttribute(`aria-${name}`))),
    ['0', '100', '50', '50%, 50 B of 100 B']);
  assert.equal(await sound.getAttribute('aria-valuenow'), null, 'its size is not known');
  assert.equal(await whole.getAttribute('aria-valuenow'), '25');
  job.finish('t1');
  job.finish('t2', 'error', 'no microphone');
  job.end('error', 'half of it failed');
  await textIs(page, part('status'), 'Failed');
  await textIs(page, part('message'), 'half of it failed');
  assert.equal(await whole.getAttribute('aria-valuenow'), '50', 'failed is not whole');
  assert.equal(await page.locator('.task[data-state=error] .message').textContent(), 'no microphone');
  assert.equal(await page.locator('fanfare-progress').getAttribute('data-state'), 'error');
});

test('elements: what happens is told, but not all of it', async () => {
  const job = runningJob('a');
  for (let i = 2; i <= 20; i += 1) job.register(`t${i}`, `file ${i}`, 100);
  await show('<fanfare-progress src="/jobs/a"></fanfare-progress>');
  await page.locator('.task').nth(19).waitFor();
  await page.evaluate(() => {
    globalThis.said = [];
    const live = document.querySelector('fanfare-progress').shadowRoot.querySelector('[role=status]');
    new MutationObserver(() => globalThis.said.push({ text: live.textContent, at: performance.now() })).observe(live, { childList: true, characterData: true, subtree: true });
  });
  for (let at = 5; at <= 60; at += 5) {
    for (let i = 1; i <= 20; i += 1) job.progress(`t${i}`, at);
    await textIs(page, '.task:last-child .word', `${at}%`);
  }
  for (let i = 1; i <= 10; i += 1) {
    job.finish(`t${i}`);
    await textIs(page, `.task:nth-child(${i}) .word`, 'Complete');
  }
  for (let i = 11; i <= 20; i += 1) job.finish(`t${i}`);
  await textIs(page, '.task:last-child .word', 'Complete');
  job.end();
  await textIs(page, 'fanfare-progress [role=status]', /All done\./);
  const said = await page.evaluate(() => globalThis.said);
  // Of 23 that could be said: how many are, is a matter of how fast the machine is.
  const pauses = said.slice(1).map(({ at }, i) => at - said[i].at);
  assert.ok(pauses.every((pause) => pause > 1900), `too chatty: ${JSON.stringify(said)}`);
  assert.match(said[0].text, /25% done\./);
  assert.match(said.map(({ text }) => text).join(' '), /[0-9]+ tasks complete\./);
});

test('elements: a loss is shown and told once, a return too', async () => {
  const job = runningJob('a');
  await show('<fanfare-status src="/jobs/a" text></fanfare-status><fanfare-progress src="/jobs/a"></fanfare-progress>');
  const status = page.locator('fanfare-status');
  await status.and(page.locator('[data-phase=connected]')).waitFor();
  assert.equal(await status.locator('.box').getAttribute('title'), 'Connected. By event stream.');
  mock.intercept = (request, response) => Boolean(response.destroy());
  job.cut();
  await textIs(page, 'fanfare-status [part=text]', /^Reconnecting/);
  await textIs(page, 'fanfare-status [role=status]', 'The connection is lost. Trying again.');
  await page.locator('fanfare-progress[data-stale]').waitFor();
  mock.intercept = null;
  // It may have come to wait for long meanwhile, and who has a network again does not.
  await until(() => page.evaluate(() => dispatchEvent(new Event('online')) && document.querySelector('fanfare-status').dataset.phase === 'connected'), WAIT_MS);
  await page.locator('fanfare-progress:not([data-stale])').waitFor();
  await textIs(page, 'fanfare-status [role=status]', 'Connected again.');
  mock.jobs.delete('a');
  job.cut();
  await page.locator('fanfare-status[data-phase=closed][data-problem]').waitFor();
  await textIs(page, part('status'), 'Lost');
});

test('elements: beside a title that takes the width, the word of the status stays whole', async () => {
  runningJob('a');
  await show(`<header style="display: flex; width: 12rem; overflow-wrap: anywhere"><h1>${'wide '.repeat(9)}</h1>
    <fanfare-status src="/jobs/a" text></fanfare-status></header>`);
  await textIs(page, 'fanfare-status [part=text]', 'Connected');
  const lines = await page.locator('fanfare-status [part=text]').evaluate((text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getClientRects().length;
  });
  assert.equal(lines, 1);
});

test('elements: nothing that is sent becomes markup', async () => {
  const evil = '<img src=x onerror="document.title=1">';
  const job = mock.job('a');
  job.status(evil, { stage: evil, message: evil });
  job.register('t1', evil, 5);
  job.log(evil, evil);
  job.ask('p', evil);
  await show(`<fanfare-status src="/jobs/a" text></fanfare-status><fanfare-progress src="/jobs/a"></fanfare-progress><fanfare-log src="/jobs/a"></fanfare-log>
    <fanfare-log id="events" events src="/jobs/a"></fanfare-log><fanfare-toasts src="/jobs/a" types="odd" timeout="0"></fanfare-toasts>`);
  await page.locator('.task').waitFor();
  job.publish('odd', { level: evil, title: evil, message: evil });
  job.progress('t1', 1, { message: evil });
  await page.locator('fanfare-toasts li').waitFor();
  await page.locator('#events li').nth(2).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.title(), 'test');
  assert.match(await page.locator('fanfare-toasts li').textContent(), /onerror/);
});

test('elements: colours are the page\'s, or those of its scheme', async () => {
  const job = runningJob('a');
  job.progress('t1', 50);
  await show(`<fanfare-progress src="/jobs/a" class="plain"></fanfare-progress>
    <div style="color-scheme: dark"><fanfare-progress src="/jobs/a" class="dark"></fanfare-progress></div>
    <fanfare-progress src="/jobs/a" class="own" style="--fanfare-accent: rgb(1, 2, 3); --fanfare-job-bar-height: 30px"></fanfare-progress>`);
  await page.locator('.own .task').waitFor();
  const looks = (name) => page.evaluate((selector) => {
    const bar = document.querySelector(selector).shadowRoot.querySelector('[part=bar]');
    return [getComputedStyle(bar.firstChild).backgroundColor, bar.getBoundingClientRect().height];
  }, name);
  assert.deepEqual(await looks('.plain'), ['rgb(75, 88, 214)', 14]);
  assert.deepEqual(await looks('.dark'), ['rgb(143, 155, 255)', 14], 'in the scheme of its place, not of the system');
  assert.deepEqual(await looks('.own'), ['rgb(1, 2, 3)', 30]);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.plain').shadowRoot.querySelector('[part=fill]')).transitionProperty), 'none',
    'who wants less motion gets none');
});

test('elements: a strict policy for scripts and styles is no obstacle', async () => {
  const job = runningJob('a');
  await show('<fanfare-status src="/jobs/a"></fanfare-status><fanfare-progress src="/jobs/a"></fanfare-progress>',
    { policy: "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:" });
  await page.evaluate(() => addEventListener('securitypolicyviolation', (event) => { throw new Error(event.violatedDirective); }));
  job.progress('t1', 50);
  await textIs(page, part('percent'), '50%');
  const fill = page.locator(part('fill')).first();
  assert.equal(await fill.evaluate((bar) => getComputedStyle(bar).transform !== 'none' && bar.parentElement.style.getPropertyValue('--_value')), '0.5');
});

test('elements: toasts go after a while, but not from under the pointer', async () => {
  await show('<fanfare-toasts timeout="1000" max="2"></fanfare-toasts>', { clock: true });
  const toasts = page.locator('fanfare-toasts li');
  const say = (toast) => page.evaluate((given) => document.querySelector('fanfare-toasts').show(given), toast);
  await page.waitForFunction(() => customElements.get('fanfare-toasts'));
  await page.clock.pauseAt(Date.now() + 60000);
  await say({ title: 'One', text: 'first' });
  assert.equal(await page.locator('fanfare-toasts [role=status]').textContent(), 'One: first');
  await page.clock.runFor(1000);
  assert.equal(await toasts.count(), 0);
  for (const text of ['two', 'three', 'four']) await say({ text, tone: 'error' });
  assert.deepEqual(await toasts.locator('p').allTextContents(), ['three', 'four'], 'the newest that fit');
  assert.equal(await page.locator('fanfare-toasts [role=alert]').textContent(), 'four');
  await toasts.first().hover();
  await page.clock.runFor(5000);
  assert.equal(await toasts.count(), 2);
  await say({ text: 'five' });
  await page.clock.runFor(5000);
  assert.deepEqual(await toasts.locator('p').allTextContents(), ['four', 'five'], 'those that come meanwhile stay too');
  await page.mouse.move(0, 0);
  // The page is told in a frame to come; only from then on they age.
  for (const end = Date.now() + 5000; await toasts.count() > 0 && Date.now() < end;) await page.clock.runFor(1000);
  assert.equal(await toasts.count(), 0);
  await say({ text: 'stays', timeout: 0 });
  await page.clock.runFor(60000);
  await toasts.getByRole('button', { name: 'Dismiss' }).click();
  assert.equal(await toasts.count(), 0);
});

test('elements: who dismisses toasts by keyboard goes on to the next, and in the end back', async () => {
  await show('<button id="before">before</button><fanfare-toasts timeout="0"></fanfare-toasts>');
  await page.waitForFunction(() => customElements.get('fanfare-toasts'));
  const say = (...texts) => page.evaluate((given) => { for (const text of given) document.querySelector('fanfare-toasts').show({ text }); }, texts);
  const focused = () => page.evaluate(() => {
    const inner = document.activeElement.shadowRoot?.activeElement;
    return inner ? inner.closest('li').querySelector('p').textContent : document.activeElement.id || document.activeElement.tagName;
  });
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
    return focused();
  };
  await say('one', 'two', 'three');
  await page.focus('#before');
  assert.equal(await press('Tab', 'Tab'), 'two');
  assert.equal(await press('Enter'), 'three', 'the next');
  assert.equal(await press('Space'), 'one', 'the one before, since there is no next');
  assert.equal(await press('Enter'), 'before', 'where it was');

  await say('one', 'two');
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
  assert.equal(await focused(), 'before', 'the pointer takes no focus to the next, which then would stay');

  assert.equal(await press('Tab'), 'two');
  await page.evaluate(() => document.querySelector('#before').remove());
  assert.equal(await press('Enter'), 'BODY', 'it is not on the page any more');
  await say('last');
  assert.equal(await press('Tab'), 'last');
  await page.evaluate(() => document.querySelector('fanfare-toasts').clear());
  assert.equal(await focused(), 'BODY');
});

test('elements: who came to the toasts from the log gets back to it', async () => {
  await show('<fanfare-log></fanfare-log><fanfare-toasts timeout="0"></fanfare-toasts>');
  await page.waitForFunction(() => customElements.get('fanfare-toasts') && customElements.get('fanfare-log'));
  await page.evaluate(() => {
    document.querySelector('fanfare-log').add({ message: 'a line' });
    document.querySelector('fanfare-toasts').show({ text: 'one' });
  });
  await page.locator('fanfare-log [role=log]').focus();
  const focused = () => page.evaluate(() => document.activeElement.localName);
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'fanfare-toasts');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'fanfare-log');
});

test('elements: the log shows lines from a level up, within its bound; or every event', async () => {
  const job = runningJob('a');
  for (const level of ['debug', 'info', 'warning', 'error']) job.log(`a ${level} line`, level);
  await show(`<fanfare-log id="all" src="/jobs/a" max="3"></fanfare-log><fanfare-log id="some" src="/jobs/a" level="warning"><p>empty</p></fanfare-log>
    <fanfare-log id="events" src="/jobs/a" events hide="progress"></fanfare-log><fanfare-log id="own"><p>empty</p></fanfare-log>`);
  const texts = (id) => page.locator(`#${id} li:visible .text`).allTextContents();
  await page.locator('#all li').nth(2).waitFor();
  assert.deepEqual(await texts('all'), ['a info line', 'warning a warning line', 'error a error line']);
  await page.locator('#some li').nth(1).waitFor();
  assert.deepEqual(await texts('some'), ['warning a warning line', 'error a error line']);
  job.log('one more');
  await textIs(page, '#all li:last-child .text', 'one more');
  assert.equal((await texts('all')).length, 3);
  job.progress('t1', 7);
  job.log('the last');
  await textIs(page, '#events li:last-child .text', /the last/);
  assert.equal(await page.locator('#events li[data-type=progress]:visible').count(), 0);
  await page.evaluate(() => document.querySelector('#events').removeAttribute('hide'));
  await page.locator('#events li[data-type=progress]').waitFor();
  await page.locator('#own p').waitFor();
  await page.evaluate(() => document.querySelector('#own').add({ message: 'mine' }));
  await page.evaluate(() => document.querySelector('#own').add({ message: 'theirs', level: 'notice' }));
  assert.deepEqual(await texts('own'), ['mine', 'notice theirs'], 'a level of others is one to show');
  assert.equal(await page.locator('#own p').isVisible(), false);
  await page.evaluate(() => document.querySelector('#own').clear());
  await page.locator('#own p').waitFor();
});

test('elements: of a burst of events only those are drawn that stay', async () => {
  const job = runningJob('a');
  await show('<fanfare-log src="/jobs/a" events max="5"></fanfare-log>');
  await page.locator('fanfare-log li').waitFor();
  await page.evaluate(() => {
    globalThis.drawn = 0;
    const count = (records) => { for (const { addedNodes } of records) globalThis.drawn += addedNodes.length; };
    new MutationObserver(count).observe(document.querySelector('fanfare-log').shadowRoot.querySelector('ol'), { childList: true });
  });
  for (let i = 1; i <= 5000; i += 1) job.log(`line ${i}`);
  await textIs(page, 'fanfare-log li:last-child .text', /line 5000/);
  assert.deepEqual((await page.locator('fanfare-log li .text').allTextContents()).map((text) => text.match(/line (\d+)/)?.[1]), ['4996', '4997', '4998', '4999', '5000']);
  const drawn = await page.evaluate(() => globalThis.drawn);
  assert.ok(drawn < 1000, `${drawn} of 5000 were drawn`);
});

test('elements: what is not there takes no place, and figures stand in columns', async () => {
  const job = mock.job('a');
  job.status('running');
  await show('<fanfare-progress src="/jobs/a"></fanfare-progress><fanfare-progress src="/jobs/a" id="told"><p slot="empty">none yet</p></fanfare-progress>');
  for (const at of [0, 1]) await textIs(page, `${part('status')} >> nth=${at}`, 'Running');
  const rest = () => page.evaluate(() => [...document.querySelectorAll('fanfare-progress')].map((element) =>
    element.getBoundingClientRect().height - element.shadowRoot.querySelector('.job').getBoundingClientRect().height));
  const [bare, told] = await rest();
  assert.equal(bare, 0, 'no task, no list, no gap');
  assert.ok(told > 20, 'what is said in place of tasks is there');
  job.register('t1', 'first', 100);
  job.progress('t1', 50, { rate: 10, eta: 5 });
  await page.locator('.task').nth(1).waitFor();
  assert.ok((await rest()).every((height) => height > 40));

  await textIs(page, part('amount'), '50 B of 100 B');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForFunction(() => innerWidth === 390);
  const figures = await page.locator('fanfare-progress .figures').first().evaluate((list) => [...list.children].map(({ offsetLeft, offsetTop }) => [offsetLeft, offsetTop]));
  assert.equal(figures[0][0], figures[2][0], 'the figures of a narrow place stand in columns');
  assert.equal(figures[1][0], figures[3][0]);

  mock.intercept = (request, response) => Boolean(response.destroy());
  job.cut();
  await page.locator('fanfare-progress[data-stale]').first().waitFor();
  const said = await page.locator('fanfare-progress .figures').first().evaluate((list) => [...list.children].map(({ innerText }) => innerText.split('\n')));
  assert.deepEqual(said, [['Done', '50 B of 100 B'], ['Speed', '\u2013'], ['Time left', '\u2013'], ['Tasks', '0 of 1']], 'what is only true at the moment is not known');
});

test('elements: the page hears the events, and may give the state or the source itself', async () => {
  const job = runningJob('a');
  await show('<fanfare-progress show="job"></fanfare-progress><fanfare-status id="connection"></fanfare-status>');
  await page.evaluate(async () => {
    const { Source, jobStore } = await import('/fanfare/fanfare.js');
    const progress = document.querySelector('fanfare-progress');
    globalThis.heard = [];
    for (const name of ['fanfare-event', 'fanfare-state', 'fanfare-link']) {
      progress.addEventListener(name, ({ detail }) => globalThis.heard.push(`${name} ${detail.type ?? detail.percent ?? detail.phase}`));
    }
    progress.state = { ...jobStore().state, loaded: true, status: 'running', percent: 33 };
    globalThis.use = () => {
      progress.state = null;
      progress.source = document.querySelector('fanfare-status').source = new Source('/jobs/a', { transports: ['sse'] });
    };
  });
  await textIs(page, part('percent'), '33%');
  assert.equal(mock.watches('a').length, 0);
  await page.evaluate(() => globalThis.use());
  await phaseIs(page, 'connected');
  job.progress('t1', 40);
  await textIs(page, part('percent'), '40%');
  assert.equal(mock.watches('a').length, 1);
  assert.equal(await page.locator('.task').count(), 0, 'only the job is shown');
  const heard = await page.evaluate(() => globalThis.heard);
  for (const one of ['fanfare-link connecting', 'fanfare-link connected', 'fanfare-event snapshot', 'fanfare-event progress', 'fanfare-state 40']) {
    assert.ok(heard.includes(one), `${one} is not in ${heard}`);
  }
});

test('elements: parts stand below what they are parts of, and thousands are not all drawn', async () => {
  await show('<fanfare-progress></fanfare-progress>');
  await page.evaluate(async () => {
    const { jobStore } = await import('/fanfare/fanfare.js');
    const progress = document.querySelector('fanfare-progress');
    const task = (id, parent) => ({ task: id, parent, label: id, unit: '', weight: 1, current: 1, total: 2, rate: null, eta: null, status: 'running', message: '' });
    progress.max = 6;
    progress.state = { ...jobStore().state, loaded: true, tasks: [task('a', ''), task('b', ''), task('a1', 'a'), task('b1', 'b'), task('a11', 'a1'), task('ring', 'ring'),
      ...Array.from({ length: 5000 }, (_, i) => task(`n${i}`, ''))] };
  });
  await textIs(page, '.more', 'and 5000 more');
  assert.deepEqual(await page.locator('.task .name').allTextContents(), ['a', 'a1', 'a11', 'b', 'b1', 'ring']);
  assert.deepEqual(await page.locator('.task').evaluateAll((rows) => rows.map((row) => row.style.getPropertyValue('--_depth'))), ['0', '1', '2', '0', '1', '0']);
});
