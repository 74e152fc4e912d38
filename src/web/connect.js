// connect(): joins a watch, or one that all tabs share, to what its events are for.

import { Delivery, report } from './delivery.js';
import { settingsOf, watchName } from './settings.js';
import { Keeper } from './storage.js';
import { canShare, SharedWatcher } from './tabs.js';
import { Watcher } from './watcher.js';
import { commandError } from './websocket.js';

export function connect(url, options = {}) {
  const settings = settingsOf(url, options);
  if (options.storage && !options.store) throw new TypeError('fanfare: storage needs a store: a position without its state is of no use');
  const name = (option) => watchName(settings, typeof option === 'string' ? option : '');

  let keeper = null;
  const delivery = new Delivery({ on: options.on, store: options.store, onMoved: () => keeper?.moved() });
  if (options.storage) keeper = new Keeper(name(options.storage), options.store, () => delivery.place);
  delivery.at(keeper?.load() || (options.since ?? ''));

  const tell = (link) => {
    if (link.phase === 'closed') keeper?.stop();
    if (!options.onLink) return;
    try {
      options.onLink(link);
    } catch (error) {
      report(error);
    }
  };
  const shares = options.shared && canShare();
  const watch = shares ? new SharedWatcher(settings, delivery, name(options.shared), tell) : alone(settings, delivery, tell);
  const connection = connectionOf({ watch, delivery, settings, keeper, tell });
  // The caller first has in hand what its handlers may want to close.
  queueMicrotask(() => { if (connection.link.phase !== 'closed') watch.start(); });
  return connection;
}

function alone(settings, delivery, tell) {
  return new Watcher(settings, {
    position: () => delivery.position,
    event: (event) => delivery.take(event),
    at: (id) => delivery.at(id),
    heard: () => {},
    over: () => delivery.over(settings.topics),
    link: tell,
  });
}

function connectionOf({ watch, delivery, settings, keeper, tell }) {
  let stopped = null;
  const topicOr = (topic) => topic ?? (settings.topics.length === 1 ? settings.topics[0] : delivery.topic);
  const connection = {
    get link() { return stopped ?? watch.link; },
    get position() { return delivery.position; },
    close() {
      if (connection.link.phase === 'closed') return;
      watch.stop();
      stopped = { phase: 'closed', reason: 'stopped', status: 0, detail: '' };
      tell(stopped);
    },
    reconnect() {
      stopped = null;
      keeper?.start();
      watch.reconnect();
    },
    send: (command) => send(command, watch, settings),
    cancel: (topic) => connection.send({ type: 'cancel', topic: topicOr(topic) }),
    answer: (prompt, answer, topic) => connection.send({ type: 'answer', topic: topicOr(topic), prompt, answer }),
  };
  return connection;
}

async function send(command, watch, { commands, fetch, credentials, fields }) {
  if (watch.speaks || !commands) return void await watch.send(command);
  if (typeof commands === 'function') return void await commands(command);
  const response = await fetch(new URL(commands, globalThis.document?.baseURI), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(typeof fields === 'function' ? fields() : fields) },
    credentials,
    body: JSON.stringify(command),
  });
  if (!response.ok) throw commandError(String(response.status), `the server answered ${response.status}`);
}
