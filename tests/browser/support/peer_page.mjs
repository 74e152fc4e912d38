// A page of a server that knows nothing of fanfare: it watches a path of that server with the browser module.

import { openPage } from './browser.mjs';
import { browserModule } from './paths.mjs';

const PAGE = `<!doctype html><meta charset="utf-8"><title>peer</title><link rel="icon" href="data:,"><script type="module">
import { connect } from '/fanfare.js';
window.watch = (url, options) => {
  window.seen = { events: [], links: [] };
  window.connection = connect(url, {
    heartbeat: 1000, timeout: 15000, backoff: { base: 30, cap: 100, stable: 500 }, ...options,
    on: (event) => seen.events.push(event),
    onLink: (link) => seen.links.push(link),
  });
};
window.ready = true;
</script>`;

/** A server's handler: the page and the module, and for the rest `handle`. */
export const withPage = (handle) => async (request, response) => {
  if (request.url === '/peer.html') return response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE);
  if (request.url === '/fanfare.js') return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(await browserModule());
  return handle(request, response);
};

/** `seen` in the page has {events, links}, `connection` is the connection. */
export async function watchPeer(browser, origin, url, options) {
  const page = await openPage(browser);
  await page.goto(`${origin}/peer.html`);
  await page.waitForFunction(() => window.ready);
  await page.evaluate(([where, given]) => window.watch(where, given), [url, options]);
  return page;
}

export const seen = (page) => page.evaluate(() => window.seen);

/** Waits until so many events of the type have come. @return their data */
export async function dataOf(page, type, count) {
  await page.waitForFunction(([name, least]) => window.seen.events.filter((event) => event.type === name).length >= least, [type, count]);
  return (await seen(page)).events.filter((event) => event.type === type).map(({ data }) => data);
}
