// A server that says what a test tells it to: the download manager's HTTP API and streams, without the library.
// For what a page must survive and the real program cannot be made to do: a stream that dies in silence, gaps, a
// reset, 410, 503. mock_program.mjs puts a downloader behind it.

import { createServer } from 'node:http';
import { extname } from 'node:path';
import { builtinPage, webFile } from './support/paths.mjs';

const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };
const MAX_BODY = 1 << 20;

/** A job of the vocabulary: each method changes what its snapshot says, and publishes the event. */
export class MockJob {
  events = [];
  streams = new Set();
  expired = false;

  constructor(id) {
    this.id = id;
    this.snapshot = {
      job: id, status: 'queued', percent: 0, message: '', stage: '', error: '', eta: null, tasks: [], prompts: [], log: [],
    };
  }

  get seq() { return this.events.at(-1)?.seq ?? 0; }
  get done() { return this.events.at(-1)?.type === 'done'; }

  /** Publishes as it is, with the next seq; `skip` seqs are left out before it, as conflation does. */
  publish(type, payload, { skip = 0 } = {}) {
    const event = { type, seq: this.seq + 1 + skip, ...payload };
    this.events.push(event);
    for (const stream of this.streams) stream.send(event);
    if (type === 'done') for (const stream of [...this.streams]) stream.end();
    return event;
  }

  /** To the streams that are open now, without a seq and outside of history. */
  control(type, payload) {
    for (const stream of this.streams) stream.send({ type, ...payload });
  }

  sendSnapshot() {
    this.control('snapshot', this.snapshot);
  }

  status(status, fields = {}) {
    Object.assign(this.snapshot, { status, ...fields });
    const { stage, message, percent } = this.snapshot;
    this.publish('status', { status, stage, message, percent });
  }

  register(task, label, total = 0) {
    const fields = { task, parent: '', label, unit: 'bytes', weight: 1, current: 0, total };
    this.snapshot.tasks.push({ ...fields, rate: null, eta: null, status: 'running', message: '' });
    this.publish('register', fields);
  }

  progress(task, current, { total, rate = null, eta = null, skip = 0 } = {}) {
    const known = this.task(task);
    Object.assign(known, { current, total: total ?? known.total, rate, eta });
    this.publish('progress', { task, current, total: known.total, rate, eta, message: '', percent: this.percent() }, { skip });
  }

  finish(task, status = 'complete', message = '') {
    const known = this.task(task);
    Object.assign(known, { status, message, rate: null, eta: null });
    if (status === 'complete') known.current = known.total;
    this.publish('finish', { task, current: known.current, total: known.total, status, message, percent: this.percent() });
  }

  log(message, level = 'info') {
    const line = { level, message, time: Date.now() };
    this.snapshot.log = [...this.snapshot.log, line].slice(-100);
    this.publish('log', line);
  }

  ask(prompt, path, choices = ['overwrite', 'skip', 'rename'], otherwise = 'skip') {
    const fields = { prompt, choices, otherwise, question: { path } };
    this.snapshot.prompts.push({ type: 'duplicate', ...fields });
    this.publish('duplicate', fields);
  }

  resolve(prompt, answer, by = 'watcher') {
    this.snapshot.prompts = this.snapshot.prompts.filter((open) => open.prompt !== prompt);
    this.publish('duplicate-resolved', { prompt, answer, by });
  }

  end(status = 'complete', message = '') {
    const percent = status === 'complete' ? 100 : this.percent();
    Object.assign(this.snapshot, { status, message, percent, prompts: [], error: status === 'error' ? message : '' });
    this.publish('done', { status, message, percent });
  }

  task(id) { return this.snapshot.tasks.find((task) => task.task === id); }

  percent() {
    const parts = this.snapshot.tasks.map((task) => (task.status !== 'running' ? 1 : task.total > 0 ? task.current / task.total : 0));
    this.snapshot.percent = parts.length > 0 ? (100 * parts.reduce((sum, part) => sum + part, 0)) / parts.length : 0;
    return this.snapshot.percent;
  }

  /** Every stream goes dead without a word: its connection stays, nothing comes any more. */
  mute() {
    this.streams.clear();
  }

  /** Cuts every stream as a network does: no end, no farewell. */
  cut() {
    for (const stream of this.streams) stream.response.destroy();
    this.streams.clear();
  }
}

export class MockServer {
  jobs = new Map();
  asked = [];        // every request: {method, path, query, accept}
  intercept = null;  // (request, response, url) => true when it answered itself
  handlers = { start: null, answer: null, cancel: null };
  #server = createServer((request, response) => {
    this.#route(request, response).catch(() => response.destroy());
  });
  #sockets = new Set();

  static async start(port = 0) {
    const mock = new MockServer();
    mock.#server.on('connection', (socket) => {
      mock.#sockets.add(socket);
      socket.on('close', () => mock.#sockets.delete(socket));
    });
    await new Promise((resolve, reject) => mock.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return mock;
  }

  get url() { return `http://127.0.0.1:${this.#server.address().port}/`; }

  job(id) {
    const job = new MockJob(id);
    this.jobs.set(id, job);
    return job;
  }

  /** The requests for a job's stream, oldest first. */
  watches(id) {
    return this.asked.filter(({ path, query, accept }) =>
      accept.includes('text/event-stream') && (query.get('id') === id || path === `/jobs/${id}`));
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #route(request, response) {
    const url = new URL(request.url, this.url);
    const accept = request.headers.accept ?? '';
    this.asked.push({ method: request.method, path: url.pathname, query: url.searchParams, accept });
    if (this.intercept?.(request, response, url)) return;
    if (request.method === 'POST') return this.#post(request, response, url.pathname);
    if (url.pathname === '/api/downloads') {
      const jobs = [...this.jobs.values()].filter((job) => !job.expired).reverse();
      return json(response, 200, { jobs: jobs.map((job) => ({ jobId: job.id, status: job.snapshot.status })) });
    }
    const since = request.headers['last-event-id'] ?? url.searchParams.get('since');
    if (url.pathname === '/api/download/progress') return this.#stream(response, url.searchParams.get('id'), since, unnamed);
    if (url.pathname.startsWith('/jobs/')) {
      if (accept.includes('text/html')) return send(response, 200, TYPES['.html'], await builtinPage());
      return this.#stream(response, decodeURIComponent(url.pathname.slice(6)), since, named);
    }
    return file(response, url.pathname);
  }

  async #post(request, response, path) {
    const handler = {
      '/api/download': this.handlers.start,
      '/api/download/duplicate-response': this.handlers.answer,
      '/api/download/cancel': this.handlers.cancel,
    }[path];
    if (!handler) return json(response, 404, { error: 'no such path' });
    let text = '';
    for await (const part of request) {
      text += part;
      if (text.length > MAX_BODY) return json(response, 413, { error: 'the body is too large' });
    }
    let answer;
    try {
      answer = await handler(JSON.parse(text));
    } catch (failure) {
      return json(response, failure.status ?? 400, { error: failure.message });
    }
    return answer ? json(response, 200, answer) : response.writeHead(204).end();
  }

  #stream(response, id, since, encode) {
    const job = this.jobs.get(id);
    if (!job) return json(response, 404, { error: `unknown job ${id}` });
    if (job.expired) return json(response, 410, { error: `job ${id} is over and forgotten` });
    const position = /^\d+$/.test(since ?? '') ? Number(since) : null;
    if (position !== null && job.done && position >= job.seq) return response.writeHead(204).end();

    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache, no-transform' });
    response.write('retry: 50\n\n');  // for the native EventSource, whose own pace is 3 s
    const stream = {
      response,
      send: (event) => response.write(encode(event)),
      end: () => {
        job.streams.delete(stream);
        response.end();
      },
    };
    job.streams.add(stream);
    response.on('close', () => job.streams.delete(stream));
    if (position !== null && position <= job.seq) {
      for (const event of job.events) if (event.seq > position) stream.send(event);
    } else {
      if (position !== null) stream.send({ type: 'reset', reason: 'ahead' });
      stream.send({ type: 'snapshot', ...job.snapshot });
      if (job.done) stream.send(job.events.at(-1));
    }
    if (job.done) stream.end();
  }
}

function unnamed(event) {
  return `${event.seq ? `id: ${event.seq}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
}

function named({ type, seq, ...payload }) {
  return `event: ${type}\n${seq ? `id: ${seq}\n` : ''}data: ${JSON.stringify(payload)}\n\n`;
}

async function file(response, path) {
  try {
    return send(response, 200, TYPES[extname(path) || '.html'] ?? 'application/octet-stream', await webFile(path));
  } catch {
    return json(response, 404, { error: `no such path: ${path}` });
  }
}

function json(response, status, body) {
  send(response, status, 'application/json', JSON.stringify(body));
}

function send(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}
