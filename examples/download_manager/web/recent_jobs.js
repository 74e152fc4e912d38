// The list of the server's jobs, newest first. Read when something changed here; other pages' jobs show at the next reading.

import * as api from './api.js';
import { byId } from './page.js';

const SHOWN = 8;
const WORDS = { queued: 'Queued', running: 'Running', complete: 'Complete', error: 'Failed' };

/** labelOf(job id) is what this page knows the job by, or an empty string. */
export function recentJobs({ labelOf }) {
  let turn = 0;

  return async function refresh(current) {
    const mine = ++turn;
    let jobs;
    try {
      jobs = await api.jobs();
    } catch {
      return;  // the list is a convenience: the connection says that the server is away
    }
    if (mine !== turn) return;
    byId('recent').hidden = jobs.length === 0;
    byId('jobs').replaceChildren(...jobs.slice(0, SHOWN).map(({ jobId, status }) => {
      const item = byId('job-link').content.firstElementChild.cloneNode(true);
      const link = item.querySelector('a');
      link.href = `#${encodeURIComponent(jobId)}`;
      link.dataset.state = status;
      if (jobId === current) link.setAttribute('aria-current', 'true');
      item.querySelector('.name').textContent = labelOf(jobId) || jobId;
      item.querySelector('.word').textContent = WORDS[status] ?? status;
      return item;
    }));
  };
}
