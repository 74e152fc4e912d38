// Whatever came over a transport, made into one form: {topic, type, data, id, seq}.

const ENVELOPE_FIELDS = new Set(['topic', 'id', 'seq', 'type', 'data']);

/** From a block of an event stream: with event names or without, bare or in the envelope of fanfare.v1. */
export function eventOfBlock({ type, data, id }) {
  const value = parsed(data);
  const event = { topic: '', type, data: value, id: id ?? '', seq: null };
  if (!isRecord(value)) return event;
  if (isEnvelope(value) && (type === 'message' || type === value.type)) return { ...eventOfEnvelope(value), id: event.id };
  if (type === 'message' && typeof value.type === 'string') {
    event.type = value.type;
    event.seq = number(value.seq);
  }
  return event;
}

export function eventOfEnvelope(value) {
  return {
    topic: value.topic,
    type: value.type,
    data: value.data,
    id: typeof value.id === 'string' ? value.id : '',
    seq: number(value.seq),
  };
}

/** Nothing but an envelope's fields: a payload that happens to have them all is none of any host's. */
export function isEnvelope(value) {
  return isRecord(value) && typeof value.topic === 'string' && typeof value.type === 'string' && 'data' in value &&
    Object.keys(value).every((name) => ENVELOPE_FIELDS.has(name));
}

export function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function number(value) {
  return Number.isSafeInteger(value) ? value : null;
}
