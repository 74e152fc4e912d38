// What to tell somebody who cannot see the bars: the difference of two states, in sentences. Pure.

import { wording } from './questions.js';
import { fileName, percent } from './format.js';

/** Sentences for what `after` has and `before` had not. */
export function news(before, after) {
  const said = [];
  if (!before.loaded) {
    if (after.loaded && !after.done) said.push(`Watching: ${percent(after.percent)}.`);
  } else {
    const quarter = Math.floor(after.percent / 25);
    if (quarter > Math.floor(before.percent / 25) && quarter < 4) said.push(`${quarter * 25}% done.`);
    said.push(...finished(before.tasks, after.tasks));
  }
  for (const prompt of after.prompts) {
    if (before.prompts.some((known) => known.prompt === prompt.prompt)) continue;
    const { title, subject } = wording(prompt);
    said.push(`${title}: ${subject}.`);
  }
  if (after.resolved !== before.resolved && after.resolved && after.resolved.by !== 'watcher') {
    said.push(`The question was settled without you: ${after.resolved.answer}.`);
  }
  if (after.done && !before.done) said.push(after.status === 'complete' ? 'All done.' : `The job failed: ${after.error}`);
  return said;
}

function finished(before, after) {
  const running = new Set(before.filter((task) => task.status === 'running').map((task) => task.id));
  return after
    .filter((task) => task.status !== 'running' && running.has(task.id))
    .map((task) => `${fileName(task.label)} ${task.status === 'complete' ? 'complete' : `failed: ${task.message}`}.`);
}
