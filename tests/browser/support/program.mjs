// Starts the program under test, and ends it. FANFARE_TEST_MOCK=1 takes mock_program.mjs in place of the real one.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const START_MS = 20000;
const mock = fileURLToPath(new URL('../mock_program.mjs', import.meta.url));

/** The command of the download manager; null: there is none to test. */
export function downloadManager() {
  if (process.env.FANFARE_TEST_MOCK === '1') return [process.execPath, mock];
  return process.env.FANFARE_DOWNLOAD_MANAGER ? [process.env.FANFARE_DOWNLOAD_MANAGER] : null;
}

export class Program {
  #child;
  #ended;
  url = '';

  /** Resolves when the program has printed its URL; rejects with its output when it ends before, or takes too long. */
  static async start(command, options) {
    const program = new Program();
    const [file, ...first] = command;
    program.#child = spawn(file, [...first, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    program.#ended = new Promise((resolve) => program.#child.once('close', resolve));
    program.url = await new Promise((resolve, reject) => {
      let said = '';
      const fail = (why) => reject(new Error(`${file} ${why}; it said: ${said}`));
      // Who was busy for so long reads first what came meanwhile.
      const timer = setTimeout(() => setTimeout(fail, 500, 'printed no URL in time'), START_MS);
      const read = (bytes) => {
        said = (said + bytes).slice(-4096);
        const url = said.match(/(?:http|ws):\/\/[^\s/]+:\d+\/\S*/);
        if (!url) return;
        clearTimeout(timer);
        resolve(url[0]);
      };
      program.#child.stdout.on('data', read);
      program.#child.stderr.on('data', (bytes) => { said = (said + bytes).slice(-4096); });
      program.#child.once('error', (error) => fail(error.message));
      program.#child.once('close', (code) => fail(`ended with ${code}`));
    }).catch(async (error) => {
      await program.kill();
      throw error;
    });
    return program;
  }

  get port() { return new URL(this.url).port; }

  /** As Ctrl-C does; resolves with the program's status once it has ended. */
  interrupt() {
    this.#child.kill('SIGINT');
    return this.#ended;
  }

  /** At once, as a crash does. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
