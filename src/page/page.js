// The page that the library serves at a stream's own address: the elements of the browser module, a card for each topic.

import { jobPercent, percent } from '../web/element_figures.js';
import { Source } from '../web/element_source.js';
import { wordsFor } from '../web/element_status.js';
import '../web/element_log.js';
import '../web/element_progress.js';
import { topicCard } from './topic_card.js';

const MAX_CARDS = 50;
const OF_THE_STREAM = ['reset', 'synced'];  // these are about no topic, or about one whose card is made by what follows

// Which topics there are is the server's to say: each gets a card with its first event, and the card has the store.
const watched = new Source(location.href, { store: null, since: new URLSearchParams(location.search).get('since') ?? '' });
const cards = new Map();
let eventCount = 0;

const byId = (id) => document.getElementById(id);

function nameInPath() {
  const name = location.pathname.replace(/\/+$/, '').split('/').pop();
  try {
    return decodeURIComponent(name);
  } catch {
    return name;  // a stray %
  }
}

function cardOf(topic) {
  if (!cards.has(topic) && cards.size < MAX_CARDS) {
    const name = topic || nameInPath() || location.host;
    const card = topicCard(name, watched, (state) => {
      const jobs = [...cards.values()].filter(({ shows }) => shows === 'job');
      if (jobs.length === 1) document.title = `${percent(jobPercent(state) ?? NaN)} ${name}`.trim();
    });
    cards.set(topic, card);
    byId('topics').append(card.element);
  }
  return cards.get(topic);
}

function hear(event) {
  eventCount += 1;
  byId('count').textContent = `(${eventCount})`;
  const card = OF_THE_STREAM.includes(event.type) ? cards.get(event.topic) : cardOf(event.topic);
  card?.hear(event);
  // Where there is no more to see. Not with each event, for who closes it.
  if (card?.shows !== 'job') byId('raw').open ||= event.type === 'snapshot' || (eventCount === 1 && event.type !== 'reset');
}

function follow(link) {
  const { word, more } = wordsFor(link);
  const problem = link.phase === 'closed' && link.reason !== 'done';
  byId('note').hidden = !problem;
  byId('note').textContent = problem ? `${word}: ${more}` : '';
}

byId('host').textContent = document.title = `fanfare at ${location.host}`;
for (const id of ['connection', 'events']) byId(id).source = watched;
watched.listen({ event: hear, link: follow });
