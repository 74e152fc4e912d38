// What the page shows of one topic: bars, questions and lines of a job; of anything else the state that it began with.

import { setText } from '../web/element_base.js';
import { jobStore } from '../web/job_store.js';

const CARD_MS = 33;  // events may come by the hundred; nobody sees more than this

const isJob = (state) => Array.isArray(state?.tasks) && Number.isFinite(state.percent);

/** {element, hear(event), shows: '' until its first snapshot, then 'job' or 'state'}; `onDraw` is told of a job's state. */
export function topicCard(name, source, onDraw) {
  // Imported: in a clone of the template the elements would be none yet.
  const element = document.importNode(document.getElementById('topic').content.firstElementChild, true);
  const find = (selector) => element.querySelector(selector);
  const [progress, log] = [find('fanfare-progress'), find('fanfare-log')];
  const store = jobStore();
  const card = { element, hear, shows: '' };
  let drawing = null;
  for (const heading of element.querySelectorAll('.name')) heading.textContent = name;
  for (const part of [progress, log]) part.source = source;  // for what they say of the connection
  log.setAttribute('label', `Log of ${name}`);

  function hear(event) {
    if (event.type === 'snapshot') card.shows = isJob(event.data) ? 'job' : 'state';
    if (card.shows === 'state' && event.type === 'snapshot') find('pre').textContent = JSON.stringify(event.data, null, 2);
    progress.hidden = card.shows !== 'job';
    find('.plain').hidden = card.shows !== 'state';
    if (card.shows === 'job' && store.apply(event)) drawing ??= setTimeout(draw, CARD_MS);
  }

  function draw() {
    drawing = null;
    const { state } = store;
    progress.state = log.state = state;
    find('.lines').hidden = state.log.length === 0;
    drawPrompts(state.done ? [] : state.prompts);
    onDraw(state);
  }

  function drawPrompts(prompts) {
    const list = find('.prompts');
    find('.asks').hidden = prompts.length === 0;
    while (list.childElementCount > prompts.length) list.lastElementChild.remove();
    prompts.forEach(({ question, choices }, i) => {
      setText(list.children[i] ?? list.appendChild(document.createElement('li')), `${JSON.stringify(question)} ${choices.join(' / ')}`);
    });
  }

  return card;
}
