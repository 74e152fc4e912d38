// Long polls: one question after the other, for where no stream gets through.

import { eventOfEnvelope, isEnvelope } from './envelope.js';
import { boundedText, verdictOf, withWords } from './verdict.js';

const PAUSE_MS = 1000;  // for a server that answers at once though there is nothing

export function openPoll(attempt) {
  const abort = new AbortController();
  pollOn(attempt, abort.signal).catch((error) => {
    if (error instanceof RangeError) attempt.failed({ final: 'too_large', detail: error.message });
    else attempt.failed({ detail: error?.message ?? 'the poll broke off' });
  });
  return { close: () => abort.abort() };
}

async function pollOn(attempt, signal) {
  // The first question does not wait, so that it is soon known whether they are answered.
  for (let wait = 0; ; wait = attempt.pollSeconds) {
    const askedAt = Date.now();
    attempt.expect(attempt.timeout + wait * 1000);
    const response = await attempt.fetch('application/json', { signal, wait });
    const verdict = verdictOf(response, 'application/json');
    if (verdict) return attempt.failed(await withWords(verdict, response));
    const answer = JSON.parse(await boundedText(response, attempt.maxEventChars));
    if (signal.aborted) return;
    if (!Array.isArray(answer?.events)) return attempt.failed({ unsupported: true, detail: 'the answer has no events' });
    if (wait === 0) attempt.opened();
    attempt.heard();
    for (const event of answer.events) if (isEnvelope(event)) attempt.event(eventOfEnvelope(event));
    if (typeof answer.id === 'string') attempt.at(answer.id);
    if (answer.events.length === 0 && wait > 0 && Date.now() - askedAt < PAUSE_MS) await attempt.sleep(PAUSE_MS);
    if (signal.aborted) return;
  }
}
