// Is compiled, not run: the declarations fit how the module is used.

import { connect, jobStore, JobStore, taskPercent, totals, type CloseReason, type Connection, type FanfareEvent, type JobState, type Link, type Store } from 'fanfare';

interface Moved {
  x: number;
}

const store: JobStore = jobStore({ maxLogLines: 10 });
const connection: Connection = connect('/jobs/demo', {
  topics: ['a', 'b'],
  store: { a: store, b: jobStore() },
  on: {
    moved: (event: FanfareEvent<Moved>) => event.data.x.toFixed(),
    '*': ({ type, topic }) => `${type}${topic}`,
  },
  onLink(link: Link) {
    if (link.phase === 'reconnecting') return link.waitMs + link.attempt;
    if (link.phase === 'closed') return why[link.reason];
    return link.transport === 'sse' && link.shared === 'holder';
  },
  transports: ['sse', 'poll'],
  types: ['moved'],
  fields: () => ({ Authorization: 'Bearer x' }),
  storage: 'user-7',
  shared: true,
  backoff: { base: 500 },
  random: () => 0.5,
});

const why: Record<CloseReason, string> = {
  done: '', refused: '', unknown: '', expired: '', unsupported: '', too_large: '', protocol: '', stopped: '',
};

const state: JobState = store.state;
const share: number | null = state.tasks.length > 0 ? taskPercent(state.tasks[0]!) : totals(state).total;
const leave: () => void = store.subscribe(() => void share);
const shaped: Store = { apply: () => undefined, save: () => null, load: () => false };
void connection.answer('p1', 'skip').then(leave);
connect(new URL('http://x.test'), { on: (event) => event.seq, store: shaped }).close();

// @ts-expect-error there is no such transport
connect('/', { transports: ['pigeon'] });
// @ts-expect-error a state is not changed in place
state.percent = 5;
// @ts-expect-error nor is the position
connection.position = '';
