// Text of an event stream to its blocks (WHATWG HTML sec. 9.2.6). Bounded: throws RangeError when a line, or the data
// of a block, is longer than `maxChars`.

export class SseParser {
  #onBlock;
  #onRetry;
  #max;
  #rest = '';       // of the last push, without a line end
  #sawCr = false;   // a LF that comes next belongs to it
  #started = false;
  #data = [];
  #dataChars = 0;
  #type = '';
  #id = null;

  /** onBlock({type, data, id}): `data` null for a block that only sets the id; `id` null when it has none. */
  constructor({ onBlock, onRetry, maxChars }) {
    this.#onBlock = onBlock;
    this.#onRetry = onRetry;
    this.#max = maxChars;
  }

  /** Whether the last thing that came was `retry:`: just before its end a stream says so when to come back. */
  retryWasLast = false;

  push(text) {
    if (text === '') return;
    if (!this.#started) {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (this.#sawCr && text.charCodeAt(0) === 10) text = text.slice(1);
    this.#sawCr = text.endsWith('\r');
    const ends = /\r\n|\n|\r/g;
    let from = 0;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      const line = this.#rest + text.slice(from, end.index);
      this.#rest = '';
      this.#bound(line.length);
      from = ends.lastIndex;
      this.#line(line);
    }
    this.#rest += text.slice(from);
    this.#bound(this.#rest.length);
  }

  #bound(chars) {
    if (chars > this.#max) throw new RangeError(`an event is longer than ${this.#max} characters`);
  }

  #line(line) {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.retryWasLast = false;
      return;  // a comment
    }
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.charCodeAt(0) === 32) value = value.slice(1);
    this.#field(name, value);
  }

  #field(name, value) {
    if (name === 'data') {
      this.#dataChars += value.length + 1;
      this.#bound(this.#dataChars);
      this.#data.push(value);
    } else if (name === 'event') {
      this.#type = value;
    } else if (name === 'id') {
      if (!value.includes('\0')) this.#id = value;
    } else if (name === 'retry' && /^[0-9]{1,9}$/.test(value)) {
      this.retryWasLast = true;
      this.#onRetry(Number(value));
    }
  }

  #dispatch() {
    const block = { type: this.#type || 'message', data: this.#data.length > 0 ? this.#data.join('\n') : null, id: this.#id };
    this.#data = [];
    this.#dataChars = 0;
    this.#type = '';
    this.#id = null;
    if (block.data === null && block.id === null) return;
    this.retryWasLast = false;
    this.#onBlock(block);
  }
}
