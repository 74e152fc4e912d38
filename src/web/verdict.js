// What the status of an answer means for the watch.
//
// A failure is told as an object: `final` (the reason for which it is over), or `unsupported` (this transport is not
// served) or `mistyped` (maybe so), else it is tried again, after `askedMs` at least; `busy` when the transport got through
// to a server that cannot serve now; and with it `status` and `detail`, the server's words.

const UNSUPPORTED = new Set([405, 406, 415, 426, 501]);
const BUSY_STATUSES = new Set([408, 425, 429, 503]);
const FINAL = { 204: 'done', 404: 'unknown', 410: 'expired' };
const MAX_WORDS = 4096;

/** Null: it is a stream of the wanted type. */
export function verdictOf(response, wantedType) {
  const status = response.status;
  if (status === 200) {
    const type = (response.headers.get('Content-Type') ?? '').split(';')[0].trim().toLowerCase();
    if (type === wantedType) return null;
    // A browser takes a head that was cut off for a whole one, so this may mean nothing.
    return { mistyped: true, status, detail: `the answer is ${type || 'of no type'}, not ${wantedType}` };
  }
  const failure = { status, detail: `the server answered ${status}` };
  if (FINAL[status]) failure.final = FINAL[status];
  else if (UNSUPPORTED.has(status)) failure.unsupported = true;
  else if (status >= 400 && status < 500 && !BUSY_STATUSES.has(status)) failure.final = 'refused';
  else {
    failure.askedMs = retryAfterMs(response.headers.get('Retry-After'), Date.now());
    failure.busy = BUSY_STATUSES.has(status) || failure.askedMs > 0;
  }
  return failure;
}

/** The verdict with the words that the body of a refusal has: {"error": ...}, as fanfare writes them. */
export async function withWords(verdict, response) {
  if (verdict.mistyped) return verdict;  // it is no refusal, and may be a stream, which has no end
  try {
    const text = await boundedText(response, MAX_WORDS);
    const { error } = JSON.parse(text);
    if (typeof error === 'string' && error !== '') return { ...verdict, detail: error };
  } catch {
    // without words, then
  }
  return verdict;
}

/** Seconds, or a date (RFC 9110 sec. 10.2.3). 0: none. */
export function retryAfterMs(field, now) {
  const text = (field ?? '').trim();
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isFinite(date) ? Math.max(0, date - now) : 0;
}

/** The whole body. Throws RangeError when it is longer than `maxChars`. */
export async function boundedText(response, maxChars) {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += done ? decoder.decode() : decoder.decode(value, { stream: true });
    if (text.length > maxChars) {
      reader.cancel().catch(() => {});
      throw new RangeError(`an answer is longer than ${maxChars} characters`);
    }
    if (done) return text;
  }
}
