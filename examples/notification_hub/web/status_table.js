// Who is connected: the answer of /events/status as a table, refreshed while anybody can see it.

import { byId } from './page.js';

const REFRESH_MS = 3000;

/** 42 -> "42 s", 125 -> "2 min", 3900 -> "1 h 5 min" */
function age(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function cell(row, text, name = '') {
  const td = row.appendChild(document.createElement('td'));
  td.textContent = text;
  td.className = name;
  if (name === 'session') td.title = text;
}

/** load() -> {total, connections}; ownId() -> the id of this page's connection */
export function statusTable({ load, ownId }) {
  let timer = null;
  let wanted = false;

  function draw({ total, connections }) {
    const now = Date.now();
    byId('total').textContent = total;
    byId('rows').replaceChildren(...connections.map((one) => {
      const row = document.createElement('tr');
      row.className = one.id === ownId() ? 'own' : '';
      cell(row, one.id);
      cell(row, one.session, 'session');
      cell(row, one.peer);
      cell(row, one.transport);
      cell(row, age(now - one.created));
      cell(row, `${age(now - one.last_activity)} ago`);
      cell(row, one.queue_depth);
      cell(row, one.filter.join(', '), 'filter');
      return row;
    }));
    byId('sessions').replaceChildren(...[...new Set(connections.map((one) => one.session))].map((name) => {
      const option = document.createElement('option');
      option.value = name;
      return option;
    }));
  }

  async function refresh() {
    clearTimeout(timer);
    let problem = '';
    if (!document.hidden) {
      try {
        draw(await load());
      } catch (failure) {
        problem = failure.message;
      }
    }
    byId('status-problem').textContent = problem;
    byId('status-problem').hidden = problem === '';
    clearTimeout(timer);
    if (wanted) timer = setTimeout(refresh, REFRESH_MS);
  }

  return {
    start() {
      wanted = true;
      return refresh();
    },
    stop() {
      wanted = false;
      clearTimeout(timer);
    },
  };
}
