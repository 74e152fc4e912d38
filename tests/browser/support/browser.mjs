// The browser of the tests, and what they ask of any page.

import assert from 'node:assert/strict';
import { chromium, firefox } from 'playwright-core';

export const WAIT_MS = 15000;

// Of Firefox, which counts a WebSocket that was refused or broken off among the page's errors.
const NETWORK_ERRORS = /^(Firefox can.t establish a connection to|The connection to \S+ was interrupted while)/;

export const inFirefox = process.env.FANFARE_BROWSER === 'firefox';

export function launch() {
  if (inFirefox) return launchFirefox();
  return chromium.launch({
    executablePath: process.env.FANFARE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** FANFARE_FIREFOX as it was installed, by WebDriver BiDi, to which a page's colour scheme and motion are unknown. */
export function launchFirefox() {
  return firefox.launch({
    channel: 'moz-firefox',
    executablePath: process.env.FANFARE_FIREFOX ?? '/usr/bin/firefox-esr',
    firefoxUserPrefs: { 'ui.prefersReducedMotion': 1 },
  });
}

/** A page of its own; `problems` gathers the exceptions that its scripts threw. */
export async function openPage(browser, { width = 1280, height = 900, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', ({ message }) => {
    if (!NETWORK_ERRORS.test(message)) page.problems.push(message);
  });
  return page;
}

export async function closePage(page) {
  await page.context().close();
  assert.deepEqual(page.problems, [], 'the page threw');
}

/** Waits until the first such element, in shadow trees too, is displayed and its text is, or matches, `expected`. */
export async function textIs(page, selector, expected) {
  const element = page.locator(selector).first();
  const found = async () => {
    if (!(await element.isVisible())) return null;
    return (await element.textContent({ timeout: 1000 })).trim().replace(/\s+/g, ' ');
  };
  const right = (text) => text !== null && (expected instanceof RegExp ? expected.test(text) : text === expected);
  for (const deadline = Date.now() + WAIT_MS; !right(await found().catch(() => null));) {
    if (Date.now() > deadline) {
      assert.fail(`${selector} never was ${expected}, but ${JSON.stringify(await page.locator(selector).allTextContents())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Waits until there are just so many. Each element draws in its own time, and so does the page's script: that one shows
 * something says nothing of another.
 */
export async function countIs(page, selector, expected) {
  const elements = page.locator(selector);
  for (const deadline = Date.now() + WAIT_MS; await elements.count() !== expected;) {
    assert.ok(Date.now() < deadline, `${selector}: never ${expected}, but ${await elements.count()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until no such element is displayed. */
export function isHidden(page, selector) {
  return page.locator(selector).waitFor({ state: 'hidden' });
}

/** Waits until the page's title matches. */
export function titleIs(page, pattern) {
  return page.waitForFunction(({ source }) => new RegExp(source).test(document.title), { source: pattern.source });
}

export function phaseIs(page, phase) {
  return page.locator(`#connection[data-phase=${phase}]`).waitFor();
}

export async function fitsItsWidth(page, what) {
  const [inner, wide] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  assert.ok(wide <= inner, `${what}: ${wide} px wide on a screen of ${inner}`);
}
