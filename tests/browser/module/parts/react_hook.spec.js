// examples/react_hook, with React and a server that says what the test tells it to.

import { act, createElement } from 'react';
import { create } from 'react-test-renderer';
import { beforeEach, expect, test, vi } from 'vitest';
import { useFanfare } from '../../../../examples/react_hook/useFanfare.js';

let streams;
let seen;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  streams = [];
  vi.stubGlobal('fetch', (url, { signal }) => {
    const stream = { url, open: true };
    stream.body = new ReadableStream({ start(controller) { stream.controller = controller; } });
    signal.addEventListener('abort', () => { stream.open = false; });
    streams.push(stream);
    return Promise.resolve(new Response(stream.body, { headers: { 'Content-Type': 'text/event-stream' } }));
  });
});

function Job({ url }) {
  seen = useFanfare(url);
  return createElement('p', {}, `${seen.state.status} ${seen.state.percent}`);
}

async function say(stream, type, data) {
  await act(async () => {
    stream.controller.enqueue(new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
    await new Promise((resolve) => setTimeout(resolve));
  });
}

test('a component shows what its job is, and leaves with it', async () => {
  let tree;
  await act(async () => { tree = create(createElement(Job, { url: 'http://host.test/jobs/a' })); });
  expect(tree.toJSON().children).toEqual(['queued 0']);
  await say(streams[0], 'snapshot', { job: 'a', status: 'running', percent: 20, tasks: [], prompts: [], log: [] });
  expect(tree.toJSON().children).toEqual(['running 20']);
  expect(seen.link.phase).toBe('connected');
  const { state } = seen;
  await say(streams[0], 'unknown', {});
  expect(seen.state).toBe(state);

  await act(async () => tree.update(createElement(Job, { url: 'http://host.test/jobs/b' })));
  expect(streams.map(({ open }) => open)).toEqual([false, true]);
  expect(tree.toJSON().children).toEqual(['queued 0']);
  await say(streams[1], 'snapshot', { job: 'b', status: 'running', percent: 70, tasks: [], prompts: [], log: [] });
  expect(tree.toJSON().children).toEqual(['running 70']);

  await act(async () => tree.unmount());
  expect(streams.map(({ open }) => open)).toEqual([false, false]);
});
