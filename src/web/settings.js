// The options of connect(), checked and completed, and the requests that follow from them.

const TRANSPORT_NAMES = ['sse', 'websocket', 'poll'];

export function settingsOf(url, options = {}) {
  const { backoff = {} } = options;
  const settings = {
    url: absolute(url),
    topics: listOf('topics', options.topics),
    types: listOf('types', options.types),
    maxRate: checked('maxRate', options.maxRate, 0),
    transports: listOf('transports', options.transports, TRANSPORT_NAMES),
    fields: options.fields ?? {},
    credentials: options.credentials ?? 'same-origin',
    heartbeat: checked('heartbeat', options.heartbeat, 15000),
    heartbeatIsChosen: options.heartbeat !== undefined,
    timeout: checked('timeout', options.timeout, 15000),
    backoff: {
      base: checked('backoff.base', backoff.base, 1000),
      cap: checked('backoff.cap', backoff.cap, 30000),
      stable: checked('backoff.stable', backoff.stable, 5000),
    },
    pollSeconds: checked('pollSeconds', options.pollSeconds, 25),
    maxEventChars: checked('maxEventChars', options.maxEventChars, 16 << 20),
    commands: options.commands,
    random: options.random ?? Math.random,
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
  };
  for (const name of settings.transports) {
    if (!TRANSPORT_NAMES.includes(name)) throw new TypeError(`fanfare: transports: there is no '${name}'`);
  }
  if (settings.transports.length === 0) throw new TypeError('fanfare: transports is empty');
  return settings;
}

/**
 * What makes two watches the same: where, of what, and the host's own name. A URL has no spaces, so a name separates and
 * never joins what is not the same.
 */
export function watchName(settings, name = '') {
  return `fanfare:${streamUrl(settings, '')}${name === '' ? '' : ` ${name}`}`;
}

/** @param position  where to go on from; empty: from the state as it is */
export function streamUrl({ url, topics, types, maxRate }, position, wait) {
  const stream = new URL(url);
  const query = stream.searchParams;
  if (topics.length > 0) query.delete('topic');
  for (const topic of topics) query.append('topic', topic);
  if (types.length > 0) query.set('types', types.join(','));
  if (maxRate > 0) query.set('max_rate', String(maxRate));
  query.delete('since');
  if (position !== '') query.set('since', position);
  if (wait !== undefined) query.set('wait', String(wait));
  return stream.href;
}

export function requestFields(settings, accept, position) {
  const fields = { Accept: accept, ...(typeof settings.fields === 'function' ? settings.fields() : settings.fields) };
  // For servers that know nothing of ?since=. Across origins it would cost a preflight.
  const near = settings.url.origin === globalThis.location?.origin;
  if (near && position !== '' && /^[!-~]{1,128}$/.test(position)) fields['Last-Event-ID'] = position;
  return fields;
}

function absolute(url) {
  const whole = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
  whole.hash = '';  // it is the page's own, and never sent
  if (whole.protocol === 'ws:') whole.protocol = 'http:';
  if (whole.protocol === 'wss:') whole.protocol = 'https:';
  return whole;
}

function listOf(name, value, otherwise = []) {
  if (value === undefined) return otherwise;
  const list = typeof value === 'string' ? [value] : [...value];
  if (!list.every((item) => typeof item === 'string' && item !== '')) throw new TypeError(`fanfare: ${name} must be texts`);
  return list;
}

function checked(name, value, otherwise) {
  if (value === undefined) return otherwise;
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`fanfare: ${name} is ${value}, which must be a number, 0 or more`);
  return value;
}
