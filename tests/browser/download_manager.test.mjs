// The download manager's page in a real browser, against the real program (FANFARE_DOWNLOAD_MANAGER: its path), or
// against mock_program.mjs (FANFARE_TEST_MOCK=1). What is downloaded comes from a file server of this test, which holds
// a file in the middle until told to go on: so "half way" is a place, not a moment.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import {
  closePage, countIs, fitsItsWidth, isHidden, launch, openPage, phaseIs, textIs, titleIs,
} from './support/browser.mjs';
import { FileServer } from './support/file_server.mjs';
import { downloadManager, Program } from './support/program.mjs';

const command = downloadManager();
const options = { skip: command ? false : 'FANFARE_DOWNLOAD_MANAGER is not set' };
const SIZE = 2 << 20;
const HALF = { size: SIZE, hold: SIZE / 2 };

let browser;
let files;
let dir;
let program;
let page;

before(async () => {
  if (!command) return;
  browser = await launch();
  files = await FileServer.start();
});
after(async () => {
  await browser?.close();
  await files?.stop();
});
beforeEach(async () => {
  if (!command) return;
  files.hold();
  dir = await mkdtemp(join(tmpdir(), 'fanfare-browser-'));
  program = await serve(0);
  page = await openPage(browser);
  await page.goto(program.url);
  await phaseIs(page, 'idle');
});
afterEach(async () => {
  if (!command) return;
  files.release();
  try {
    await closePage(page);
  } finally {
    await program.kill();
    await rm(dir, { recursive: true });
  }
});

function serve(port) {
  return Program.start(command, ['--port', String(port), '--address', '127.0.0.1', '--dir', dir]);
}

async function start(urls, { parallel } = {}) {
  await page.fill('#urls', urls.join('\n'));
  if (parallel) await page.fill('#parallel', String(parallel));
  await page.click('#start-button');
}

const fileRow = (name) => page.locator('#files .task').filter({ hasText: name });
const atLeast = (percent) => page.waitForFunction((least) => parseInt(document.querySelector('#progress').shadowRoot.querySelector('[part=percent]').textContent, 10) >= least, percent);

async function isComplete(count) {
  await textIs(page, '#progress [part=status]', 'Complete');
  await textIs(page, '#progress [part=percent]', '100%');
  await textIs(page, '#progress [part=count]', `${count} of ${count}`);
  await phaseIs(page, 'closed');
  await countIs(page, '#files .task[data-state=complete]', count);
  await countIs(page, '#files .task', count);
  assert.equal(await page.getAttribute('#progress [part=bar]', 'aria-valuenow'), '100');
  await isHidden(page, '#notice');
}

test('page: a download from 0 to 100 %', options, async () => {
  await start([files.url('one.bin', HALF), files.url('two.bin', { size: SIZE })]);
  await phaseIs(page, 'connected');
  await textIs(page, '#connection [part=text]', 'Connected');
  await fileRow('two.bin').and(page.locator('[data-state=complete]')).waitFor();
  await textIs(page, '#files .task:nth-child(1) .word', /^(49|50)%$/);
  await textIs(page, '#files .task:nth-child(1) .amount', '1.0 MB of 2.1 MB');
  const bar = fileRow('one.bin').getByRole('progressbar', { name: 'one.bin' });
  assert.match(await bar.getAttribute('aria-valuetext'), /1\.0 MB of 2\.1 MB/);
  await textIs(page, '#progress [part=status]', /^Running/);
  await titleIs(page, /^\d+%/);
  assert.equal(await page.inputValue('#urls'), '', 'the form is ready for the next');
  files.release();
  await isComplete(2);
  await textIs(page, '#progress [role=status]', /All done\./);
  for (const name of ['one.bin', 'two.bin']) assert.equal((await stat(join(dir, name))).size, SIZE);
  await page.locator('#log li').first().waitFor();
  await textIs(page, '#jobs a[aria-current] .word', 'Complete');
});

test('page: a reload in the middle goes on, and shows nothing twice', options, async () => {
  await start([files.url('one.bin', HALF), files.url('two.bin', HALF)]);
  await atLeast(45);
  const url = page.url();
  assert.match(url, /#job_/);
  await page.reload();
  assert.equal(page.url(), url);
  await phaseIs(page, 'connected');
  await atLeast(45);
  await countIs(page, '#files .task', 2);
  files.release();
  await isComplete(2);
  const lines = await page.locator('#log li').allTextContents();
  assert.equal(new Set(lines).size, lines.length, `a line stands twice: ${lines}`);
  await page.reload();  // and after the end
  await isComplete(2);
});

test('page: the server is killed and comes back without the job', options, async () => {
  await start([files.url('one.bin', HALF)]);
  await atLeast(45);
  await program.kill();
  await phaseIs(page, 'reconnecting');
  await textIs(page, '#connection [part=text]', /^Reconnecting/);
  const [dot, red] = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = 'var(--bad)';
    return [getComputedStyle(document.querySelector('#connection').shadowRoot.querySelector('.dot')).backgroundColor, getComputedStyle(probe).color];
  });
  assert.equal(dot, red);
  await textIs(page, '#notice-title', 'The connection is lost.');

  program = await serve(program.port);
  await textIs(page, '#notice-title', 'The server was restarted and no longer knows this job.');
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=status]', 'Lost');
  const lost = page.url();

  await page.click('#notice-again');
  await phaseIs(page, 'connected');
  assert.notEqual(page.url(), lost);
  await page.locator('#notice').waitFor({ state: 'hidden' });
  files.release();
  // The killed program may have left a part of the file under its name.
  const asked = page.locator('#dialog button[value=overwrite]');
  await page.locator('#progress[data-state=complete]').or(asked).first().waitFor();
  if (await asked.isVisible()) await asked.click();
  await isComplete(1);
  assert.equal((await stat(join(dir, 'one.bin'))).size, SIZE);
});

test('page: questions are answered in the dialog: overwrite, skip, rename', options, async () => {
  const names = ['a.bin', 'b.bin', 'c.bin'];
  for (const name of names) await writeFile(join(dir, name), 'old');
  await start(names.map((name) => files.url(name, { size: SIZE })), { parallel: 1 });
  for (const [name, choice] of [['a.bin', 'overwrite'], ['b.bin', 'skip'], ['c.bin', 'rename']]) {
    await textIs(page, '#dialog[open] #dialog-title', 'This file already exists');
    await textIs(page, '#dialog-subject', new RegExp(name.replace('.', '\\.')));
    await textIs(page, '#progress [part=status]', 'Waiting for you');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'dialog-title', 'a stray key must not answer');
    await page.click(`#dialog button[value=${choice}]`);
  }
  await textIs(page, '#progress [part=status]', 'Complete');
  assert.equal((await stat(join(dir, 'a.bin'))).size, SIZE);
  assert.equal((await stat(join(dir, 'b.bin'))).size, 3);
  assert.equal((await stat(join(dir, 'c.bin'))).size, 3);
  const others = (await readdir(dir)).filter((name) => !names.includes(name));
  assert.equal(others.length, 1, `one new name: ${others}`);
  assert.equal((await stat(join(dir, others[0]))).size, SIZE);
});

test('page: a question can wait, and survives a reload', options, async () => {
  await writeFile(join(dir, 'a.bin'), 'old');
  await start([files.url('a.bin', { size: SIZE })]);
  await page.locator('#dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#dialog').waitFor({ state: 'hidden' });
  await textIs(page, '#question-list p', /already exists: .*a\.bin/);
  await page.reload();
  await page.locator('#dialog[open]').waitFor();
  await page.click('#dialog button[value=later]');
  await page.click('#question-list button');
  await page.click('#dialog button[value=overwrite]');
  await isComplete(1);
  assert.equal((await stat(join(dir, 'a.bin'))).size, SIZE);
});

test('page: cancel', options, async () => {
  await start([files.url('one.bin', HALF), files.url('two.bin', HALF)]);
  await atLeast(45);
  await page.click('#cancel');
  await textIs(page, '#progress [part=status]', 'Cancelled');
  await phaseIs(page, 'closed');
  await isHidden(page, '#cancel');
  await page.locator('#again').waitFor();
});

test('page: a URL that fails is named, with the reason', options, async () => {
  await start([files.url('missing.bin'), files.url('one.bin', { size: SIZE })]);
  await textIs(page, '#progress [part=status]', 'Complete');
  await countIs(page, '#files .task[data-state=error]', 1);
  const failed = page.locator('#files .task[data-state=error]');
  assert.match(await failed.textContent(), /missing\.bin/);
  assert.match(await failed.locator('.message').textContent(), /404/);
  await fileRow('one.bin').and(page.locator('[data-state=complete]')).waitFor();
  await textIs(page, '#progress [part=count]', '1 of 2, 1 failed');
  assert.notEqual(await page.textContent('#progress [part=message]'), '');
  assert.equal((await stat(join(dir, 'one.bin'))).size, SIZE);
});

test('page: 390 px wide, nothing scrolls sideways', options, async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await fitsItsWidth(page, 'idle');
  const name = `${'long-'.repeat(30)}name.bin`;
  await writeFile(join(dir, 'there.bin'), 'old');
  await start([files.url(name, HALF), files.url('there.bin', { size: SIZE })]);
  await page.locator('#dialog[open]').waitFor();
  await fitsItsWidth(page, 'with the dialog');
  await page.keyboard.press('Escape');
  await atLeast(20);
  await fitsItsWidth(page, 'running');
  assert.equal(await page.locator('#start-form').isVisible(), false, 'the form makes room for the job');
  await page.click('#start-toggle');
  await fitsItsWidth(page, 'with the form');
  await page.click('#question-list button');
  await page.click('#dialog button[value=skip]');
  files.release();
  await textIs(page, '#progress [part=status]', 'Complete');
  await fitsItsWidth(page, 'finished');
});
