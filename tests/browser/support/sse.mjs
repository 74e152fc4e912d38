// Reads Server-Sent Events with fetch, block by block, as they come: {id, data}. No EventSource: it hides statuses,
// headers, comments, and whether the end was clean.

/** The blocks of a response that have data. Throws if the stream breaks off. */
export async function* blocks(response) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      const block = { id: field('id')[0], event: field('event')[0], data: field('data').join('\n') };
      if (block.data !== '') yield { ...block, data: JSON.parse(block.data) };
    }
  }
  if (text !== '') throw new Error(`the stream ended within a block: ${text}`);
}

/** A stream that is open: `next()` waits for a block, `until(test)` gathers blocks up to and with the one that passes. */
export class Watch {
  #blocks;
  #abort = new AbortController();

  static async open(url, headers = {}) {
    const watch = new Watch();
    watch.response = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers }, signal: watch.#abort.signal });
    if (watch.response.status === 200) watch.#blocks = blocks(watch.response);
    return watch;
  }

  get status() { return this.response.status; }

  async next() {
    const { value, done } = await this.#blocks.next();
    if (done) throw new Error('the stream ended too early');
    return value;
  }

  async until(test) {
    const gathered = [];
    do gathered.push(await this.next()); while (!test(gathered.at(-1)));
    return gathered;
  }

  /** All that is left, when the server ends the stream as it should. */
  async rest() {
    const gathered = [];
    for await (const block of this.#blocks) gathered.push(block);
    return gathered;
  }

  close() { this.#abort.abort(); }
}
