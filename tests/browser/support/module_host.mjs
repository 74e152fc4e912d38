// The program of module_host.cpp behind a proxy, and a page that watches it with the browser module.

import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { FaultProxy } from './fault_proxy.mjs';
import { openPage } from './browser.mjs';
import { Program } from './program.mjs';

const program = process.env.FANFARE_MODULE_HOST;
const folder = process.env.FANFARE_MODULE && dirname(process.env.FANFARE_MODULE);
/** Why there is nothing to test; false: there is. */
export const missing = program && folder ? false : 'needs FANFARE_MODULE_HOST and FANFARE_MODULE';

export class ModuleHost {
  #program;
  #options;
  /** Where pages are opened: at the proxy, or at what a test has put in front of it. */
  url;

  /** @param history  events that a topic keeps */
  static async start({ heartbeat = 400, history = 4096, random } = {}) {
    const host = new ModuleHost();
    host.#options = [String(heartbeat), String(history)];
    await host.#launch();
    host.proxy = await FaultProxy.start(Number(host.#program.port), random);
    host.url = host.proxy.url;
    return host;
  }

  async #launch() { this.#program = await Program.start([program], [folder, '0', ...this.#options]); }

  async post(what) {
    const response = await fetch(`${this.#program.url}${what}`, { method: 'POST' });
    assert.equal(response.status, 204);
  }
  step(count) { return this.post(`step?n=${count}`); }
  async truth() { return (await fetch(`${this.#program.url}truth`)).json(); }
  async streams() { return (await (await fetch(`${this.#program.url}open`)).json()).streams; }

  kill() { return this.#program.kill(); }
  /** A new one, of which the proxy's clients see nothing but another history. */
  async restart() {
    await this.#launch();
    this.proxy.port = Number(this.#program.port);
  }

  async stop() {
    await this.proxy.stop();
    await this.#program.kill();
  }

  async page(browser, options = {}) {
    const page = await openPage(browser);
    await this.open(page);
    if (options) await watch(page, options);
    return page;
  }

  async open(page) {
    await page.goto(this.url);
    await page.waitForFunction(() => window.ready);
  }

  /** Waits until the page has what the publisher says, and checks how it came to it. */
  async agrees(page, { timeout = 15000 } = {}) {
    const deadline = Date.now() + timeout;
    for (;;) {
      const truth = await this.truth();
      const seen = await told(page);
      try {
        assert.deepEqual(seen.wrong, []);
        assert.equal(seen.count, truth.count);
        assert.deepEqual(comparable(seen.state), comparable(truth.job));
        return seen;
      } catch (error) {
        if (Date.now() > deadline || seen.wrong.length > 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

export const watch = (page, options) => page.evaluate((given) => window.watch(given), options);
export const told = (page) => page.evaluate(() => window.told());
export const linkIs = (page, wanted) => page.waitForFunction(
  (fields) => Object.entries(fields).every(([name, value]) => window.connection.link[name] === value), wanted,
);

// Each side keeps its own time, and lines of the log may be skipped for a slow reader.
function comparable({ job, status, percent, message, stage, error, tasks, prompts, log, skipped = 0 }) {
  return { job, status, percent, message, stage, error, tasks, prompts, ...(skipped > 0 ? {} : { log: log.slice(-50) }) };
}
