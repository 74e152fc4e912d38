// Server-Sent Events by fetch: unlike EventSource it shows statuses, Retry-After and comments, and what is between two
// attempts is up to us.

import { eventOfBlock } from './envelope.js';
import { SseParser } from './sse_parser.js';
import { verdictOf, withWords } from './verdict.js';

/** See watcher.js for what an attempt is. Returns what ends it. */
export function openSse(attempt) {
  const abort = new AbortController();
  readStream(attempt, abort.signal).catch((error) => {
    if (error instanceof RangeError) attempt.failed({ final: 'too_large', detail: error.message });
    else attempt.failed({ detail: error?.message ?? 'the stream broke off' });
  });
  return { close: () => abort.abort() };
}

async function readStream(attempt, signal) {
  const response = await attempt.fetch('text/event-stream', { signal });
  const verdict = verdictOf(response, 'text/event-stream');
  if (verdict) return attempt.failed(await withWords(verdict, response));
  attempt.opened();
  const parser = new SseParser({
    onBlock: (block) => {
      if (block.data === null) attempt.at(block.id);
      else attempt.event(eventOfBlock(block));
    },
    onRetry: (milliseconds) => attempt.retry(milliseconds),
    maxChars: attempt.maxEventChars,
  });
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });  // the parser's part
  const reader = response.body.getReader();
  for (let heard = false; ; heard = true) {
    const { done, value } = await reader.read();
    if (signal.aborted) return;
    if (done) return attempt.failed({ detail: 'the stream ended', ended: true, exactly: heard && parser.retryWasLast });
    attempt.heard();
    parser.push(decoder.decode(value, { stream: true }));
  }
}
