// Made by cmake/builtin_page.cmake from src/page and src/web: change those, and run it.
#pragma once

#include <fanfare/config.hpp>

#include <string_view>

// clang-format off
namespace fanfare::detail {

inline constexpr std::string_view page_etag = R"("016de8ddc619d0c3")";

// In pieces, for a compiler need not take longer literals.
inline constexpr std::string_view page_parts[] = {
R"page(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>fanfare</title>
<link rel="icon" href="data:,">
<style>
:root { --ground: #f4f3ef; --card: #fff; --line: #e0ded6; --text: #1b1d24; --quiet: #5c6070; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
:root { --ground: #12141a; --card: #1b1e27; --line: #2c303d; --text: #eceef4; --quiet: #a0a6b8; --bad: #ff8f85; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 48rem; padding: 1rem; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
article:not(:has(> :not([hidden]))) { display: none; }
h1, h2, h3, p, ul, pre { margin: 0; padding: 0; list-style: none; }
h1 { font-size: 1rem; }
h2 { font-size: 1.125rem; line-height: 1.3; }
h3, summary { font-size: .8125rem; font-weight: 600; color: var(--quiet); }
fanfare-status { font-size: .8125rem; }
#note { margin-top: 1rem; color: var(--bad); }
article, details { display: grid; gap: 1.25rem; margin-top: 1rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: 14px; background: var(--card); }
details { display: block; }
summary { cursor: pointer; }
#events { margin-top: .75rem; }
section { display: grid; gap: .5rem; min-width: 0; }
.prompts { font-size: .9375rem; }
pre { max-height: 16rem; overflow: auto; font: .8125rem/1.6 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
</style>
<script type="module">
const ENVELOPE_FIELDS = new Set(['topic', 'id', 'seq', 'type', 'data']);
function eventOfBlock({ type, data, id }) {
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
function eventOfEnvelope(value) {
return {
topic: value.topic,
type: value.type,
data: value.data,
id: typeof value.id === 'string' ? value.id : '',
seq: number(value.seq),
};
}
function isEnvelope(value) {
return isRecord(value) && typeof value.topic === 'string' && typeof value.type === 'string' && 'data' in value &&
Object.keys(value).every((name) => ENVELOPE_FIELDS.has(name));
}
function isRecord(value) {
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
function toTask(raw) {
const status = raw.status === 'complete' || raw.status === 'error' ? raw.status : 'running';
return {
task: raw.task,
parent: textOr(raw.parent, ''),
label: textOr(raw.label, '') || raw.task,
unit: textOr(raw.unit, ''),
weight: amountOr(raw.weight, 1),
current: amountOr(raw.current, 0),
total: amountOr(raw.total, 0),
rate: status === 'running' ? figureOf(raw.rate) : null,
eta: status === 'running' ? figureOf(raw.eta) : null,
status,
message: textOr(raw.message, ''),
};
}
function toPrompt(raw, type) {
if (!isKey(raw.prompt) || !Array.isArray(raw.choices)) return null;
return {
prompt: raw.prompt,
type: textOr(type, ''),
choices: raw.choices.filter((choice) => typeof choice === 'string'),
otherwise: textOr(raw.otherwise, ''),
question: raw.question ?? null,
};
}
function toLine(raw) {
return { level: textOr(raw.level, 'info'), message: textOr(raw.message, ''), time: amountOr(raw.time, 0) };
}
function isKey(value) {
return typeof value === 'string' && value !== '';
}
function records(value) {
return Array.isArray(value) ? value.filter(isRecord) : [];
}
function textOr(value, otherwise) {
return typeof value === 'string' ? value : otherwise;
}
function amountOr(value, otherwise) {
return Number.isFinite(value) && value >= 0 ? value : otherwise;
}
function figureOf(value) {
return amountOr(value, null);
}
function clampPercent(value, otherwise) {
return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : otherwise;
}
function taskPercent(task) {
if (task.status === 'complete') return 100;
return task.total > 0 ? clampPercent((100 * task.current) / task.total, 0) : null;
}
function totals(state) {
const sum = { tasks: state.tasks.length, complete: 0, failed: 0, current: 0, total: null, rate: null, eta: null };
let total = 0;
let sized = state.tasks.length > 0;
for (const task of state.tasks) {
if (task.status === 'error') {
sum.failed += 1;
continue;
}
if (task.status === 'complete') sum.complete += 1;
else if (task.total <= 0) sized = false;
if (task.rate !== null) sum.rate = (sum.rate ?? 0) + task.rate;
sum.current += task.current;
total += Math.max(task.total, task.current);
}
if (sized) sum.total = total;
if (sized && sum.rate > 0) sum.eta = (total - sum.current) / sum.rate;
return sum;
}
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
function bytes(value) {
if (!Number.isFinite(value) || value < 0) return '';
let unit = 0;
while (value >= (unit === 0 ? 1000 : 999.5) && unit < BYTE_UNITS.length - 1) {
value /= 1000;
unit += 1;
}
const digits = unit === 0 || value >= 99.95 ? 0 : 1;
return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}
function duration(seconds) {
if (!Number.isFinite(seconds) || seconds < 0) return '';
const whole = Math.ceil(seconds);
if (whole < 60) return `${whole} s`;
if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
if (whole < 86400) return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`;
return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}
function percent(value) {
return Number.isFinite(value) ? `${Math.floor(value)}%` : '';
}
function clock(milliseconds) {
const date = new Date(milliseconds);
return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}
function amount(current, total, unit) {
if (unit === '%') return '';
const known = total > 0 && total !== current;
if (unit === 'bytes') return known ? `${bytes(current)} of ${bytes(total)}` : bytes(current);
const counted = known ? `${countOf(current)} of ${countOf(total)}` : countOf(current);
return unit ? `${counted} ${unit}` : counted;
}
function rate(value, unit) {
if (!Number.isFinite(value) || value < 0) return '';
if (unit === 'bytes') return `${bytes(value)}/s`;
return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))}${unit ? ` ${unit}` : ''}/s`;
}
function taskSums(tasks) {
const parents = new Set(tasks.map((task) => task.parent));
const leaves = tasks.filter((task) => !parents.has(task.task));
const unit = leaves[0]?.unit ?? '';
const sum = { count: leaves.length, complete: 0, failed: 0, unit, current: null, total: null, rate: null, eta: null };
const alike = leaves.length > 0 && leaves.every((task) => task.unit === unit);
let [current, total, sized] = [0, 0, alike];
for (const task of leaves) {
if (task.status === 'complete') sum.complete += 1;
if (task.status === 'error') {
sum.failed += 1;
continue;  // what is missing of it will not come: it is neither here nor awaited
}
if (task.status === 'running' && task.total <= 0) sized = false;
if (alike && task.status === 'running' && Number.isFinite(task.rate)) sum.rate = (sum.rate ?? 0) + task.rate;
current += task.current;
total += Math.max(task.total, task.current);
}
if (alike) sum.current = current;
if (sized) sum.total = total;
if (sized && sum.rate > 0) sum.eta = (total - current) / sum.rate;
return sum;
}
function ended(state) {
return state.status === 'complete' || state.status === 'error';
}
function isCancelled(message) {
return /^cancel/i.test(message ?? '');
}
function jobPercent(state, sum = taskSums(state.tasks)) {
if (state.status === 'complete') return 100;
if (state.status === 'error' && sum.count > 0) return Math.min(99, (100 * sum.complete) / sum.count);
if (state.status === 'running' && !(state.percent > 0) && state.tasks.every((task) => taskPercent(task) === null)) return null;
return Math.min(99.99, state.percent);
}
function jobHeadline(state, lost = false) {
if (state.status === 'complete') return { key: 'complete', word: 'Complete' };
if (state.status === 'error') {
return isCancelled(state.error || state.message) ? { key: 'cancelled', word: 'Cancelled' } : { key: 'error', word: 'Failed' };
}
if (lost) return { key: 'lost', word: 'Lost' };
if (state.prompts.length > 0) return { key: 'asking', word: 'Waiting for you' };
if (state.status === 'running') return { key: 'running', word: state.stage || 'Running' };
return { key: 'queued', word: 'Queued' };
}
function taskHeadline(task, over = false) {
if (task.status === 'complete') return { key: 'complete', word: 'Complete' };
if (task.status === 'error') {
return isCancelled(task.message) ? { key: 'cancelled', word: 'Cancelled' } : { key: 'error', word: 'Failed' };
}
const share = taskPercent(task);
const word = share === null ? '' : percent(Math.min(99, share));
if (over) return { key: 'lost', word: word || 'Not finished' };
if (task.current === 0 && !Number.isFinite(task.rate)) return { key: 'waiting', word: 'Waiting' };
return { key: 'running', word: word || 'Size unknown' };
}
function news(before, after, nameOf = (task) => task.label || task.task) {
const said = [];
const quarter = Math.min(3, Math.floor(after.percent / 25));
if (before.status === 'queued' && after.status === 'running') said.push('Started.');
else if (!ended(after) && quarter > Math.floor(before.percent / 25)) said.push(`${quarter * 25}% done.`);
const was = new Map(before.tasks.map((task) => [task.task, task.status]));
const over = after.tasks.filter((task) => task.status !== 'running' && was.get(task.task) === 'running');
const complete = over.filter((task) => task.status === 'complete');
if (complete.length > 3) said.push(`${complete.length} tasks complete.`);
else said.push(...complete.map((task) => `${nameOf(task)} complete.`));
said.push(...over.filter((task) => task.status === 'error').slice(0, 3).map((task) => `${nameOf(task)} failed: ${task.message}.`));
if (ended(after) && !ended(before)) {
said.push(after.status === 'complete' ? 'All done.' : `The job failed: ${after.error || after.message || 'no reason was given'}.`);
}
return said;
}
function countOf(value) {
return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
function twoDigits(value) {
return String(value).padStart(2, '0');
}
function comparePositions(a, b) {
const [left, right] = [splitPosition(a), splitPosition(b)];
if (!left || !right || left.epoch !== right.epoch) return NaN;
if (left.n === right.n) return 0;
if (left.n.length !== right.n.length) return left.n.length - right.n.length;
return left.n < right.n ? -1 : 1;
}
function isRepeated(event, position) {
if (event.id === '' || position === '' || isHeartbeat(event)) return false;
if (/^[0-9]+$/.test(event.id) && event.id !== String(event.seq)) return false;
return comparePositions(event.id, position) <= 0;
}
function isHeartbeat({ id, data }) {
return data !== null && typeof data === 'object' && data.id === id && Object.keys(data).length === 1;
}
function splitPosition(text) {
const match = /^(?:([a-z2-7]{13})\.)?(0|[1-9][0-9]{0,19})$/.exec(text);
return match && { epoch: match[1] ?? '', n: match[2] };
}
const MAX_POSITION_CHARS = 1024;
const MAX_DONE = 100000;  // topics; of more it is not known here that they have ended, and the server says so
class Delivery {
#handlers;
#otherwise;
#store;
#onMoved;
#position;
#topic = '';
#done = new Set();  // topics that have ended
#between = false;   // something without an id came, and the next id is still to come
constructor({ on, store, position = '', onMoved = () => {} }) {
this.#handlers = new Map(typeof on === 'function' ? [] : Object.entries(on ?? {}));
this.#otherwise = typeof on === 'function' ? on : this.#handlers.get('*');
this.#store = storeOf(store);
this.#position = position;
this.#onMoved = onMoved;
}
get position() { return this.#position; }
get topic() { return this.#topic; }
get place() { return this.#between ? null : this.#position; }
over(topics) {
return this.#done.has('') || (topics.length > 0 && topics.every((topic) => this.#done.has(topic)));
}
take(event) {
if (isRepeated(event, this.#position)) return false;
const begin = isReset(event);
if (begin) {
this.#position = '';
this.#done.clear();
}
if (event.topic !== '') this.#topic = event.topic;
if (event.type === 'done' && this.#done.size < MAX_DONE) this.#done.add(event.topic);
if (event.id !== '') this.at(event.id);
else if (this.#position === '') this.#between = true;
this.#call(this.#store, event);
this.#onMoved();
this.#call(this.#handlers.get(event.type) ?? this.#otherwise, event);
return true;
}
at(id) {
if (id === '' || id.length > MAX_POSITION_CHARS) return;
this.#position = id;
this.#between = false;
}
#call(handler, event) {
if (!handler) return;
try {
handler(event);
} catch (error) {
report(error);
}
}
}
function report(error) {
if (globalThis.reportError) globalThis.reportError(error);
else setTimeout(() => { throw error; });
}
function isReset({ type, id, data }) {
return type === 'reset' && id === '' && isRecord(data) && typeof data.reason === 'string';
}
function storeOf(store) {
if (!store) return () => {};
if (typeof store.apply === 'function') return (event) => store.apply(event);
const stores = new Map(Object.entries(store));
return (event) => {
const topic = event.type === 'gone' && isRecord(event.data) ? event.data.topic : event.topic;
if (topic !== '') stores.get(topic)?.apply(event);
else for (const one of stores.values()) one.apply(event);  // about all of them, or there is only one
};
}
const TRANSPORT_NAMES = ['sse', 'websocket', 'poll'];
function settingsOf(url, options = {}) {
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
function watchName(settings, name = '') {
return `fanfare:${streamUrl(settings, '')}${name === '' ? '' : ` ${name}`}`;
}
function streamUrl({ url, topics, types, maxRate }, position, wait) {
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
function requestFields(settings, accept, position) {
const fields = { Accept: accept, ...(typeof settings.fields === 'function' ? settings.fields() : settings.fields) };
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
function watchPage({ shown, online, left, back }) {
const page = globalThis.document;
const ends = [];
const listen = (target, type, action) => {
if (!target?.addEventListener || !action) return;
target.addEventListener(type, action);
ends.push(() => target.removeEventListener(type, action));
};
listen(page, 'visibilitychange', shown && (() => { if (page.visibilityState === 'visible') shown(); }));
listen(page, 'resume', shown);  // it was frozen
listen(globalThis, 'online', online);
listen(globalThis, 'pagehide', left);
listen(globalThis, 'pageshow', back && ((event) => { if (event.persisted) back(); }));
return () => ends.splice(0).forEach((end) => end());
}
function pageIsVisible() {
return globalThis.document?.visibilityState !== 'hidden';
}
const PREFIX = 'fanfare:';
const EVERY_MS = 1000;          // an older pair is as good: it only means more events to catch up with
const MAX_CHARS = 1024 * 1024;  // of the some 5 Mi that a page has
class Keeper {
#name;
#stores;
#current;
#timer = null;
#end = null;
constructor(name, store, current) {
this.#name = name;
this.#stores = typeof store.apply === 'function' ? { '': store } : store;
this.#current = current;
this.start();
}
start() {
this.#end ??= watchPage({ left: () => this.save() });
}
load() {
let kept;
try {
kept = JSON.parse(storage()?.getItem(this.#name) ?? 'null');
} catch {
return '';
}
if (!isRecord(kept) || typeof kept.position !== 'string' || !isRecord(kept.states)) return '';
const names = Object.keys(this.#stores);
const whole = names.length === Object.keys(kept.states).length &&
names.every((name) => Object.hasOwn(kept.states, name) && this.#stores[name].load(kept.states[name]));
return whole ? kept.position : '';  // the snapshots that come then replace what was loaded in part
}
moved() {
this.#timer ??= setTimeout(() => this.save(), EVERY_MS);
}
save() {
clearTimeout(this.#timer);
this.#timer = null;
const position = this.#current();
const states = {};
for (const [name, store] of Object.entries(this.#stores)) states[name] = store.save();
const text = position ? JSON.stringify({ position, states }) : '';
put(this.#name, text.length <= MAX_CHARS ? text : '');
}
stop() {
this.save();
this.#end?.();
this.#end = null;
}
}
function put(name, text) {
const items = storage();
if (!items) return;
try {
if (text === '') items.removeItem(name);
else items.setItem(name, text);
} catch {
makeRoom(items);
try {
items.setItem(name, text);
} catch {
items.removeItem(name);
}
}
}
function makeRoom(items) {
for (const name of Object.keys(items)) if (name.startsWith(PREFIX)) items.removeItem(name);
}
function storage() {
try {
return globalThis.sessionStorage;
} catch {
return undefined;  // switched off by the user
}
}
const UNSUPPORTED = new Set([405, 406, 415, 426, 501]);
const BUSY_STATUSES = new Set([408, 425, 429, 503]);
const FINAL = { 204: 'done', 404: 'unknown', 410: 'expired' };
const MAX_WORDS = 4096;
function verdictOf(response, wantedType) {
const status = response.status;
if (status === 200) {
const type = (response.headers.get('Content-Type') ?? '').split(';')[0].trim().toLowerCase();
if (type === wantedType) return null;
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
async function withWords(verdict, response) {
if (verdict.mistyped) return verdict;  // it is no refusal, and may be a stream, which has no end
try {
const text = await boundedText(response, MAX_WORDS);
const { error } = JSON.parse(text);
if (typeof error === 'string' && error !== '') return { ...verdict, detail: error };
} catch {
}
return verdict;
}
function retryAfterMs(field, now) {
const text = (field ?? '').trim();
if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000;
const date = Date.parse(text);
return Number.isFinite(date) ? Math.max(0, date - now) : 0;
}
async function boundedText(response, maxChars) {
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
const PROTOCOL = 'fanfare.v1';
const FAULT_CODES = new Set([1002, 1003, 1007, 1009]);
const NO_CLOSE_FRAME = 1006;  // RFC 6455 sec. 7.1.5; one that came shows that WebSockets get through
const MAX_COMMANDS = 100;  // that wait for their answers
function openWebSocket(attempt) {
return new Conversation(attempt);
}
class Conversation {
#attempt;
#socket;
#abort = new AbortController();
#ping = null;
#askedAt = 0;
#heard = false;  // since then
#open = false;
#known = false;  // to speak the protocol, which some servers agree to without knowing it
#goodbye = null;
#refs = new Map();
#lastRef = 0;
constructor(attempt) {
this.#attempt = attempt;
this.#socket = new WebSocket(webSocketUrl(attempt.url()), PROTOCOL);
this.#socket.onopen = () => this.#opened();
this.#socket.onmessage = ({ data }) => this.#message(data);
this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
}
close() {
this.#abort.abort();
clearInterval(this.#ping);
this.#rejectAll('the connection was lost');
this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
this.#socket.close();
}
send(command) {
return new Promise((resolve, reject) => {
if (!this.#open) return reject(commandError('unavailable', 'not connected'));
if (this.#refs.size >= MAX_COMMANDS) return reject(commandError('limit_exceeded', 'too many commands at once'));
this.#lastRef += 1;
const ref = `c${this.#lastRef}`;
this.#refs.set(ref, { resolve, reject });
this.#socket.send(JSON.stringify({ ...command, ref }));
});
}
#opened() {
if (this.#socket.protocol !== PROTOCOL) return this.#notSpoken();
this.#open = true;
this.#pingEvery(this.#attempt.heartbeat);
this.#attempt.opened();  // last: who is told may close it
}
#notSpoken() { this.#attempt.failed({ unsupported: true, detail: `it does not speak ${PROTOCOL}` }); }
#pingEvery(milliseconds) {
clearInterval(this.#ping);
this.#attempt.expect(milliseconds * 2.5);
this.#askedAt = Date.now();
if (milliseconds > 0) this.#ping = setInterval(() => this.#ask(milliseconds), milliseconds);
}
#ask(milliseconds) {
const late = Date.now() - this.#askedAt > 2 * milliseconds;
if (late && this.#heard && !pageIsVisible()) this.#attempt.expect(milliseconds * 2.5);
this.#askedAt = Date.now();
this.#heard = false;
this.#socket.send('ping');
}
#message(text) {
this.#heard = true;
if (text.length > this.#attempt.maxEventChars) {
return this.#attempt.failed({ final: 'too_large', detail: `a message is longer than ${this.#attempt.maxEventChars} characters` });
}
const message = messageOf(text);
if (!this.#known && !opensTalk(message)) return this.#notSpoken();
this.#known = true;
this.#attempt.heard();
if (typeof text !== 'string') return this.#attempt.failed({ final: 'protocol', detail: 'a binary message' });
if (!message) return;
if (typeof message.topic === 'string') return this.#attempt.event(eventOfEnvelope(message));
this.#talk(message);
}
#talk(message) {
switch (message.type) {
case 'hello':
if (Number.isFinite(message.heartbeat_ms) && !this.#attempt.heartbeatIsChosen) this.#pingEvery(message.heartbeat_ms);
return;
case 'goodbye':
this.#goodbye = message;
return;
case 'accepted':
return this.#settle(message.ref)?.resolve();
case 'error':
return this.#settle(message.ref)?.reject(commandError(message.code, message.message));
default:
}
}
#settle(ref) {
const waiting = this.#refs.get(ref);
this.#refs.delete(ref);
return waiting;
}
#rejectAll(why) {
for (const { reject } of this.#refs.values()) reject(commandError('unavailable', why));
this.#refs.clear();
}
#closed(code, reason) {
clearInterval(this.#ping);
if (!this.#open) return void this.#askWhy();
this.#open = false;
this.#rejectAll('the connection was lost');
const detail = reason || this.#goodbye?.reason || `closed with ${code}`;
if (code === 1000) this.#attempt.failed({ final: 'done', status: code, detail });
else if (FAULT_CODES.has(code)) this.#attempt.failed({ final: 'protocol', status: code, detail });
else if (Number.isFinite(this.#goodbye?.retry_ms)) {
this.#attempt.retry(this.#goodbye.retry_ms);
this.#attempt.failed({ status: code, detail, exactly: true, busy: true });
} else this.#attempt.failed({ status: code, detail, busy: code !== NO_CLOSE_FRAME });
}
async #askWhy() {
let verdict = { detail: 'the WebSocket was refused' };
try {
const response = await this.#attempt.fetch('text/event-stream, application/json', { signal: this.#abort.signal });
const found = verdictOf(response, '');
verdict = found.unsupported || found.mistyped ? { ...verdict, refused: true } : await withWords(found, response);
} catch {
verdict.detail = 'no answer';
}
this.#abort.abort();  // a 200 is a stream, which is not read here
this.#attempt.failed(verdict);
}
}
function messageOf(text) {
try {
const message = JSON.parse(text);
return isRecord(message) && typeof message.type === 'string' ? message : null;
} catch {
return null;
}
}
function opensTalk(message) {
return message !== null && (typeof message.topic === 'string' || ['hello', 'goodbye', 'error'].includes(message.type));
}
function commandError(code, message) {
const error = new Error(message || code);
error.code = code;
return error;
}
function webSocketUrl(href) {
const url = new URL(href);
url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
url.hash = '';
return url.href;
}
class Watchdog {
#onQuiet;
#timer = null;
#limit = 0;
#heardAt = 0;
constructor(onQuiet) { this.#onQuiet = onQuiet; }
expect(milliseconds) {
this.#limit = milliseconds;
this.heard();
clearTimeout(this.#timer);
this.#timer = null;
if (milliseconds > 0) this.#arm(milliseconds);
}
heard() { this.#heardAt = Date.now(); }
check() {
if (this.#limit <= 0) return;
const left = this.#limit - this.#quiet();
clearTimeout(this.#timer);
if (left > 0) return this.#arm(left);
this.stop();
this.#onQuiet();
}
stop() { this.expect(0); }
#arm(milliseconds) { this.#timer = setTimeout(() => this.check(), milliseconds); }
#quiet() {
const now = Date.now();
if (now < this.#heardAt) this.#heardAt = now;
return now - this.#heardAt;
}
}
const SHORTEST_BASE_MS = 10;      // a server that asks for less means "at once", not "in a tight loop"
const LONGEST_ASKED_MS = 3600000; // what a server may ask for
class Backoff {
#base;
#cap;
#random;
#attempt = 0;
constructor({ base = 1000, cap = 30000 } = {}, random = Math.random) {
this.#base = base;
this.#cap = cap;
this.#random = random;
}
get attempt() { return this.#attempt; }
next(askedMs = 0) {
const wait = this.#random() * Math.min(this.#cap, this.#base * 2 ** this.#attempt);
this.#attempt = Math.min(this.#attempt + 1, 30);  // far above where the cap is reached
if (askedMs <= 0) return wait;
return Math.max(wait, Math.min(askedMs, LONGEST_ASKED_MS) + this.#random() * 1000);
}
exactly(milliseconds) {
const least = this.#attempt > 0 ? this.next() : 0;
this.#attempt = Math.max(this.#attempt, 1);
return Math.max(Math.min(milliseconds, LONGEST_ASKED_MS), least);
}
soon() { return this.#random() * this.#base; }
setBase(milliseconds) { this.#base = Math.min(Math.max(milliseconds, SHORTEST_BASE_MS), this.#cap); }
reset() { this.#attempt = 0; }
}
const PAUSE_MS = 1000;  // for a server that answers at once though there is nothing
function openPoll(attempt) {
const abort = new AbortController();
pollOn(attempt, abort.signal).catch((error) => {
if (error instanceof RangeError) attempt.failed({ final: 'too_large', detail: error.message });
else attempt.failed({ detail: error?.message ?? 'the poll broke off' });
});
return { close: () => abort.abort() };
}
async function pollOn(attempt, signal) {
for (let wait = 0; ; wait = attempt.pollSeconds) {
const askedAt = Date.now();
attempt.expect(attempt.timeout + wait * 1000);
const response = await attempt.fetch('application/json', { signal, wait });
const verdict = verdictOf(response, 'application/json');
if (verdict) return attempt.failed(await withWords(verdict, response));
const answer = JSON.parse(await boundedText(response, attempt.maxEventChars));
if (signal.aborted) return;
if (!Array.isArray(answer?.events)) return attempt.failed({ unsupported: true, detail: 'the answer has no events' });
if (wait === 0) attempt.opened();
attempt.heard();
for (const event of answer.events) if (isEnvelope(event)) attempt.event(eventOfEnvelope(event));
if (typeof answer.id === 'string') attempt.at(answer.id);
if (answer.events.length === 0 && wait > 0 && Date.now() - askedAt < PAUSE_MS) await attempt.sleep(PAUSE_MS);
if (signal.aborted) return;
}
}
class SseParser {
#onBlock;
#onRetry;
#max;
#rest = '';       // of the last push, without a line end
#sawCr = false;   // a LF that comes next belongs to it
#started = false;
#data = [];
#dataChars = 0;
#type = '';
#id = null;
constructor({ onBlock, onRetry, maxChars }) {
this.#onBlock = onBlock;
this.#onRetry = onRetry;
this.#max = maxChars;
}
retryWasLast = false;
push(text) {
if (text === '') return;
if (!this.#started) {
this.#started = true;
if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
}
if (this.#sawCr && text.charCodeAt(0) === 10) text = text.slice(1);
this.#sawCr = text.endsWith('\r');
const ends = /\r\n|\n|\r/g;
let from = 0;
for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
const line = this.#rest + text.slice(from, end.index);
this.#rest = '';
this.#bound(line.length);
from = ends.lastIndex;
this.#line(line);
}
this.#rest += text.slice(from);
this.#bound(this.#rest.length);
}
#bound(chars) {
if (chars > this.#max) throw new RangeError(`an event is longer than ${this.#max} characters`);
}
#line(line) {
if (line === '') return this.#dispatch();
const colon = line.indexOf(':');
if (colon === 0) {
this.retryWasLast = false;
return;  // a comment
}
const name = colon < 0 ? line : line.slice(0, colon);
let value = colon < 0 ? '' : line.slice(colon + 1);
if (value.charCodeAt(0) === 32) value = value.slice(1);
this.#field(name, value);
}
#field(name, value) {
if (name === 'data') {
this.#dataChars += value.length + 1;
this.#bound(this.#dataChars);
this.#data.push(value);
} else if (name === 'event') {
this.#type = value;
} else if (name === 'id') {
if (!value.includes('\0')) this.#id = value;
} else if (name === 'retry' && /^[0-9]{1,9}$/.test(value)) {
this.retryWasLast = true;
this.#onRetry(Number(value));
}
}
#dispatch() {
const block = { type: this.#type || 'message', data: this.#data.length > 0 ? this.#data.join('\n') : null, id: this.#id };
this.#data = [];
this.#dataChars = 0;
this.#type = '';
this.#id = null;
if (block.data === null && block.id === null) return;
this.retryWasLast = false;
this.#onBlock(block);
}
}
function openSse(attempt) {
const abort = new AbortController();
readStream(attempt, abort.signal).catch((error) => {
if (error instanceof RangeError) attempt.failed({ final: 'too_large', detail: error.message });
else attempt.failed({ detail: error?.message ?? 'the stream broke off' });
});
return { close: () => abort.abort() };
}
async function readStream(attempt, signal) {
const response = await attempt.fetch('text/event-stream', { signal });
const verdict = verdictOf(response, 'text/event-stream');
if (verdict) return attempt.failed(await withWords(verdict, response));
attempt.opened();
const parser = new SseParser({
onBlock: (block) => {
if (block.data === null) attempt.at(block.id);
else attempt.event(eventOfBlock(block));
},
onRetry: (milliseconds) => attempt.retry(milliseconds),
maxChars: attempt.maxEventChars,
});
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });  // the parser's part
const reader = response.body.getReader();
for (let heard = false; ; heard = true) {
const { done, value } = await reader.read();
if (signal.aborted) return;
if (done) return attempt.failed({ detail: 'the stream ended', ended: true, exactly: heard && parser.retryWasLast });
attempt.heard();
parser.push(decoder.decode(value, { stream: true }));
}
}
const OPENERS = { sse: openSse, websocket: openWebSocket, poll: openPoll };
const PATIENCE = 3;       // fruitless attempts until the other transports are tried too
const LOST_PATIENCE = 5;  // the same for one that has worked
class Watcher {
#settings;
#hooks;
#backoff;
#watchdog = new Watchdog(() => this.#quiet());
#timers = new Map();
#endPage = null;
#turn = 0;  // of the current attempt: what belongs to an older one is stale
#conversation = null;
#transport;
#unserved = new Set();  // transports that the server has said it does not have
#worked = '';           // the transport that something came over
#fruitless = 0;         // attempts since then
#refusals = new Map();  // by transport, what looked as if the server did not have it
#opened = false;
#heard = false;
#retryMs = null;
#waits = false;         // for no better reason than jitter
#link;
constructor(settings, hooks) {
this.#settings = settings;
this.#hooks = hooks;
this.#backoff = new Backoff(settings.backoff, settings.random);
this.#transport = settings.transports[0];
this.#link = { phase: 'connecting', transport: this.#transport, shared: '' };
}
get link() { return this.#link; }
get speaks() { return this.#link.phase === 'connected' && this.#conversation?.send !== undefined; }
start() {
this.#endPage ??= watchPage({
shown: () => this.#wake(),
online: () => this.#wake(),
left: () => this.#drop(),
back: () => { if (this.#link.phase !== 'closed') this.reconnect(); },
});
this.#tellAndConnect({ phase: 'connecting', transport: this.#transport });
}
stop() {
this.#drop();
this.#endPage?.();
this.#endPage = null;
}
reconnect() {
this.#unserved.clear();
this.#fruitless = 0;
this.#refusals.clear();
this.#backoff.reset();
this.#transport = this.#worked || this.#settings.transports[0];
this.start();
}
send(command) {
if (this.speaks) return this.#conversation.send(command);
return Promise.reject(commandError('unavailable', 'there is no WebSocket to send it over'));
}
#connect(transport) {
this.#drop();
this.#transport = transport;
this.#opened = this.#heard = false;
this.#retryMs = null;
this.#watchdog.expect(this.#settings.timeout);
const attempt = this.#attempt(this.#turn);
try {
this.#conversation = OPENERS[transport](attempt);
} catch (error) {
attempt.failed({ unsupported: true, detail: error.message });  // no WebSocket here, or none that the page may open
}
}
#attempt(turn) {
const { heartbeat, heartbeatIsChosen, maxEventChars, pollSeconds, timeout } = this.#settings;
const position = () => this.#hooks.position();
const current = (action) => (...values) => { if (turn === this.#turn) action(...values); };
return {
heartbeat, heartbeatIsChosen, maxEventChars, pollSeconds, timeout,
url: (wait) => streamUrl(this.#settings, position(), wait),
fetch: (accept, { signal, wait }) => this.#settings.fetch(streamUrl(this.#settings, position(), wait), {
headers: requestFields(this.#settings, accept, position()),
credentials: this.#settings.credentials,
cache: 'no-store',
signal,
}),
sleep: (milliseconds) => new Promise((resolve) => { if (turn === this.#turn) this.#after('sleep', milliseconds, resolve); }),
expect: current((milliseconds) => this.#watchdog.expect(milliseconds)),
opened: current(() => this.#open()),
heard: current(() => this.#hear()),
event: current((event) => this.#hooks.event(event)),
at: current((id) => this.#hooks.at(id)),
retry: current((milliseconds) => { this.#retryMs = milliseconds; }),
failed: current((outcome) => this.#fail(outcome)),
};
}
#open() {
this.#opened = true;
if (this.#transport === 'sse') this.#watchdog.expect(2.5 * this.#settings.heartbeat);
this.#after('stable', this.#settings.backoff.stable, () => this.#backoff.reset());
this.#tell({ phase: 'connected', transport: this.#transport });
}
#hear() {
this.#watchdog.heard();
this.#heard = true;
this.#worked = this.#transport;
this.#fruitless = 0;
this.#refusals.clear();
this.#hooks.heard();
}
#quiet() {
const detail = this.#opened ? 'nothing came for too long' : 'no answer';
this.#fail({ detail, silent: this.#opened && !this.#heard });
}
#fail(outcome) {
const { final, status = 0, detail = '', unsupported = false, ended = false } = outcome;
this.#drop();
if (ended && this.#hooks.over()) return this.#close('done', 200, detail);
if (final) return this.#close(final, status, detail);
if (unsupported || this.#refusedFor(outcome) >= PATIENCE) this.#unserved.add(this.#transport);
if (outcome.busy) return this.#later(this.#transport, outcome);
if (!this.#heard) this.#fruitless += 1;
if (this.#fruitless >= LOST_PATIENCE || this.#unserved.has(this.#worked)) this.#worked = '';
const served = this.#settings.transports.filter((name) => !this.#unserved.has(name));
if (served.length === 0) return this.#close('unsupported', status, detail);
const next = this.#unserved.has(this.#transport) ? served[0] : this.#following(outcome, served);
if (next) return this.#now(next, detail);
this.#later(this.#worked || served[0], outcome);
}
#refusedFor({ refused = false, mistyped = false }) {
const times = (this.#refusals.get(this.#transport) ?? 0) + (refused || mistyped ? 1 : 0);
this.#refusals.set(this.#transport, times);
return times;
}
#following({ silent, mistyped, status = 0 }, served) {
const suspect = this.#fruitless >= PATIENCE || (status === 0 && (silent || this.#transport === 'websocket'));
return !this.#worked && (suspect || mistyped) ? served[served.indexOf(this.#transport) + 1] : undefined;
}
#now(transport, detail) {
this.#tellAndConnect({ phase: 'reconnecting', transport, waitMs: 0, attempt: this.#backoff.attempt, detail });
}
#tellAndConnect(link) {
const turn = this.#turn;
this.#tell(link);
if (turn === this.#turn) this.#connect(link.transport);
}
#later(transport, { askedMs = 0, exactly = false, detail = '' }) {
if (this.#retryMs !== null && !exactly) this.#backoff.setBase(this.#retryMs);
const waitMs = exactly && this.#retryMs !== null ? this.#backoff.exactly(this.#retryMs) : this.#backoff.next(askedMs);
this.#waits = askedMs <= 0 && !exactly;
this.#retryIn(waitMs, transport, detail);
}
#retryIn(waitMs, transport, detail) {
this.#transport = transport;
this.#after('retry', waitMs, () => this.#now(transport, detail));
this.#tell({ phase: 'reconnecting', transport, waitMs, attempt: this.#backoff.attempt, detail });
}
#wake() {
if (!this.#timers.has('retry')) return this.#watchdog.check();
if (!this.#waits) return;
const waitMs = this.#backoff.soon();
if (waitMs < this.#link.waitMs) this.#retryIn(waitMs, this.#transport, this.#link.detail);
}
#close(reason, status, detail) {
this.stop();
this.#tell({ phase: 'closed', reason, status, detail });
}
#drop() {
this.#turn += 1;
const conversation = this.#conversation;
this.#conversation = null;
conversation?.close();
this.#watchdog.stop();
for (const name of [...this.#timers.keys()]) this.#cancel(name);
}
#after(name, milliseconds, action) {
this.#cancel(name);
this.#timers.set(name, setTimeout(() => {
this.#timers.delete(name);
action();
}, milliseconds));
}
#cancel(name) {
clearTimeout(this.#timers.get(name));
this.#timers.delete(name);
}
#tell(link) {
this.#link = link.phase === 'closed' ? link : { ...link, shared: '' };
this.#hooks.link(this.#link);
}
}
const GREET_MS = 1000;     // a holder that has not answered by then is busy or frozen
const RELEASE_MS = 200;
const COMMAND_MS = 30000;  // until an answer from another tab is given up
function canShare() {
return Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);  // not in an insecure context
}
class SharedWatcher {
#settings;
#delivery;
#name;
#tell;
#role = 'none';     // holder, listener, catching (up), and none before it is known
#link;
#watcher = null;    // of its own
#channel = null;
#endPage = null;
#waiting = null;    // ends the request for the lock, or gives the lock back
#number = 0;        // as a holder; later ones are higher
#seen = 0;          // the highest number
#followed = null;   // the holder's last word: {holder, count, place, link}
#count = 0;         // of what was passed on, by us or by the holder that we listen to
#passedAt = 0;
#greet = null;
#beat = null;
#commands = new Map();
#watchdog = new Watchdog(() => this.#holderIsSilent());
constructor(settings, delivery, name, tell) {
this.#settings = settings;
this.#delivery = delivery;
this.#name = name;
this.#tell = tell;
this.#link = { phase: 'connecting', transport: settings.transports[0], shared: 'listener' };
}
get link() { return this.#link; }
get speaks() {
if (this.#role !== 'listener') return this.#watcher?.speaks ?? false;
return this.#link.phase === 'connected' && this.#link.transport === 'websocket';
}
start() {
this.stop();
this.#endPage = watchPage({ shown: () => this.#watchdog.check(), left: () => this.#leave(), back: () => this.start() });
this.#channel = new BroadcastChannel(this.#name);
this.#channel.onmessage = ({ data }) => this.#hear(data);
this.#ask({});
this.#post({ say: 'hello' });
this.#greet = setTimeout(() => { if (this.#role === 'none') this.#catchUp(); }, GREET_MS);
this.#becomes({ phase: 'connecting', transport: this.#settings.transports[0] });  // last: who is told may close it
}
stop() {
this.#leave();
this.#endPage?.();
this.#endPage = null;
}
reconnect() {
if (this.#link.phase === 'closed' || !this.#channel) return this.start();
if (this.#watcher) return this.#watcher.reconnect();
this.#post({ say: 'reconnect', to: this.#followed?.holder });
}
send(command) {
if (this.#role !== 'listener') return this.#watcher?.send(command) ?? Promise.reject(commandError('unavailable', 'not connected'));
return new Promise((resolve, reject) => {
if (this.#commands.size >= MAX_COMMANDS) return reject(commandError('limit_exceeded', 'too many commands at once'));
const ref = crypto.randomUUID();
const timer = setTimeout(() => this.#answered({ ref, code: 'unavailable', message: 'no answer' }), COMMAND_MS);
this.#commands.set(ref, { resolve, reject, timer });
this.#post({ say: 'command', to: this.#followed.holder, ref, command });
});
}
#ask(options) {
const abort = new AbortController();
let release;
const held = new Promise((resolve) => { release = resolve; });
const mine = () => {
abort.abort();
release();
};
this.#waiting?.();
this.#waiting = mine;
const request = options.steal ? options : { signal: abort.signal };
navigator.locks.request(this.#name, request, () => {
if (this.#waiting !== mine) return undefined;
this.#hold();
return held;
}).catch(({ name }) => {
if (this.#waiting !== mine) return;
if (name === 'AbortError') this.#lostLock();
else this.#catchUp();  // this page may have no locks, as in a sandboxed frame: asking again would change nothing
});
}
#hold() {
clearTimeout(this.#greet);
this.#watchdog.stop();
this.#role = 'holder';
this.#number = this.#seen = Math.max(Date.now(), this.#seen + 1);
this.#count = 0;
if (this.#settings.heartbeat > 0) this.#beat = setInterval(() => this.#here(), this.#settings.heartbeat);
if (this.#watcher) this.#becomes(this.#watcher.link);  // it was catching up, and simply goes on
else this.#connect();
this.#here();
}
#lostLock() {
this.#endHolding();
this.#role = 'none';
this.#disconnect();
this.#ask({});
this.#post({ say: 'hello' });
this.#greet = setTimeout(() => { if (this.#role === 'none') this.#catchUp(); }, GREET_MS);
}
#holderIsSilent() {
if (this.#role !== 'listener') return;
if (pageIsVisible()) this.#ask({ steal: true });
else this.#expectHolder();
}
#expectHolder() { this.#watchdog.expect(2.5 * this.#settings.heartbeat); }
#connect() {
this.#watcher = new Watcher(this.#settings, {
position: () => this.#delivery.position,
event: (event) => {
if (this.#delivery.take(event)) this.#moved(event);
},
at: (id) => {
this.#delivery.at(id);
this.#moved(null);
},
heard: () => {
if (Date.now() - this.#passedAt > this.#settings.heartbeat / 2) this.#here();
},
over: () => this.#delivery.over(this.#settings.topics),
link: (link) => this.#linked(link),
});
this.#watcher.start();
}
#disconnect() {
this.#watcher?.stop();
this.#watcher = null;
}
#moved(event) {
if (this.#role === 'catching') return void this.#join();
if (this.#role !== 'holder') return;
this.#count += 1;
this.#pass('event', { event });
}
#linked(link) {
if (link.phase === 'closed') return this.#close(link);
this.#becomes(link);
this.#here();
}
#close(link) {
if (this.#role === 'holder') {
this.#pass('closed', { link });
const release = this.#waiting;
this.#waiting = null;
setTimeout(release, RELEASE_MS);
}
this.stop();
this.#becomes(link);
}
#becomes(link) {
const shared = this.#role === 'holder' ? 'holder' : 'listener';
this.#link = link.phase === 'closed' ? link : { ...link, shared };
this.#tell(this.#link);
}
#here() {
if (this.#role === 'holder') this.#pass('here', {});
}
#pass(say, more) {
this.#passedAt = Date.now();
this.#post({ say, holder: this.#number, count: this.#count, place: this.#delivery.place, link: this.#link, ...more });
}
#endHolding() {
clearInterval(this.#beat);
this.#beat = null;
this.#number = 0;
}
#hear(message) {
if (message.say === 'answered') return this.#answered(message);
if (this.#role === 'holder') return this.#serve(message);
if (!['here', 'event', 'closed'].includes(message.say) || message.holder < this.#seen) return;
this.#seen = message.holder;
if (this.#role === 'listener' && message.holder === this.#followed.holder) return this.#follow(message);
this.#followed = message;
if (!this.#join() && message.say !== 'closed') this.#catchUp();
}
#follow(message) {
const missed = message.count - this.#count;
this.#followed = message;
if (missed < 0) return;
if (missed > (message.say === 'event' ? 1 : 0)) return this.#catchUp();
this.#watchdog.heard();
if (message.say === 'event') {
if (missed === 0) return;
this.#count = message.count;
if (message.event) this.#delivery.take(message.event);
else this.#delivery.at(message.place ?? '');
} else if (message.say === 'closed') {
this.#close(message.link);
} else if (JSON.stringify({ ...message.link, shared: 'listener' }) !== JSON.stringify(this.#link)) {
this.#becomes(message.link);
}
}
#join() {
const { holder, count, place, link } = this.#followed ?? {};
const own = this.#delivery.place;
if (holder === undefined || place === null || own === null || link.phase === 'closed') return false;
if (own !== place && !(own.includes('.') && comparePositions(own, place) > 0)) return false;
clearTimeout(this.#greet);
this.#disconnect();
this.#role = 'listener';
this.#count = count;
this.#expectHolder();
this.#becomes(link);
return true;
}
#catchUp() {
clearTimeout(this.#greet);
this.#watchdog.stop();
this.#role = 'catching';
if (!this.#watcher) this.#connect();
}
#serve({ say, to, ref, command }) {
if (say === 'hello') return this.#here();
if (to !== this.#number) return;
if (say === 'reconnect') return this.#watcher.reconnect();
if (say !== 'command') return;
this.#watcher.send(command).then(
() => this.#post({ say: 'answered', ref }),
({ code, message }) => this.#post({ say: 'answered', ref, code, message }),
);
}
#answered({ ref, code, message }) {
const waiting = this.#commands.get(ref);
if (!waiting) return;
this.#commands.delete(ref);
clearTimeout(waiting.timer);
if (code === undefined) waiting.resolve();
else waiting.reject(commandError(code, message));
}
#post(message) { this.#channel?.postMessage(message); }
#leave() {
clearTimeout(this.#greet);
this.#watchdog.stop();
this.#endHolding();
this.#disconnect();
this.#role = 'none';
this.#followed = null;
this.#channel?.close();
this.#channel = null;
const release = this.#waiting;
this.#waiting = null;
release?.();
for (const ref of [...this.#commands.keys()]) this.#answered({ ref, code: 'unavailable', message: 'the connection was closed' });
}
}
function connect(url, options = {}) {
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
const FADE_MS = 15000;  // after this time a sample counts 37 %. Calm, since the percent of a job moves in jumps
class Pace {
#gained = 0;
#passed = 0;
#percent = NaN;
#at = 0;
secondsFrom(percent, now) {
if (percent >= this.#percent) {
const passed = Math.max(0, now - this.#at);
const kept = Math.exp(-passed / FADE_MS);
this.#gained = this.#gained * kept + (percent - this.#percent);
this.#passed = this.#passed * kept + passed;
} else {
this.#gained = this.#passed = 0;  // the first, or work was thrown away
}
this.#percent = percent;
this.#at = now;
const seconds = ((100 - percent) * this.#passed) / this.#gained / 1000;
return this.#passed > 0 && Number.isFinite(seconds) ? Math.round(seconds * 10) / 10 : null;
}
}
const STATUSES = ['queued', 'running', 'complete', 'error'];
const JOB_EVENTS = new Set(['status', 'register', 'progress', 'finish', 'log', 'done']);
function emptyJob() {
return {
job: '', loaded: false, done: false, status: 'queued', percent: 0, message: '', stage: '', error: '', eta: null,
tasks: [], prompts: [], log: [], resolved: null, gone: false, skipped: 0,
};
}
class JobStore {
#limits;
#state = emptyJob();  // what was shown last, never changed
#next = null;         // its successor as far as it has come, or null: nothing has changed since
#tasks = new Map();   // by id, in the order of their registration
#log = [];
#tasksChanged = false;
#logChanged = false;
#pace = new Pace();
#watchers = new Set();
constructor({ maxLogLines = 500, maxTasks = 100000, maxPrompts = 1000 } = {}) {
this.#limits = { maxLogLines, maxTasks, maxPrompts };
}
get state() {
if (this.#next === null) return this.#state;
if (this.#tasksChanged) this.#next.tasks = [...this.#tasks.values()];
if (this.#logChanged) this.#next.log = this.#log.slice();
this.#tasksChanged = this.#logChanged = false;
this.#state = this.#next;
this.#next = null;
return this.#state;
}
snapshot = () => this.state;
subscribe = (changed) => {
const watcher = { changed };
this.#watchers.add(watcher);
return () => { this.#watchers.delete(watcher); };
};
apply(event) {
if (!isRecord(event) || !isRecord(event.data) || !this.#change(event.type, event.data)) return false;
for (const { changed } of [...this.#watchers]) {
try {
changed();
} catch (error) {
report(error);
}
}
return true;
}
save() { return this.state; }
load(saved) {
if (!isRecord(saved) || !Array.isArray(saved.tasks)) return false;
const { gone, skipped, resolved } = saved;
return this.apply({ type: 'snapshot', data: saved }) &&
this.#set({ loaded: saved.loaded === true, gone: gone === true, skipped: amountOr(skipped, 0), resolved: resolved ?? null });
}
#set(fields) {
this.#next = Object.assign(this.#next ?? { ...this.#state }, fields);
return true;
}
#known() { return this.#next ?? this.#state; }
#change(type, data) {
if (type === 'snapshot') return this.#replace(data);
if (type === 'skipped') return this.#set({ skipped: this.#known().skipped + amountOr(data.count, 0) });
if (type === 'gone') return this.#set({ gone: true });
if (!JOB_EVENTS.has(type)) return this.#question(type, data);
const changed = this.#part(type, data);
return changed && this.#set({ loaded: true, gone: false });
}
#part(type, data) {
switch (type) {
case 'status': return this.#status(data);
case 'register': return isKey(data.task) && this.#put(toTask(data));
case 'progress': return this.#progress(data);
case 'finish': return this.#finish(data);
case 'log': return this.#line(data);
default: return this.#done(data);
}
}
#replace(data) {
const { maxTasks, maxPrompts, maxLogLines } = this.#limits;
const status = STATUSES.includes(data.status) ? data.status : 'queued';
this.#tasks = new Map();
for (const raw of records(data.tasks)) {
if (isKey(raw.task) && this.#tasks.size < maxTasks) this.#tasks.set(raw.task, toTask(raw));
}
this.#log = records(data.log).slice(-maxLogLines).map(toLine);
this.#tasksChanged = this.#logChanged = true;
this.#pace = new Pace();
return this.#set({
job: textOr(data.job, ''),
loaded: true,
done: status === 'complete' || status === 'error',
status,
percent: clampPercent(data.percent, 0),
message: textOr(data.message, ''),
stage: textOr(data.stage, ''),
error: textOr(data.error, ''),
eta: figureOf(data.eta),
prompts: records(data.prompts).map((raw) => toPrompt(raw, raw.type)).filter((prompt) => prompt !== null).slice(0, maxPrompts),
gone: false,
});
}
#status(data) {
const known = this.#known();
const status = STATUSES.includes(data.status) ? data.status : known.status;
this.#set({ status, stage: textOr(data.stage, known.stage), message: textOr(data.message, known.message) });
return this.#percent(data.percent);
}
#percent(value) {
const known = this.#known();
const now = clampPercent(value, known.percent);
const over = known.status === 'complete' || known.status === 'error';
return this.#set({ percent: now, eta: over ? null : this.#pace.secondsFrom(now, Date.now()) ?? known.eta });
}
#put(task) {
if (!this.#tasks.has(task.task) && this.#tasks.size >= this.#limits.maxTasks) return false;
this.#tasks.set(task.task, task);
this.#tasksChanged = true;
return true;
}
#progress(data) {
if (!isKey(data.task)) return false;
const task = this.#tasks.get(data.task) ?? toTask({ task: data.task });
if (task.status === 'running') {
this.#put({
...task,
current: amountOr(data.current, task.current),
total: amountOr(data.total, task.total),
rate: figureOf(data.rate),
eta: figureOf(data.eta),
message: textOr(data.message, task.message),
});
}
return this.#percent(data.percent);
}
#finish(data) {
if (!isKey(data.task)) return false;
const task = this.#tasks.get(data.task) ?? toTask({ task: data.task });
this.#put({
...task,
current: amountOr(data.current, task.current),
total: amountOr(data.total, task.total),
status: data.status === 'error' ? 'error' : 'complete',
message: textOr(data.message, ''),
rate: null,
eta: null,
});
return this.#percent(data.percent);
}
#line(data) {
this.#log.push(toLine(data));
if (this.#log.length > this.#limits.maxLogLines) this.#log.splice(0, this.#log.length - this.#limits.maxLogLines);
this.#logChanged = true;
return this.#set({});
}
#done(data) {
const status = data.status === 'error' ? 'error' : 'complete';
const message = textOr(data.message, '');
return this.#set({
done: true,
status,
message,
error: status === 'error' ? message : '',
percent: clampPercent(data.percent, this.#known().percent),
eta: null,
prompts: [],
});
}
#question(type, data) {
if (typeof type !== 'string' || !isKey(data.prompt)) return false;
const others = this.#known().prompts.filter((open) => open.prompt !== data.prompt);
if (type.endsWith('-resolved')) {
return this.#set({ prompts: others, resolved: { prompt: data.prompt, answer: textOr(data.answer, ''), by: textOr(data.by, '') } });
}
const asked = toPrompt(data, type);
if (asked === null || others.length >= this.#limits.maxPrompts) return false;
return this.#set({ prompts: [...others, asked] });
}
}
function jobStore(options) {
return new JobStore(options);
}
const NO_LINK = Object.freeze({ phase: 'connecting', transport: 'sse', shared: '' });
class Source {
#url;
#options;
#connection = null;
#starting = false;
#closed = false;
#link = NO_LINK;
#listeners = new Set();
#stores = new Map();
constructor(url, { store = () => jobStore(), ...options } = {}) {
this.#url = url;
this.#options = { ...options, store };
}
get link() { return this.#link; }
get position() { return this.#connection?.position ?? ''; }
get connection() { return this.#connection; }
get idle() { return this.#listeners.size === 0; }
stateOf(topic = '') {
const state = this.#stores.get(topic)?.state ?? null;
return state?.loaded === false ? null : state;
}
listen(listener) {
const topic = listener.topic ?? '';
this.#listeners.add(listener);
const fresh = !this.#stores.has(topic);
if (fresh) this.#stores.set(topic, this.#options.store?.(topic) ?? null);
if (!this.#closed && (fresh || this.#connection === null)) this.#start();
return () => this.#listeners.delete(listener);
}
reconnect() {
this.#closed = false;
if (this.#connection) this.#connection.reconnect();
)page",
R"page(else this.#start();
}
close() {
this.#closed = true;
this.#connection?.close();
if (this.#connection === null) this.#linked({ phase: 'closed', reason: 'stopped', status: 0, detail: '' });
}
#start() {
if (this.#starting) return;
this.#starting = true;
queueMicrotask(() => {
this.#starting = false;
if (!this.#closed) this.#connect();
});
}
#connect() {
const old = this.#connection;
const { store, ...options } = this.#options;
const wanted = new Set([...this.#listeners].map(({ topic }) => topic ?? ''));
for (const topic of this.#stores.keys()) if (!wanted.has(topic)) this.#stores.delete(topic);
const topics = [...this.#stores.keys()].filter((topic) => topic !== '');
if (topics.length === 1 && this.#stores.has('')) this.#stores.set('', this.#stores.get(topics[0]));
const stores = Object.fromEntries([...this.#stores].filter(([, one]) => one !== null));
const [only] = topics.length > 1 ? [] : Object.values(stores);
let mine = null;
const now = (action) => (given) => {
if (mine === null || mine === this.#connection) action(given);
};
this.#connection = null;
old?.close();
mine = connect(this.#url, {
...(topics.length > 0 ? { topics } : {}),
...options,
...(topics.length > 1 ? { store: stores } : only ? { store: only } : {}),
on: now((event) => this.#heard(event)),
onLink: now((link) => this.#linked(link)),
});
this.#connection = mine;
}
#heard(event) {
for (const { topic, event: hear } of this.#listeners) {
if (!topic || !event.topic || topic === event.topic) calling(hear, event);
}
}
#linked(link) {
if (link === this.#link) return;
this.#link = link;
for (const listener of this.#listeners) calling(listener.link, link);
}
}
function calling(action, given) {
try {
action?.(given);
} catch (error) {
report(error);
}
}
const sources = new Map();
function joinSource(url, options, listener) {
const key = JSON.stringify([new URL(url, document.baseURI).href, options]);
const source = sources.get(key) ?? new Source(url, options);
sources.set(key, source);
const end = source.listen(listener);
const leave = () => {
end();
setTimeout(() => {
if (!source.idle || sources.get(key) !== source) return;
sources.delete(key);
source.close();
});
};
return { source, leave };
}
const styleSheets = new Map();
function styleSheet(css) {
if (!styleSheets.has(css)) {
const made = new CSSStyleSheet();
made.replaceSync(css);
styleSheets.set(css, made);
}
return styleSheets.get(css);
}
const COLOURS = {
accent: ['#4b58d6', '#8f9bff'],
track: ['#e4e3ee', '#2c3040'],
line: ['#e0ded6', '#2c303d'],
surface: ['#ffffff', '#1b1e27'],
sunken: ['#f4f3ef', '#14161d'],
quiet: ['#5c6070', '#a0a6b8'],
good: ['#1d7a4c', '#5fd39b'],
'good-ground': ['#e2f3e9', '#16302a'],
bad: ['#b3261e', '#ff8f85'],
'bad-ground': ['#fce8e6', '#3a1f22'],
warn: ['#8a5300', '#f5bd62'],
'warn-ground': ['#fdf0d8', '#362a17'],
'calm-ground': ['#e9eafb', '#262a48'],
};
const declareColours = (value) => Object.entries(COLOURS)
.map(([name, [light, dark]]) => `--_${name}: var(--fanfare-${name}, ${value(light, dark)});`).join('\n');
const SHARED_CSS = `
:host {
${declareColours((light, dark) => `light-dark(${light}, ${dark})`)}
--_mono: var(--fanfare-mono, ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace);
--_radius: var(--fanfare-radius, 10px);
display: block;
min-width: 0;
color: var(--fanfare-text, inherit);
font-family: var(--fanfare-font, inherit);
font-variant-numeric: tabular-nums;
overflow-wrap: anywhere;
}
@supports not (color: light-dark(red, red)) {
:host { ${declareColours((light) => light)} }
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) {
*, *::before, *::after { animation: none !important; transition: none !important; }
}`;
const DRAW_MS = 33;     // events may come by the hundred; nobody sees more than this
const STALE_MS = 1000;  // most breaks are over before anybody could read about them
const PageElement = globalThis.HTMLElement ?? class {};
class FanfareElement extends PageElement {
static observedAttributes = ['src', 'topic', 'transports', 'storage', 'shared', 'heartbeat'];
static css = '';
#given = null;   // the source that the page set
#source = null;
#leave = null;
#state = null;   // the state that the page set
#last = null;    // the state that was told last
#drawing = null;
#joining = false;
#staleTimer = null;
#stale = false;
constructor() {
super();
this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [styleSheet(SHARED_CSS), styleSheet(new.target.css)];
}
get src() { return this.getAttribute('src') ?? ''; }
set src(url) { this.#reflect('src', url); }
get topic() { return this.getAttribute('topic') ?? ''; }
set topic(name) { this.#reflect('topic', name); }
get source() { return this.#source; }
set source(source) {
this.#given = source;
this.#joinSoon();
}
get state() { return this.#state ?? this.#source?.stateOf(this.topic) ?? null; }
set state(state) {
this.#state = state;
this.drawSoon();
}
get hasSource() { return this.#source !== null; }
get link() { return this.#source?.link ?? null; }
get lost() {
const { phase, reason } = this.link ?? {};
return phase === 'closed' && reason !== 'stopped' && this.state?.done !== true;
}
get stale() { return this.#stale; }
connectedCallback() {
this.drawSoon();
this.#joinSoon();
}
disconnectedCallback() {
this.#part();
clearTimeout(this.#drawing);
this.#drawing = null;
}
attributeChangedCallback(name, before, after) {
if (before === after) return;
if (FanfareElement.observedAttributes.includes(name)) this.#joinSoon();
else this.drawSoon();
}
drawSoon() {
if (!this.isConnected) return;
this.#drawing ??= setTimeout(() => {
this.#drawing = null;
this.draw();
}, DRAW_MS);
}
draw() {}
heard() {}
linked() {}
#joinSoon() {
if (this.#joining || !this.isConnected) return;
this.#joining = true;
queueMicrotask(() => {
this.#joining = false;
if (this.isConnected) this.#join();
});
}
#join() {
const listener = {
topic: this.topic,
event: (event) => this.#hear(event),
link: (link) => this.#follow(link),
};
const leave = this.#leave;
this.#leave = null;
if (this.#given) {
this.#source = this.#given;
this.#leave = this.#given.listen(listener);
} else if (this.src !== '') {
({ source: this.#source, leave: this.#leave } = joinSource(this.src, this.#options(), listener));
} else {
this.#source = null;
}
leave?.();
this.#last = null;
this.#follow(this.link);
}
#part() {
this.#leave?.();
this.#leave = null;
this.#source = null;
this.#freshen(false);
}
#options() {
const options = {};
const transports = this.getAttribute('transports')?.trim();
if (transports) options.transports = transports.split(/[\s,]+/);
for (const name of ['storage', 'shared']) {
if (this.hasAttribute(name)) options[name] = this.getAttribute(name) || true;
}
const heartbeat = Number(this.getAttribute('heartbeat'));
if (this.hasAttribute('heartbeat') && heartbeat >= 0) options.heartbeat = heartbeat;
return options;
}
#hear(event) {
this.heard(event);
this.#tell('fanfare-event', event);
const state = this.state;
if (state !== null && state !== this.#last) {
this.#last = state;
this.#tell('fanfare-state', state);
}
this.drawSoon();
}
#follow(link) {
if (link?.phase !== 'reconnecting') this.#freshen(false);
else this.#staleTimer ??= setTimeout(() => this.#freshen(true), STALE_MS);
this.linked(link);
if (link) this.#tell('fanfare-link', link);
this.drawSoon();
}
#freshen(stale) {
if (!stale) {
clearTimeout(this.#staleTimer);
this.#staleTimer = null;
}
this.#stale = stale;
this.drawSoon();
}
#tell(name, detail) {
this.dispatchEvent(new CustomEvent(name, { detail }));
}
#reflect(name, value) {
if (value === null || value === undefined || value === '') this.removeAttribute(name);
else this.setAttribute(name, value);
}
}
function define(name, type) {
const registry = globalThis.customElements;
if (registry && !registry.get(name)) registry.define(name, type);
}
function make(tag, attributes, ...children) {
const element = document.createElement(tag);
for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
element.append(...children);
return element;
}
function setText(element, text) {
if (element.textContent !== text) element.textContent = text;
}
const SPOKEN_AFTER_MS = 1000;  // most breaks are over before anybody could be told
const TRANSPORT_WORDS = { sse: 'event stream', websocket: 'WebSocket', poll: 'polling' };
const CLOSED_WORDS = {
done: ['Finished', 'Everything was delivered.'],
stopped: ['Disconnected', ''],
refused: ['Refused', 'The server refused.'],
unknown: ['Not found', 'The server does not know this.'],
expired: ['Expired', 'It ended a while ago, and the server has forgotten how.'],
unsupported: ['Not possible', 'The server offers no way to listen.'],
too_large: ['Closed', 'The server sent more than this page takes.'],
protocol: ['Closed', 'The server and this page do not understand each other.'],
};
const STATUS_CSS = `
:host { display: inline-block; overflow-wrap: normal; }
.box { display: inline-flex; align-items: center; gap: .5rem; }
.dot { flex: none; width: .625rem; height: .625rem; border-radius: 50%; border: 2px solid var(--_quiet); }
:host([data-phase=connecting]) .dot { border-color: var(--_warn); background: var(--_warn); }
:host([data-phase=connected]) .dot { border-color: var(--_good); background: var(--_good); }
:host([data-phase=polling]) .dot { border-color: var(--_good); background: linear-gradient(90deg, var(--_good) 50%, transparent 50%); }
:host([data-phase=reconnecting]) .dot { border-color: var(--_bad); background: var(--_bad); animation: pulse 1.2s ease-in-out infinite; }
:host([data-problem]) .dot { border-color: var(--_bad); }
@keyframes pulse { 50% { box-shadow: 0 0 0 5px var(--_bad-ground); } }
@media (forced-colors: active) { .dot { forced-color-adjust: none; } }`;
function wordsFor(link, waitMs = link?.waitMs ?? 0) {
if (link === null) return { phase: 'idle', word: 'Idle', more: '' };
const by = TRANSPORT_WORDS[link.transport];
switch (link.phase) {
case 'connecting': return { phase: 'connecting', word: 'Connecting', more: `By ${by}.` };
case 'connected': {
const polling = link.transport === 'poll';
const tab = link.shared === 'listener' ? ', through another tab' : '';
return { phase: polling ? 'polling' : 'connected', word: polling ? 'Polling' : 'Connected', more: `By ${by}${tab}.` };
}
case 'reconnecting': {
const seconds = Math.ceil(waitMs / 1000);
return { phase: 'reconnecting', word: seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting', more: link.detail };
}
default: {
const [word, more] = CLOSED_WORDS[link.reason] ?? CLOSED_WORDS.stopped;
return { phase: link.reason === 'stopped' ? 'idle' : 'closed', word, more: link.detail || more };
}
}
}
class FanfareStatus extends FanfareElement {
static css = STATUS_CSS;
static observedAttributes = [...FanfareElement.observedAttributes, 'text'];
#box = make('span', { class: 'box' });
#text = make('span', { class: 'unseen', part: 'text' });
#live = make('span', { class: 'unseen', role: 'status' });
#until = 0;
#ticking = null;
#speaking = null;
#away = false;
#lost = false;  // a loss that was told
constructor() {
super();
this.#box.append(make('span', { class: 'dot', part: 'dot', 'aria-hidden': 'true' }), this.#text);
this.shadowRoot.append(this.#box, this.#live);
}
linked(link) {
clearInterval(this.#ticking);
this.#ticking = null;
const away = link?.phase === 'reconnecting';
if (away) {
this.#until = performance.now() + link.waitMs;
if (link.waitMs > 0) this.#ticking = setInterval(() => this.draw(), 250);
}
if (!away || !this.#away) {
clearTimeout(this.#speaking);
this.#speaking = setTimeout(() => this.#speak(link), away ? SPOKEN_AFTER_MS : 0);
}
this.#away = away;
this.draw();
}
#speak(link) {
const phase = link?.phase;
if (phase === 'reconnecting' && !this.#lost) {
this.#lost = true;
setText(this.#live, 'The connection is lost. Trying again.');
} else if (phase === 'connected' && this.#lost) {
this.#lost = false;
setText(this.#live, 'Connected again.');
} else if (phase === 'closed' && link.reason !== 'done' && link.reason !== 'stopped') {
const { word, more } = wordsFor(link);
setText(this.#live, `${word}. ${more}`);
}
}
draw() {
const { link } = this;
const { phase, word, more } = wordsFor(link, this.#until - performance.now());
this.dataset.phase = phase;
this.toggleAttribute('data-problem', phase === 'closed' && link.reason !== 'done' && link.reason !== 'stopped');
this.#text.classList.toggle('unseen', !this.hasAttribute('text'));
setText(this.#text, word);
this.#box.title = [word, more].filter(Boolean).join('. ');
}
disconnectedCallback() {
super.disconnectedCallback();
clearInterval(this.#ticking);
clearTimeout(this.#speaking);
this.#ticking = null;
this.#away = false;
}
}
define('fanfare-status', FanfareStatus);
const LOG_LEVELS = ['debug', 'info', 'warning', 'error'];
const MAX_LOG_ROWS = 300;
const AT_END_PX = 24;
const rankOf = (level) => LOG_LEVELS.indexOf(LOG_LEVELS.includes(level) ? level : 'info');
const LOG_CSS = `
.log { max-height: var(--fanfare-log-height, 20rem); overflow-y: auto; padding: .5rem .75rem; border-radius: var(--_radius); background: var(--_sunken); border: 1px solid var(--_line); font: .8125rem/1.6 var(--_mono); }
.log:not(:has(li:not([hidden]))) { display: none; }
.log:has(li:not([hidden])) ~ slot { display: none; }
::slotted(*) { color: var(--_quiet); font-size: .8125rem; }
li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 .75rem; }
time { color: var(--_quiet); }
b { font-weight: 700; }
[data-level=warning] b { color: var(--_warn); }
[data-level=error] b { color: var(--_bad); }
[data-level=debug] .text { color: var(--_quiet); }
.text { white-space: pre-wrap; }
.topic { display: none; color: var(--_quiet); }
.several .topic { display: inline; }
:host([events]) li { grid-template-columns: 4.25rem 9.5rem minmax(0, 1fr); }
@container (max-width: 34rem) {
:host([events]) li { grid-template-columns: 4.25rem minmax(0, 1fr); }
:host([events]) .text { grid-column: 1 / -1; }
}
:host { container-type: inline-size; }`;
class FanfareLog extends FanfareElement {
static css = LOG_CSS;
static observedAttributes = [...FanfareElement.observedAttributes, 'max', 'level', 'hide', 'label', 'events'];
#list = make('ol', { role: 'list' });
#box = make('div', { class: 'log', part: 'log', role: 'log', 'aria-live': 'off', tabindex: '0' }, this.#list);
#drawn = [];  // the lines of the state that are in the list, as objects
#topic = '';  // the first that an event named
#heard = [];  // events that are not in it yet: each look at whether the end is in view costs a layout
constructor() {
super();
this.shadowRoot.append(this.#box, make('slot', {}));
}
get max() {
const value = Number.parseInt(this.getAttribute('max'), 10);
return value > 0 ? value : MAX_LOG_ROWS;
}
get #least() { return Math.max(0, LOG_LEVELS.indexOf(this.getAttribute('level'))); }
heard(event) {
if (!this.hasAttribute('events')) return;
this.#heard.push({ event, time: Date.now() });
if (this.#heard.length > 2 * this.max) this.#heard = this.#heard.slice(-this.max);
}
add({ level = 'info', message, time = Date.now(), type = '' }) {
if (!this.hasAttribute('events') && rankOf(level) < this.#least) return;
this.#drawHeard();
this.#keepEnd(() => this.#append({ level, message, time, type }));
}
focus(options) { this.#box.focus(options); }
clear() {
this.#list.replaceChildren();
this.#drawn = [];
this.#heard = [];
this.#topic = '';
this.#box.classList.remove('several');
}
draw() {
this.#box.setAttribute('aria-label', this.getAttribute('label') || 'Log');
if (this.hasAttribute('events')) {
this.#drawHeard();
for (const line of this.#list.children) line.hidden = this.#hides(line.dataset.type);
return;
}
const lines = (this.state?.log ?? []).filter(({ level }) => rankOf(level) >= this.#least).slice(-this.max);
this.#keepEnd(() => this.#follow(lines));
}
#drawHeard() {
if (this.#heard.length === 0) return;
const heard = this.#heard.slice(-this.max);
this.#heard = [];
this.#keepEnd(() => {
for (const { event: { type, data, topic }, time } of heard) {
this.#topic ||= topic;
if (topic && topic !== this.#topic) this.#box.classList.add('several');
const message = typeof data === 'string' ? data : JSON.stringify(data, null, 1)?.replace(/\n */g, ' ') ?? '';
this.#append({ level: data?.level, message, time, type, topic });
}
});
}
#follow(lines) {
if (this.#drawn.length === 0 && lines.length === 0) return;  // what add() wrote stays
let gone = this.#drawn.findIndex((line) => line === lines[0]);
if (gone < 0) gone = this.#drawn.length;
const kept = this.#drawn.length - gone;
if (this.#drawn.slice(gone).some((line, i) => line !== lines[i])) {
this.clear();
return this.#follow(lines);
}
for (let i = 0; i < gone; i += 1) this.#list.firstElementChild?.remove();
for (const line of lines.slice(kept)) this.#append(line);
this.#drawn = lines;
}
#append({ level, message, time, type = '', topic = '' }) {
const word = type || (level === 'info' ? '' : level);
const text = make('span', { class: 'text', part: 'text' }, String(message));
if (word && !type) text.prepend(make('b', { part: 'type' }, word), ' ');
if (topic) text.prepend(make('span', { class: 'topic', part: 'topic' }, `${topic} `));
const when = make('time', { part: 'time' }, clock(time));
if (Math.abs(time) < 8.64e15) when.dateTime = new Date(time).toISOString();
const line = make('li', { part: 'line', 'data-level': LOG_LEVELS.includes(level) ? level : 'info' }, when, ...(type ? [make('b', { part: 'type' }, type)] : []), text);
if (type) line.dataset.type = type;
line.hidden = this.#hides(type);
this.#list.append(line);
while (this.#list.childElementCount > this.max) this.#list.firstElementChild.remove();
}
#hides(type) {
return Boolean(type) && (this.getAttribute('hide') ?? '').split(/[\s,]+/).includes(type);
}
#keepEnd(change) {
const box = this.#box;
const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX;
change();
if (atEnd) box.scrollTop = box.scrollHeight;
}
}
define('fanfare-log', FanfareLog);
function makeBar() {
const role = { role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' };
return make('div', { class: 'bar', part: 'bar', ...role }, make('i', { part: 'fill' }));
}
function taskRow() {
return make('li', { class: 'task', part: 'task' },
make('div', { class: 'line' }, make('span', { class: 'name' }), make('span', { class: 'word' })),
makeBar(),
make('p', { class: 'meta' }, ...['amount', 'speed', 'left'].map((name) => make('span', { class: name }))),
make('p', { class: 'message' }));
}
function drawTask(element, task, { name, over, depth }) {
const [line, fill, meta, message] = element.children;
const { key, word } = taskHeadline(task, over);
const moving = key === 'running';
const said = amount(task.current, task.total, task.unit);
element.dataset.state = key;
element.style.setProperty('--_depth', String(Math.min(depth, 6)));
setText(line.firstChild, name);
line.firstChild.title = task.label;
setText(line.lastChild, word);
setBar(fill, taskPercent(task) ?? (moving || key === 'waiting' ? null : 0), [word, said].filter(Boolean).join(', '));
fill.setAttribute('aria-label', name);
setText(meta.children[0], task.current === 0 && !(task.total > 0) ? '' : said);
setText(meta.children[1], moving ? rate(task.rate ?? NaN, task.unit) : '');
setText(meta.children[2], moving && Number.isFinite(task.eta) ? `${duration(task.eta)} left` : '');
setText(message, task.status === 'error' && !task.message ? 'It failed; the server gave no reason.' : task.message ?? '');
message.hidden = message.textContent === '';
}
function setBar(element, percent, said) {
if (percent === null) element.removeAttribute('aria-valuenow');
else element.setAttribute('aria-valuenow', String(Math.floor(percent)));
if (said) element.setAttribute('aria-valuetext', said);
else element.removeAttribute('aria-valuetext');
element.style.setProperty('--_value', String((percent ?? 0) / 100));
}
function tasksInOrder(tasks) {
if (tasks.every((task) => !task.parent)) return tasks.map((task) => ({ task, depth: 0 }));
const known = new Set(tasks.map((task) => task.task));
const parts = new Map();
for (const task of tasks) {
const parent = known.has(task.parent) && task.parent !== task.task ? task.parent : '';
if (!parts.has(parent)) parts.set(parent, []);
parts.get(parent).push(task);
}
const ordered = [];
const open = (parts.get('') ?? []).map((task) => ({ task, depth: 0 })).reverse();
while (open.length > 0) {
const next = open.pop();
ordered.push(next);
for (const task of (parts.get(next.task.task) ?? []).reverse()) open.push({ task, depth: next.depth + 1 });
}
return ordered;  // a ring of parents is in nobody's reach, and left out
}
const figures = { bytes, duration, percent, clock, amount, rate, taskSums, ended, isCancelled, jobPercent, jobHeadline, taskHeadline, news };
const SENTENCE_MS = 2000;  // between two sentences: an announcement must not cut off the last one
const MAX_ROWS = 500;
const FIGURE_WORDS = { amount: 'Done', rate: 'Speed', eta: 'Time left', count: 'Tasks' };
const NO_FIGURE = '\u2013';
const PROGRESS_CSS = `
:host { display: grid; gap: 1.25rem; }
.job { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .75rem 1.25rem; align-items: center; }
.job > :not(.title, .number), ::slotted(:not([slot])) { grid-column: 1 / -1; }
.title { display: flex; flex-wrap: wrap; gap: .375rem .75rem; align-items: center; }
.label { font-size: 1.125rem; line-height: 1.3; font-weight: 650; }
.pill, .word { font-size: .8125rem; font-weight: 600; white-space: nowrap; color: var(--_quiet); }
.pill { padding: .125rem .625rem; border-radius: 99px; background: var(--_calm-ground); color: var(--fanfare-text, inherit); }
.number { font-size: 2.75rem; line-height: 1; font-weight: 680; letter-spacing: -.03em; }
.number small { font-size: .5em; font-weight: 600; color: var(--_quiet); margin-left: .0625em; letter-spacing: 0; }
.bar { position: relative; height: var(--fanfare-bar-height, .5rem); border-radius: 99px; background: var(--_track); overflow: hidden; --_fill: var(--_accent); }
.job > .bar { height: var(--fanfare-job-bar-height, .875rem); }
.bar i { position: absolute; inset: 0; border-radius: inherit; background: var(--_fill); transform: translateX(calc((var(--_value, 0) - 1) * 100%)); transition: transform .25s linear; }
.bar:dir(rtl) i { transform: translateX(calc((1 - var(--_value, 0)) * 100%)); }
.bar:not([aria-valuenow]) i { transform: none; width: 30%; animation: sweep 1.6s ease-in-out infinite; }
@keyframes sweep { from { left: -30%; } to { left: 100%; } }
[data-state=complete] { --_word: var(--_good); --_pill: var(--_good-ground); }
[data-state=error] { --_word: var(--_bad); --_pill: var(--_bad-ground); }
[data-state=asking], [data-state=lost] { --_word: var(--_warn); --_pill: var(--_warn-ground); }
[data-state=complete] > .bar { --_fill: var(--_good); }
[data-state=error] > .bar { --_fill: var(--_bad); }
:is([data-state=cancelled], [data-state=lost]) > .bar { --_fill: var(--_quiet); }
[data-state=waiting] .bar:not([aria-valuenow]) i { display: none; }
.pill { background: var(--_pill, var(--_calm-ground)); color: var(--_word, var(--fanfare-text, inherit)); }
.word { color: var(--_word, var(--_quiet)); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem 1rem; }
.figures:not(:has(> :not([hidden]))) { display: none; }
.figures dt { font-size: .8125rem; color: var(--_quiet); }
.figures dd { font-weight: 600; }
.message { font-size: .875rem; color: var(--_quiet); white-space: pre-line; }
[data-state=error] > .message { color: var(--_bad); }
.tasks { display: grid; }
.task { padding: .8125rem 0; padding-inline-start: calc(var(--_depth, 0) * 1.25rem); display: grid; gap: .375rem; border-top: 1px solid var(--_line); }
.task:first-child { border-top: 0; padding-top: 0; }
.task:last-child { padding-bottom: 0; }
.line { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
.name { font-weight: 600; font-size: .9375rem; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.meta { display: flex; flex-wrap: wrap; gap: 0 1.25rem; font-size: .8125rem; color: var(--_quiet); }
.meta .left { margin-inline-start: auto; }
.meta span:empty { display: none; }
.meta:not(:has(span:not(:empty))) { display: none; }
::slotted([slot=empty]) { color: var(--_quiet); font-size: .8125rem; }
.more { font-size: .8125rem; color: var(--_quiet); padding-top: .8125rem; }
/* While the connection is lost, bars lose their colour and what is only true at the moment is not shown. */
:host([data-stale]) :is([data-state=running], [data-state=asking]) > .bar { --_fill: var(--_quiet); }
:host([data-stale]) :is(.speed, .left) { visibility: hidden; }
:host([data-stale]) .bar i { animation-play-state: paused; }
@media (prefers-reduced-motion: reduce) { .bar:not([aria-valuenow]) i { width: 100%; opacity: .4; } }
@media (forced-colors: active) {
.bar { border: 1px solid CanvasText; forced-color-adjust: none; background: Canvas; }
.bar i { background: Highlight; }
}`;
class FanfareProgress extends FanfareElement {
static css = PROGRESS_CSS;
static observedAttributes = [...FanfareElement.observedAttributes, 'label', 'show', 'status'];
nameOf = (task) => task.label || task.task;
max = MAX_ROWS;
words = {};
#rows = new Map(); // task id -> {element, drawn}
#told = null;      // the state that was last told in words
#speaking = null;
#parts;
constructor() {
super();
this.#parts = this.#build();
}
#build() {
const figure = (name) => make('div', { hidden: '' }, make('dt', {}, FIGURE_WORDS[name]), make('dd', { part: name }));
const parts = {
label: make('span', {}),
status: make('p', { class: 'pill', part: 'status' }),
percent: make('p', { class: 'number', part: 'percent', 'aria-hidden': 'true' }, '0', make('small', {}, '%')),
bar: makeBar(),
amount: figure('amount'),
rate: figure('rate'),
eta: figure('eta'),
count: figure('count'),
tasks: make('ul', { class: 'tasks', part: 'tasks', role: 'list' }),
message: make('p', { class: 'message', part: 'message' }),
more: make('p', { class: 'more', hidden: '' }),
live: make('p', { class: 'unseen', role: 'status' }),
};
parts.figures = make('dl', { class: 'figures', part: 'figures' }, parts.amount, parts.rate, parts.eta, parts.count);
parts.job = make('div', { class: 'job', part: 'job' },
make('div', { class: 'title' }, make('div', { class: 'label', part: 'label' }, make('slot', { name: 'label' }, parts.label)), parts.status),
parts.percent, parts.bar, parts.figures, parts.message, make('slot', {}));
parts.empty = make('slot', { name: 'empty', hidden: '' });
parts.list = make('div', {}, parts.tasks, parts.more, parts.empty);
this.shadowRoot.append(parts.job, parts.list, parts.live);
return parts;
}
shows(what) {
const wanted = this.getAttribute('show');
return !wanted || wanted.split(/\s+/).includes(what);
}
draw() {
const { state } = this;
const parts = this.#parts;
parts.job.hidden = !this.shows('job');
const listed = this.shows('tasks');
parts.list.hidden = !listed || (!state?.tasks.length && !this.querySelector('[slot=empty]'));
this.toggleAttribute('data-stale', this.stale);
parts.empty.hidden = Boolean(state?.tasks.length);
if (state === null) return this.#blank();
const over = figures.ended(state) || this.lost;
this.dataset.state = figures.jobHeadline(state, this.lost).key;
if (!parts.job.hidden) this.#drawJob(state, over);
if (listed) this.#drawTasks(state, over);
if (!parts.job.hidden) this.#tell(state);
}
#blank() {
const parts = this.#parts;
this.dataset.state = parts.job.dataset.state = this.lost ? 'lost' : 'queued';
setText(parts.label, this.#label(null));
setText(parts.status, this.lost ? 'Lost' : this.hasSource ? 'Connecting' : 'Queued');
parts.percent.firstChild.data = '0';
parts.percent.hidden = true;
setBar(parts.bar, this.hasSource && !this.lost ? null : 0, '');
parts.bar.setAttribute('aria-label', parts.label.textContent);
for (const name of Object.keys(FIGURE_WORDS)) parts[name].hidden = true;
parts.message.hidden = true;
for (const { element } of this.#rows.values()) element.remove();
this.#rows.clear();
this.#told = null;
}
#label(state) {
return this.getAttribute('label') || state?.job || this.topic || 'Progress';
}
#drawJob(state, over) {
const parts = this.#parts;
const sum = figures.taskSums(state.tasks);
const headline = figures.jobHeadline(state, this.lost);
const { key } = headline;
const word = (!over && this.getAttribute('status')) || headline.word;
const share = figures.jobPercent(state, sum);
const shown = share === null && over ? 0 : share;
parts.job.dataset.state = key;
const words = { ...FIGURE_WORDS, ...this.words };
for (const name of Object.keys(FIGURE_WORDS)) setText(parts[name].firstChild, words[name]);
setText(parts.label, this.#label(state));
setText(parts.status, word);
parts.percent.hidden = shown === null;
parts.percent.firstChild.data = String(Math.floor(shown ?? 0));
setBar(parts.bar, shown, [figures.percent(shown ?? NaN), word].filter(Boolean).join(', '));
parts.bar.setAttribute('aria-label', this.querySelector('[slot=label]')?.textContent.trim() || parts.label.textContent);
setFigure(parts.amount, sum.current === null ? '' : figures.amount(sum.current, sum.total, sum.unit));
const now = (text) => (text && this.stale ? NO_FIGURE : text || (sum.count > 0 ? NO_FIGURE : ''));
setFigure(parts.rate, over || sum.count === 0 ? '' : now(figures.rate(sum.rate ?? NaN, sum.unit)));
setFigure(parts.eta, over ? '' : now(figures.duration(state.eta ?? sum.eta ?? NaN)));
setFigure(parts.count, sum.count === 0 ? '' : `${sum.complete} of ${sum.count}${sum.failed > 0 ? `, ${sum.failed} failed` : ''}`);
const message = state.status === 'error' ? state.error || state.message || 'The job failed; the server gave no reason.' : state.message;
setText(parts.message, key === 'cancelled' ? '' : message ?? '');
parts.message.hidden = parts.message.textContent === '';
}
#drawTasks(state, over) {
const tasks = tasksInOrder(state.tasks);
const shown = tasks.slice(0, this.max);
const seen = new Set();
for (const { task, depth } of shown) {
seen.add(task.task);
let row = this.#rows.get(task.task);
if (!row) this.#rows.set(task.task, row = { element: taskRow(), drawn: '' });
const name = this.nameOf(task);
const drawn = JSON.stringify([task, name, over, depth]);
if (row.drawn !== drawn) drawTask(row.element, task, { name, over, depth });
row.drawn = drawn;
}
for (const [id, row] of this.#rows) {
if (seen.has(id)) continue;
row.element.remove();
this.#rows.delete(id);
}
let at = this.#parts.tasks.firstChild;
for (const { task } of shown) {
const { element } = this.#rows.get(task.task);
if (element === at) at = at.nextSibling;
else this.#parts.tasks.insertBefore(element, at);
}
this.#parts.more.hidden = tasks.length === shown.length;
setText(this.#parts.more, `and ${tasks.length - shown.length} more`);
}
#tell(state) {
const before = this.#told?.job === state.job ? this.#told : null;
if (before !== null && this.#speaking !== null) return;
this.#told = state;
const said = before === null ? [] : figures.news(before, state, this.nameOf);
if (said.length === 0) return;
this.#parts.live.textContent = said.join(' ');
this.#speaking = setTimeout(() => {
this.#speaking = null;
if (this.state !== null) this.#tell(this.state);
}, SENTENCE_MS);
}
disconnectedCallback() {
super.disconnectedCallback();
clearTimeout(this.#speaking);
this.#speaking = null;
}
}
function setFigure(box, text) {
box.hidden = text === '';
setText(box.lastChild, text);
}
define('fanfare-progress', FanfareProgress);
const CARD_MS = 33;  // events may come by the hundred; nobody sees more than this
const isJob = (state) => Array.isArray(state?.tasks) && Number.isFinite(state.percent);
function topicCard(name, source, onDraw) {
const element = document.importNode(document.getElementById('topic').content.firstElementChild, true);
const find = (selector) => element.querySelector(selector);
const [progress, log] = [find('fanfare-progress'), find('fanfare-log')];
const store = jobStore();
const card = { element, hear, shows: '' };
let drawing = null;
for (const heading of element.querySelectorAll('.name')) heading.textContent = name;
for (const part of [progress, log]) part.source = source;  // for what they say of the connection
log.setAttribute('label', `Log of ${name}`);
function hear(event) {
if (event.type === 'snapshot') card.shows = isJob(event.data) ? 'job' : 'state';
if (card.shows === 'state' && event.type === 'snapshot') find('pre').textContent = JSON.stringify(event.data, null, 2);
progress.hidden = card.shows !== 'job';
find('.plain').hidden = card.shows !== 'state';
if (card.shows === 'job' && store.apply(event)) drawing ??= setTimeout(draw, CARD_MS);
}
function draw() {
drawing = null;
const { state } = store;
progress.state = log.state = state;
find('.lines').hidden = state.log.length === 0;
drawPrompts(state.done ? [] : state.prompts);
onDraw(state);
}
function drawPrompts(prompts) {
const list = find('.prompts');
find('.asks').hidden = prompts.length === 0;
while (list.childElementCount > prompts.length) list.lastElementChild.remove();
prompts.forEach(({ question, choices }, i) => {
setText(list.children[i] ?? list.appendChild(document.createElement('li')), `${JSON.stringify(question)} ${choices.join(' / ')}`);
});
}
return card;
}
const MAX_CARDS = 50;
const OF_THE_STREAM = ['reset', 'synced'];  // these are about no topic, or about one whose card is made by what follows
const watched = new Source(location.href, { store: null, since: new URLSearchParams(location.search).get('since') ?? '' });
const cards = new Map();
let eventCount = 0;
const byId = (id) => document.getElementById(id);
function nameInPath() {
const name = location.pathname.replace(/\/+$/, '').split('/').pop();
try {
return decodeURIComponent(name);
} catch {
return name;  // a stray %
}
}
function cardOf(topic) {
if (!cards.has(topic) && cards.size < MAX_CARDS) {
const name = topic || nameInPath() || location.host;
const card = topicCard(name, watched, (state) => {
const jobs = [...cards.values()].filter(({ shows }) => shows === 'job');
if (jobs.length === 1) document.title = `${percent(jobPercent(state) ?? NaN)} ${name}`.trim();
});
cards.set(topic, card);
byId('topics').append(card.element);
}
return cards.get(topic);
}
function hear(event) {
eventCount += 1;
byId('count').textContent = `(${eventCount})`;
const card = OF_THE_STREAM.includes(event.type) ? cards.get(event.topic) : cardOf(event.topic);
card?.hear(event);
if (card?.shows !== 'job') byId('raw').open ||= event.type === 'snapshot' || (eventCount === 1 && event.type !== 'reset');
}
function follow(link) {
const { word, more } = wordsFor(link);
const problem = link.phase === 'closed' && link.reason !== 'done';
byId('note').hidden = !problem;
byId('note').textContent = problem ? `${word}: ${more}` : '';
}
byId('host').textContent = document.title = `fanfare at ${location.host}`;
for (const id of ['connection', 'events']) byId(id).source = watched;
watched.listen({ event: hear, link: follow });
</script>
</head>
<body>
<header><h1 id="host"></h1><fanfare-status id="connection" text></fanfare-status></header>
<main>
<p id="note" role="status" hidden></p>
<div id="topics"></div>
<details id="raw"><summary>Events <span id="count"></span></summary><fanfare-log id="events" events label="Events"></fanfare-log></details>
<noscript><p>This page needs JavaScript. The events are at this address, as text/event-stream.</p></noscript>
</main>
<template id="topic">
<article>
<fanfare-progress hidden><h2 slot="label" class="name"></h2></fanfare-progress>
<section class="asks" hidden><h3>Waiting for an answer</h3><ul class="prompts"></ul></section>
<section class="lines" hidden><h3>Log</h3><fanfare-log></fanfare-log></section>
<section class="plain" hidden><h2 class="name"></h2><h3>State when this page connected</h3><pre tabindex="0"></pre></section>
</article>
</template>
</body>
</html>
)page",
};

}  // namespace fanfare::detail
