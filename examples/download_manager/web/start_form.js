// The form that starts downloads: reads and checks it, shows what is wrong with it.

import { bytes } from './fanfare/fanfare.js';

const SCHEMES = new Set(['http:', 'https:', 'file:']);

/** The request that the fields stand for, or the problem: {urls, options} or {problem, field}. Pure. */
export function readFields({ urls, rateLimit, parallel }) {
  const lines = urls.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  if (lines.length === 0) return { problem: 'Enter at least one URL.', field: 'urls' };
  for (const line of lines) {
    if (!isFetchable(line)) return { problem: `This is not an http, https or file URL:\n${line}`, field: 'urls' };
  }
  const limit = rateLimit.trim() === '' ? 0 : Number(rateLimit);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    return { problem: 'The rate limit is a whole number of bytes per second; 0 means no limit.', field: 'rateLimit' };
  }
  const files = parallel.trim() === '' ? 3 : Number(parallel);
  if (!Number.isInteger(files) || files < 1 || files > 16) {
    return { problem: 'Files at a time: from 1 to 16.', field: 'parallel' };
  }
  return { urls: lines, options: { rate_limit: limit, parallel: files } };
}

/** onStart(urls, options) returns a promise; what it throws is shown. */
export function startForm({ onStart }) {
  const byId = (id) => document.getElementById(id);
  const form = byId('start-form');
  const fields = { urls: byId('urls'), rateLimit: byId('rate-limit'), parallel: byId('parallel') };
  const button = byId('start-button');
  const error = byId('start-error');
  const toggle = byId('start-toggle');
  const hint = byId('rate-hint');

  const complain = (problem, field) => {
    error.hidden = problem === '';
    error.textContent = problem;
    for (const [name, input] of Object.entries(fields)) input.setAttribute('aria-invalid', String(name === field));
    if (field) fields[field].focus();
  };
  const expand = (open) => {
    form.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
  };

  toggle.addEventListener('click', () => expand(form.hidden));
  fields.rateLimit.addEventListener('input', () => {
    const limit = Number(fields.rateLimit.value);
    hint.textContent = limit >= 1000 ? `bytes/s; that is ${bytes(limit)}/s` : 'bytes/s; 0: no limit';
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const request = readFields({
      urls: fields.urls.value,
      // A number field that does not parse has an empty value.
      rateLimit: fields.rateLimit.validity.badInput ? 'x' : fields.rateLimit.value,
      parallel: fields.parallel.validity.badInput ? 'x' : fields.parallel.value,
    });
    complain(request.problem ?? '', request.field);
    if (request.problem) return;
    button.disabled = true;
    try {
      await onStart(request.urls, request.options);
      fields.urls.value = '';
    } catch (failure) {
      complain(failure.message);
    } finally {
      button.disabled = false;
    }
  });
  return { expand };
}

function isFetchable(line) {
  try {
    return SCHEMES.has(new URL(line).protocol);
  } catch {
    return false;
  }
}
