// The browser module behind a network that cuts, resets, stalls and dribbles: whatever happens, the page ends with exactly
// what the publisher has, in order, and nothing critical is missing or comes twice. FANFARE_SEED repeats a run.
// FANFARE_FAULTS_FULL=1 does twice as much to each, and to a module that chooses the transport itself, in a minute.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { closePage, launch } from './support/browser.mjs';
import { missing, ModuleHost, linkIs, told, watch } from './support/module_host.mjs';
import { seeded } from './module/support/random.js';

const full = process.env.FANFARE_FAULTS_FULL === '1';
const FAULTS = full ? 30 : 15;
const seed = Number(process.env.FANFARE_SEED ?? 1);

let browser;
before(async () => { browser = missing ? null : await launch(); });
after(() => browser?.close());

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function behindFaults(options, act) {
  const random = seeded(seed);
  const host = await ModuleHost.start({ ...options, random });
  try {
    await act(host, random);
  } catch (error) {
    throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
  } finally {
    await host.stop();
  }
}

/** Steps and faults in turns, until there were enough; then the end. @return  what the first page was told */
async function survive(host, pages, random) {
  let faults = 0;
  let steps = 0;
  for (let since = Date.now(); faults < FAULTS;) {
    const count = 1 + Math.floor(random() * 12);
    const step = host.step(count);
    // While they are on their way.
    if (random() < 0.8 && host.proxy.fault()) {
      faults += 1;
      since = Date.now();
    }
    assert.ok(Date.now() - since < 10000, `after ${faults} faults there was no connection: ${JSON.stringify((await told(pages[0])).links.slice(-3))}`);
    await step;
    steps += count;
    await pause(20 + 60 * random());
  }
  await host.post('finish');
  const seen = [];
  for (const page of pages) {
    await linkIs(page, { phase: 'closed', reason: 'done' });
    seen.push(await host.agrees(page));
  }
  assert.equal(seen[0].count, steps);
  return seen;
}

const cases = [
  ['by sse', { transports: ['sse'] }, 4096],
  ['by websocket', { transports: ['websocket'] }, 4096],
  ['by poll', { transports: ['poll'], pollSeconds: 2 }, 4096],
  ...(full ? [['by whatever works', {}, 4096]] : []),
  ['by sse, from a server that forgets soon', { transports: ['sse'] }, 12],
];

// They mostly wait: for a silence to be noticed, and for the next attempt.
describe(`module: ${FAULTS} faults`, { skip: missing, concurrency: 2 }, () => {
  for (const [name, options, history] of cases) {
    test(name, { timeout: 180000 }, async (context) => {
      await behindFaults({ history }, async (host, random) => {
        const page = await host.page(browser, options);
        await linkIs(page, { phase: 'connected' });
        const [{ types, links }] = await survive(host, [page], random);
        const connected = links.filter(({ phase }) => phase === 'connected').length;
        context.diagnostic(`${host.proxy.accepted} connections, ${connected} times connected, resets: ${types.reset ?? 0}`);
        assert.ok(connected >= FAULTS / 5, `only ${connected} times connected`);
        if (history > 1000) assert.equal(types.reset, undefined);
        else assert.ok(types.reset > 0, 'no reset was seen');
        await closePage(page);
      });
    });
  }

  test('three tabs with one connection', { timeout: 180000 }, () => behindFaults({}, async (host, random) => {
    const first = await host.page(browser, { shared: true });
    const pages = [first];
    for (let i = 0; i < 2; i += 1) {
      const page = await first.context().newPage();
      await host.open(page);
      await watch(page, { shared: true });
      pages.push(page);
    }
    const seen = await survive(host, pages, random);
    for (const { types } of seen) assert.equal(types.reset, undefined);
    await closePage(first);
  }));
});
