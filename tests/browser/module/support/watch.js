// A watch under test, and what it told.

import { connect } from 'fanfare';
import { FakeServer } from './fake_server.js';
import { settle } from './fake_page.js';

export async function watching(options = {}, url = 'http://page.test/jobs/demo') {
  const server = options.server ?? new FakeServer();
  const events = [];
  const links = [];
  const { server: _, ...given } = options;
  const connection = connect(url, {
    fetch: server.fetch,
    random: () => 0.5,
    on: (event) => events.push(event),
    onLink: (link) => links.push(link),
    ...given,
  });
  await settle();
  return { server, connection, events, links };
}
