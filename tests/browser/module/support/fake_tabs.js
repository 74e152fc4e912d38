// Web Locks and BroadcastChannel for several "tabs" in one test.

import { vi } from 'vitest';

export function fakeTabs() {
  const channels = new Set();
  const queues = new Map();  // by name: [{grant, ...}], the first holds it

  vi.stubGlobal('BroadcastChannel', class {
    onmessage = null;
    constructor(name) {
      this.name = name;
      channels.add(this);
    }
    postMessage(message) {
      const data = structuredClone(message);
      for (const other of channels) {
        if (other !== this && other.name === this.name) setTimeout(() => { if (channels.has(other)) other.onmessage?.({ data }); });
      }
    }
    close() { channels.delete(this); }
  });

  const advance = (name) => {
    const queue = queues.get(name);
    const first = queue[0];
    if (!first || first.granted) return;
    first.granted = true;
    Promise.resolve(first.callback({ name })).then(() => {
      const place = queue.indexOf(first);
      if (place >= 0) queue.splice(place, 1);
      first.resolve();
      advance(name);
    });
  };
  const request = (name, { signal, steal }, callback) => new Promise((resolve, reject) => {
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    const mine = { callback, resolve, reject, granted: false };
    const abort = () => new DOMException('aborted', 'AbortError');
    if (steal) {
      if (queue[0]?.granted) queue.shift().reject(abort());
      queue.unshift(mine);
    } else {
      queue.push(mine);
    }
    signal?.addEventListener('abort', () => {
      if (mine.granted) return;
      queue.splice(queue.indexOf(mine), 1);
      reject(abort());
    });
    setTimeout(() => advance(name));
  });
  vi.stubGlobal('navigator', { locks: { request } });
  return {
    channels,
    /** As long as it is held back, nobody hears this tab. */
    mute(nth) { [...channels][nth].postMessage = () => {}; },
    /** The next message of this tab is lost. */
    lose(nth) {
      const channel = [...channels][nth];
      const { postMessage } = channel;
      channel.postMessage = () => { channel.postMessage = postMessage; };
    },
  };
}
