// What the page shows of the events: bars, a log, and toasts. Each is bounded.

const MAX_OPERATIONS = 64;
const MAX_LOG = 300;
const MAX_TOASTS = 4;
const TOAST_MS = 7000;
const DONE_MS = 8000;  // how long a finished bar stays

const byId = (id) => document.getElementById(id);

function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** One bar for each operation that is under way. */
export function operationsView() {
  const list = byId('operations');
  const rows = new Map();

  function rowOf(id) {
    if (!rows.has(id)) {
      if (rows.size >= MAX_OPERATIONS) remove(rows.keys().next().value);
      rows.set(id, list.appendChild(fromTemplate('operation-row')));
      byId('no-operations').hidden = true;
    }
    return rows.get(id);
  }

  function remove(id) {
    rows.get(id)?.remove();
    rows.delete(id);
    byId('no-operations').hidden = rows.size > 0;
  }

  function draw(row, share, name, amount, now) {
    row.querySelector('.name').textContent = name;
    row.querySelector('.amount').textContent = amount;
    row.querySelector('.now').textContent = now;
    const bar = row.querySelector('.bar');
    bar.style.setProperty('--value', share);
    bar.setAttribute('aria-label', name);
    bar.setAttribute('aria-valuenow', Math.floor(share * 100));
  }

  function progress(data) {
    const row = rowOf(data.operation_id ?? '');
    row.dataset.state = data.status === 'error' ? 'error' : 'running';
    const share = Math.min(1, Math.max(0, data.progress / (data.total > 0 ? data.total : 100) || 0));
    const amount = data.total > 0 ? `${data.progress} of ${data.total}` : `${Math.floor(share * 100)}%`;
    draw(row, share, data.message || data.operation_id || 'Summary', amount, data.current_video ?? '');
  }

  return {
    progress,
    complete(data) {
      const id = data.operation_id ?? '';
      if (!rows.has(id)) return;
      const row = rows.get(id);
      row.dataset.state = data.status === 'error' ? 'error' : 'complete';
      draw(row, 1, data.message || row.querySelector('.name').textContent, data.status || 'complete', '');
      setTimeout(() => {
        if (rows.get(id) === row && row.dataset.state !== 'running') remove(id);
      }, DONE_MS);
    },
    replace(operations) {
      for (const id of [...rows.keys()]) remove(id);
      for (const one of operations) progress(one);
    },
  };
}

export function logView() {
  const list = byId('log');
  byId('clear').addEventListener('click', () => {
    list.replaceChildren();
    byId('no-log').hidden = false;
  });
  byId('show-pings').addEventListener('change', (event) => list.classList.toggle('pings', event.target.checked));
  return {
    add({ type, data }) {
      const row = fromTemplate('log-row');
      row.dataset.type = type;
      if (data?.level) row.dataset.level = data.level;
      row.querySelector('time').textContent = new Date().toLocaleTimeString('en-GB');
      row.querySelector('b').textContent = type;
      row.querySelector('span').textContent = JSON.stringify(data, null, 1).replace(/\n */g, ' ');  // on one line, with places to break it
      list.prepend(row);
      if (list.children.length > MAX_LOG) list.lastElementChild.remove();
      byId('no-log').hidden = true;
    },
  };
}

export function toastsView() {
  const list = byId('toasts');
  return {
    show(tone, title, text) {
      const toast = fromTemplate('toast-row');
      toast.dataset.tone = tone;
      toast.querySelector('strong').textContent = title;
      toast.querySelector('p').textContent = text;
      toast.querySelector('button').addEventListener('click', () => toast.remove());
      list.append(toast);
      if (list.children.length > MAX_TOASTS) list.firstElementChild.remove();
      setTimeout(() => toast.remove(), TOAST_MS);
    },
  };
}
