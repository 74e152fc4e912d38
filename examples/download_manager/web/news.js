// What to tell of questions to somebody who cannot see the dialog: the difference of two states, in sentences. The rest
// the elements tell. Pure.

import { wording } from './questions.js';

/** Sentences for what `after` has and `before` had not; either may be null. */
export function news(before, after) {
  const said = [];
  for (const prompt of after?.prompts ?? []) {
    if (before?.prompts.some((known) => known.prompt === prompt.prompt)) continue;
    const { title, subject } = wording(prompt);
    said.push(`${title}: ${subject}.`);
  }
  const resolved = after?.resolved ?? null;
  if (resolved !== null && resolved !== before?.resolved && resolved.by !== 'watcher') {
    said.push(`The question was settled without you: ${resolved.answer}.`);
  }
  return said;
}
