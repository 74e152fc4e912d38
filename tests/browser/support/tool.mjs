// Runs fanfare-run and fanfare-watch as a user does, and gathers what they print.

import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PATIENCE_MS = 30000;
const END_MS = 8000;  // longer than fanfare-run gives a command

export const runTool = process.env.FANFARE_RUN;
export const watchTool = process.env.FANFARE_WATCH;
export const noTool = runTool && watchTool ? false : 'FANFARE_RUN and FANFARE_WATCH are not set';

const running = new Set();

/** For afterEach: nothing outlives its test, nor does what fanfare-run has started, so it is asked first. */
export async function endAll() {
  await Promise.all([...running].map((tool) => tool.end()));
}

export class Tool {
  #waiting = new Set();
  out = '';
  err = '';
  /** Of the end: an exit status, or the name of a signal. */
  status;

  constructor(file, args, { input = 'ignore', env = {} } = {}) {
    running.add(this);
    this.child = spawn(file, args, { stdio: [input, 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child.stdout.setEncoding('utf8').on('data', (text) => { this.out += text; this.#look(); });
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.err += text; this.#look(); });
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => {
      this.status = code ?? signal;
      running.delete(this);
      this.#look();
      resolve(this.status);
    }));
  }

  /** Runs a command; resolves once it can be watched. */
  static async run(options, ...command) {
    const tool = new Tool(runTool, ['--port', '0', ...options, '--', ...command]);
    await tool.until(() => tool.url);
    return tool;
  }
  static watch(url, ...options) { return new Tool(watchTool, [url, ...options]); }

  get url() { return this.err.match(/watch it at (\S+)\n/)?.[1]; }
  /** What --json printed: an object for each event. */
  get events() { return this.out.split('\n').slice(0, -1).map((line) => JSON.parse(line)); }

  /** Resolves when the condition holds; looks whenever something was printed, and at the end. */
  until(condition) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(reject, new Error(`in vain: ${condition}\n${this.out}\n${this.err}`)), PATIENCE_MS);
      const finish = (how, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        how(value);
      };
      const look = () => {
        if (condition()) finish(resolve);
        else if (this.status !== undefined) finish(reject, new Error(`ended with ${this.status}: ${condition}\n${this.out}\n${this.err}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  signal(name) { this.child.kill(name); }
  async end() {
    const again = setInterval(() => this.signal('SIGTERM'), 200);  // the second says that lingering is enough
    const atLast = setTimeout(() => this.signal('SIGKILL'), END_MS);
    this.signal('SIGTERM');
    await this.ended;
    clearInterval(again);
    clearTimeout(atLast);
  }
  /** At once, as a crash does. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  #look() { for (const look of [...this.#waiting]) look(); }
}

/** Holds a shell's script up until somebody watches it. */
export class Gate {
  #file;
  static async in(folder) {
    const gate = new Gate();
    gate.#file = join(await mkdtemp(join(folder, 'gate-')), 'open');
    return gate;
  }
  /** What the script begins with. */
  get wait() { return `until [ -e '${this.#file}' ]; do sleep 0.05; done; `; }
  open() { return writeFile(this.#file, ''); }
}

/** The whole of a command's life: {status, out, err}. */
export async function complete(file, ...args) {
  const tool = new Tool(file, args);
  await tool.ended;
  return tool;
}

/** Whether there is a process of that number. */
export function lives(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
