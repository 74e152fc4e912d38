// One page, fifty topics, one connection that is cut a hundred times: nothing is lost and nothing comes twice, over each
// transport. FANFARE_TOPICS_HOST is the program.

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { closePage, launch, openPage } from './support/browser.mjs';
import { Program } from './support/program.mjs';

const CUTS = 100;
const command = process.env.FANFARE_TOPICS_HOST;

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** Passes bytes on until it is told to cut, with a reset, in the middle of whatever is under way. */
class Cutter {
  #pairs = new Set();
  #server = createServer((near) => {
    const far = connect(this.port, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('end', () => to.end());
      from.on('error', end);
      from.on('close', end);
    }
  });

  constructor(port) { this.port = port; }
  listen() { return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve)); }
  get url() { return `http://127.0.0.1:${this.#server.address().port}/`; }
  cut() {
    const pairs = [...this.#pairs];
    for (const { near } of pairs) near.resetAndDestroy();
    return pairs.length;
  }
  stop() {
    this.cut();
    this.#server.close();
  }
}

for (const [transport, watch] of [['server-sent events', 'watchEvents'], ['a websocket', 'watchSocket'], ['long polls', 'watchPolls']]) {
  test(`fifty topics over ${transport}, cut a hundred times`, { skip: !command }, async () => {
    const host = await Program.start([command], []);
    const cutter = new Cutter(Number(host.port));
    await cutter.listen();
    const page = await openPage(browser);
    try {
      await page.goto(cutter.url);
      await page.evaluate((name) => void window[name](), watch);
      await page.waitForFunction(() => window.seen.opened > 0);
      let cuts = 0;
      let opened = 0;
      let rounds = 0;
      while (cuts < CUTS) {
        // Most of the time once it has come back, else while it tries to.
        if (cuts % 4 > 0) await page.waitForFunction((least) => window.seen.opened > least, opened);
        await new Promise((resolve) => setTimeout(resolve, 30 + 25 * Math.random()));
        opened = await page.evaluate(() => window.seen.opened);
        const round = fetch(`${host.url}round`, { method: 'POST' });
        if (cutter.cut() > 0) cuts++;  // while it is on its way
        await round;
        rounds++;
      }
      await fetch(`${host.url}finish`, { method: 'POST' });
      await page.waitForFunction(() => window.seen.over, undefined, { timeout: 60000 });
      const seen = await page.evaluate(() => window.seen);
      assert.deepEqual(seen.wrong, []);
      assert.equal(Object.keys(seen.counts).length, 50);
      assert.deepEqual([...new Set(Object.values(seen.counts))], [rounds]);
      assert.equal(seen.done, 50);
      assert.equal(seen.resets, 0);
      assert.ok(seen.opened > CUTS / 2, `only ${seen.opened} connections`);
      await closePage(page);
    } finally {
      cutter.stop();
      await host.kill();
    }
  });
}
