#pragma once

#include <fanfare/server/page.hpp>

namespace fanfare::detail {

FANFARE_DECL std::string_view builtin_page() noexcept {
  // The names listened for are the job vocabulary, the control blocks, and names that hosts often choose: EventSource
  // has no way to hear all. A question's name is the host's, so questions are learnt from snapshots.
  static constexpr std::string_view page = R"page(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>fanfare</title>
<link rel="icon" href="data:,">
<style>
:root{--g:#f4f3ef;--c:#fff;--l:#e0ded6;--t:#1b1d24;--q:#5c6070;--a:#4b58d6;--k:#e4e3ee;--ok:#1d7a4c;--no:#b3261e;--w:#8a5300}
@media(prefers-color-scheme:dark){:root{--g:#12141a;--c:#1b1e27;--l:#2c303d;--t:#eceef4;--q:#a0a6b8;--a:#8f9bff;--k:#2c3040;--ok:#5fd39b;--no:#ff8f85;--w:#f5bd62}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;max-width:760px;padding:1rem;background:var(--g);color:var(--t);font:1rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,p,ul{margin:0;padding:0;list-style:none}
h1{font-size:1.125rem}
h2,small,.dim{font-size:.8125rem;color:var(--q)}
.row{display:flex;justify-content:space-between;align-items:baseline;gap:1rem}
.row>:last-child{white-space:nowrap}
section,details{background:var(--c);border:1px solid var(--l);border-radius:14px;padding:1rem 1.25rem;margin-top:1rem}
#dot{display:flex;align-items:center;gap:.5rem;font-size:.8125rem}
#dot::before{content:"";width:.625rem;height:.625rem;border:2px solid var(--q);border-radius:50%}
#dot[data-is=connected]::before{background:var(--ok);border-color:var(--ok)}
#dot[data-is=reconnecting]::before{background:var(--no);border-color:var(--no)}
#percent{font-size:2.5rem;line-height:1.1;font-weight:700}
.bar{height:.5rem;margin:.375rem 0;border-radius:9px;background:var(--k);overflow:hidden}
.bar i{display:block;height:100%;width:0;border-radius:9px;background:var(--f,var(--a));transition:width .25s linear}
.bar:not([aria-valuenow]) i{width:30%;animation:s 1.6s ease-in-out infinite}
@keyframes s{0%{margin-left:-30%}to{margin-left:100%}}
@media(prefers-reduced-motion:reduce){i{animation:none!important;transition:none!important}}
.big .bar{height:.875rem}
.complete{--f:var(--ok);--s:var(--ok)}.error{--f:var(--no);--s:var(--no)}
b.word{color:var(--s,var(--q));font-size:.8125rem}
li+li{margin-top:.75rem}
pre,.log{font:.8125rem/1.6 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;margin:.5rem 0 0;max-height:16rem;overflow:auto}
.log li+li{margin:0}
.warning{color:var(--w)}.log .error{color:var(--no)}
summary{cursor:pointer;font-size:.8125rem;color:var(--q)}
</style>
</head>
<body>
<header class="row"><h1 id="name"></h1><span id="dot" role="status">connecting</span></header>
<main>
<p id="note" class="dim" role="status"></p>
<section id="job" class="big" hidden>
<div class="row"><p><b class="word" id="status"></b> <small id="stage"></small></p><p id="percent" aria-hidden="true"></p></div>
<div class="bar" id="all" role="progressbar" aria-label="the whole job" aria-valuemin="0" aria-valuemax="100"><i></i></div>
<p id="message" class="dim"></p>
</section>
<section id="asks" hidden><h2>Waiting for an answer</h2><ul id="prompts"></ul></section>
<section id="parts" hidden><ul id="tasks"></ul></section>
<section id="logs" hidden><h2>Log</h2><ul class="log" id="log" tabindex="0"></ul></section>
<section id="plain" hidden><h2>State when this page connected</h2><pre id="state" tabindex="0"></pre></section>
<details id="raw"><summary>Events <span id="count"></span></summary><ul class="log" id="events" tabindex="0"></ul></details>
<noscript><p>This page needs JavaScript. The events are at this address, as text/event-stream.</p></noscript>
</main>
<script>
'use strict';
const $ = (id) => document.getElementById(id), names = new Set(), tasks = new Map(), prompts = new Map();
const time = (ms) => new Date(ms).toTimeString().slice(0, 8);
const finite = (n) => typeof n === 'number' && isFinite(n);
let source, isJob = false, over = false, count = 0;
let topic = location.pathname.replace(/\/+$/, '').split('/').pop() || location.host;
try { topic = decodeURIComponent(topic); } catch { /* a stray % */ }
$('name').textContent = topic;

function add(list, text, kind, max) {
  const item = document.createElement('li');
  item.textContent = text;
  item.className = kind;
  list.append(item);
  while (list.childElementCount > max) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}
function amount(n, unit) {
  if (unit !== 'bytes') return n + (unit ? ' ' + unit : '');
  let i = 0;
  for (; n >= 1000 && i < 4; i++) n /= 1000;
  return n.toFixed(i && n < 100 ? 1 : 0) + ' ' + ['B', 'kB', 'MB', 'GB', 'TB'][i];
}
function bar(element, percent) {
  if (percent === null) element.removeAttribute('aria-valuenow');
  else element.setAttribute('aria-valuenow', Math.floor(percent));
  element.firstChild.style.width = percent === null ? '' : percent + '%';
}
function head(e) {
  if (e.status) { $('status').textContent = e.status; $('job').className = 'big ' + e.status; }
  if ('stage' in e) $('stage').textContent = e.stage;
  if ('message' in e) $('message').textContent = e.error || e.message;
  whole(e.status === 'error' ? Math.min(99, e.percent) : e.percent);  // failed is not whole
}
function whole(percent) {
  if (!finite(percent)) return;
  $('percent').textContent = Math.floor(percent) + '%';
  bar($('all'), percent);
  document.title = Math.floor(percent) + '% ' + topic;
}
function task(e) {
  let t = tasks.get(e.task);
  if (!t) {
    t = {label: e.task, unit: '', status: 'running', li: document.createElement('li')};
    t.li.innerHTML = '<div class="row"><span></span><b class="word"></b></div><div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><i></i></div><p class="dim"></p>';
    $('tasks').append(t.li);
    tasks.set(e.task, t);
    $('parts').hidden = false;
  }
  Object.assign(t, {rate: null, eta: null, message: ''}, e);
  const p = t.status === 'complete' ? 100 : t.total > 0 ? Math.min(100, 100 * t.current / t.total) : t.status === 'running' ? null : 0;
  const known = t.total > 0 && t.total !== t.current, [top, bars, meta] = t.li.children;
  t.li.className = t.status;
  top.firstChild.textContent = t.label || t.task;
  top.lastChild.textContent = t.status !== 'running' ? t.status : p === null ? '' : Math.floor(p) + '%';
  bars.setAttribute('aria-label', t.label || t.task);
  bar(bars, p);
  meta.textContent = [known ? amount(t.current, t.unit === 'bytes' ? t.unit : '') + ' of ' + amount(t.total, t.unit) : amount(t.current || 0, t.unit),
    finite(t.rate) && amount(+t.rate.toPrecision(3), t.unit) + '/s', finite(t.eta) && (t.eta < 100 ? Math.ceil(t.eta) + ' s left' : Math.ceil(t.eta / 60) + ' min left'), t.message].filter(Boolean).join(', ');
}
function line(e) { $('logs').hidden = false; add($('log'), time(e.time) + '  ' + e.message, e.level, 300); }
function ask(e) {
  prompts.set(e.prompt, e);
  if (e.type) hear(e.type);
  asks();
}
function asks() {
  $('asks').hidden = !prompts.size;
  $('prompts').replaceChildren();
  for (const p of prompts.values()) add($('prompts'), JSON.stringify(p.question) + ' ' + p.choices.join(' / '), '', 99);
}
const on = {
  snapshot(e) {
    isJob = Array.isArray(e.tasks) && finite(e.percent);
    $('job').hidden = !isJob;
    $('plain').hidden = isJob;
    $('raw').open = !isJob;
    if (!isJob) { $('state').textContent = JSON.stringify(e, null, 2); return; }
    tasks.clear(); prompts.clear();
    for (const id of ['tasks', 'log']) $(id).replaceChildren();
    head(e);
    e.tasks.forEach(task);
    (e.log || []).forEach(line);
    (e.prompts || []).forEach(ask);
    asks();
  },
  status: head,
  register(e) { task(Object.assign({status: 'running'}, e)); },
  progress(e) { task(e); whole(e.percent); },
  finish(e) { task(e); whole(e.percent); },
  log: line,
  done(e) { head(e); prompts.clear(); asks(); finish('This is the end of it.'); },
};
function heard(m) {
  let e = null;
  try { e = JSON.parse(m.data); } catch { /* shown as it is */ }
  $('count').textContent = '(' + ++count + ')';
  add($('events'), time(Date.now()) + '  ' + m.type + '  ' + m.data, '', 200);
  if (!e || typeof e !== 'object') return;
  if (m.type === 'snapshot' || isJob) {
    if (on[m.type]) on[m.type](e);
    else if (e.prompt && m.type.endsWith('-resolved')) { prompts.delete(e.prompt); asks(); }
    else if (e.prompt && e.choices) ask(e);
  } else if (m.type === 'done') finish('This is the end of it.');
}
function hear(name) {
  for (const n of [name, name + '-resolved']) {
    if (!names.has(n)) { names.add(n); source.addEventListener(n, heard); }
  }
}
function dot(is) { $('dot').dataset.is = is; $('dot').textContent = is; }
function finish(note) { over = true; source.close(); dot('closed'); $('note').textContent = note; }
function open() {
  names.clear();
  source = new EventSource(location.href);
  source.onmessage = heard;
  source.onopen = () => { dot('connected'); $('note').textContent = ''; };
  source.onerror = async () => {
    if (over) return;
    dot('reconnecting');
    if (source.readyState < 2) return;
    const stop = new AbortController();
    const status = await fetch(location.href, {headers: {Accept: 'text/event-stream'}, signal: stop.signal}).then((r) => r.status, () => 0);
    stop.abort();
    if (status === 204) finish('This is the end of it.');
    else if (status >= 400 && status < 500 && status !== 429) finish('The server no longer sends this: it answered ' + status + '. Was it restarted?');
    else setTimeout(open, 1000 + 4000 * Math.random());
  };
  ('snapshot status register progress finish log done reset synced gone skipped duplicate question confirm prompt ping ' +
    'heartbeat connected system update notification complete failed').split(' ').forEach(hear);
}
addEventListener('pagehide', () => source.close());
addEventListener('pageshow', (e) => { if (e.persisted && !over) open(); });
open();
</script>
</body>
</html>
)page";
  return page;
}

}  // namespace fanfare::detail
