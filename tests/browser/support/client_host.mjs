// Runs client_host, the C++ client, and collects what it prints.

import { spawn } from 'node:child_process';

const PATIENCE_MS = 20000;

export const clientHost = process.env.FANFARE_CLIENT_HOST;

export class ClientHost {
  #child;
  #waiting = new Set();
  lines = [];
  status;
  said = '';

  constructor(url, ...options) {
    this.#child = spawn(clientHost, [url, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) this.lines.push(JSON.parse(line));
      this.#look();
    });
    this.#child.stderr.on('data', (bytes) => { this.said += bytes; });
    this.#child.once('close', (code) => { this.status = code ?? -1; this.#look(); });
  }

  get events() { return this.lines.filter((line) => line.type !== undefined); }
  get links() { return this.lines.filter((line) => line.link !== undefined); }
  get problems() { return this.lines.filter((line) => line.problem !== undefined); }
  get position() { return this.lines.findLast((line) => line.position !== undefined)?.position; }
  /** The data of the events of a type. */
  data(type) { return this.events.filter((event) => event.type === type).map((event) => event.data); }

  /** Resolves when the condition holds; looks whenever something was printed. */
  until(condition, what = condition.toString()) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`in vain: ${what}; the last lines: ${JSON.stringify(this.lines.slice(-5))} ${this.said}`));
      }, PATIENCE_MS);
      const look = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
  /** Its exit status: 0 when the topics have ended, 3 when it gave up. */
  async end() {
    await this.until(() => this.status !== undefined, 'its end');
    return this.status;
  }
  kill() { this.#child.kill('SIGKILL'); }

  #look() { for (const look of [...this.#waiting]) look(); }
}
