// Servers written by others, as the tests of both clients use them.

import { createSession } from 'better-sse';

export const range = (count, from = 1) => Array.from({ length: count }, (_, i) => i + from);

/** Listens on a free port; `stop` breaks what is open. */
export async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set();
  server.on('connection', (socket) => { sockets.add(socket); socket.once('close', () => sockets.delete(socket)); });
  return {
    port: server.address().port,
    breakAll() { for (const socket of sockets) socket.destroy(); },
    stop() { this.breakAll(); server.close(); },
  };
}

/** Events with ids of its own, kept for those who come back; better-sse does the writing. */
export class Feed {
  #sessions = new Set();
  events = [];
  asked = [];
  over = false;

  handle = async (request, response) => {
    const last = request.headers['last-event-id'];
    this.asked.push(last);
    if (this.over && last === this.events.at(-1)?.id) return response.writeHead(204).end();
    const session = await createSession(request, response, { retry: 30, keepAlive: 200 });
    if (!session.isConnected) return;  // it was broken meanwhile
    for (const event of this.events.slice(this.events.findIndex(({ id }) => id === last) + 1)) this.#push(session, event);
    this.#sessions.add(session);
    session.once('disconnected', () => this.#sessions.delete(session));
  };
  push(data, type = 'count') {
    const event = { data, type, id: `evt/${this.events.length + 1}==` };
    this.events.push(event);
    for (const session of this.#sessions) this.#push(session, event);
  }
  #push(session, { data, type, id }) { session.push(data, type, id); }
}
