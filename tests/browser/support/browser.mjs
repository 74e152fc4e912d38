// The browser of the tests, and what they ask of any page.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

export const WAIT_MS = 15000;

export function launch() {
  return chromium.launch({
    executablePath: process.env.FANFARE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** A page of its own; `problems` gathers the exceptions that its scripts threw. */
export async function openPage(browser, { width = 1280, height = 900, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
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

export function phaseIs(page, phase) {
  return page.locator(`#connection[data-phase=${phase}]`).waitFor();
}

export async function fitsItsWidth(page, what) {
  const [inner, wide] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  assert.ok(wide <= inner, `${what}: ${wide} px wide on a screen of ${inner}`);
}
