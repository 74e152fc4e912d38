// Positions: `<epoch>.<n>`, or a bare `seq`, or a text of a server that is not fanfare's, which says nothing of order.

/** Negative: `a` is before `b`; 0: the same; positive: after. NaN: they cannot be compared. */
export function comparePositions(a, b) {
  const [left, right] = [splitPosition(a), splitPosition(b)];
  if (!left || !right || left.epoch !== right.epoch) return NaN;
  if (left.n === right.n) return 0;
  // Up to 2^64, which a number does not hold: the longer text is the greater, since there are no leading zeros.
  if (left.n.length !== right.n.length) return left.n.length - right.n.length;
  return left.n < right.n ? -1 : 1;
}

/** Whether who is at `position` has this event already. */
export function isRepeated(event, position) {
  if (event.id === '' || position === '' || isHeartbeat(event)) return false;
  // Elsewhere bare numbers may begin anew. Fanfare's do not without a reset, and the payload has the same seq.
  if (/^[0-9]+$/.test(event.id) && event.id !== String(event.seq)) return false;
  return comparePositions(event.id, position) <= 0;
}

// It shows where the stream is, and so has the id of the event before it.
function isHeartbeat({ id, data }) {
  return data !== null && typeof data === 'object' && data.id === id && Object.keys(data).length === 1;
}

function splitPosition(text) {
  const match = /^(?:([a-z2-7]{13})\.)?(0|[1-9][0-9]{0,19})$/.exec(text);
  return match && { epoch: match[1] ?? '', n: match[2] };
}
