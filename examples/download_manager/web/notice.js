// The banner above a job: says in plain words what became of the connection, and what can be done.

const SHOW_AFTER_MS = 1000;  // most breaks are over before anybody could read about them

/**
 * What to say: null or {tone, title, text, actions}, actions of retry, again, leave. Pure.
 * @param link  of the Source
 * @param state  of the job; null: nothing was heard of it
 * @param canRestart  its URLs are known
 */
export function noticeFor(link, state, jobId, canRestart) {
  const again = canRestart ? ['again', 'leave'] : ['leave'];
  if (link.phase === 'reconnecting') {
    return {
      tone: 'warn',
      title: 'The connection is lost.',
      text: 'The bars show the last that was heard. If the server still runs, so does the download.',
      actions: ['retry'],
    };
  }
  if (link.phase !== 'closed' || state?.done) return null;
  switch (link.reason) {
    case 'stopped':
      return null;
    case 'unknown':
      return state
        ? {
            tone: 'bad',
            title: 'The server was restarted and no longer knows this job.',
            text: 'The download stopped with it. Below is the last that was heard.',
            actions: again,
          }
        : {
            tone: 'bad',
            title: `The server does not know the job ${jobId}.`,
            text: 'It was restarted since, or the job ended long ago.',
            actions: again,
          };
    case 'expired':
      return {
        tone: 'bad',
        title: 'This job is over.',
        text: 'It ended a while ago, and the server has forgotten how.',
        actions: again,
      };
    case 'done':
      return {
        tone: 'bad',
        title: 'This job ended while the page was away.',
        text: 'The server no longer knows how. Below is the last that was heard.',
        actions: again,
      };
    default:
      return {
        tone: 'bad',
        title: 'The server refused to show this job.',
        text: link.detail ? `It says: \u201c${link.detail}\u201d` : '',
        actions: ['leave'],
      };
  }
}

export function noticeView({ onRetry, onAgain, onLeave }) {
  const byId = (id) => document.getElementById(id);
  const box = byId('notice');
  const buttons = { retry: byId('notice-retry'), again: byId('notice-again'), leave: byId('notice-leave') };
  let ticking = null;
  let nextTry = 0;
  let since = 0;

  buttons.retry.addEventListener('click', onRetry);
  buttons.again.addEventListener('click', onAgain);
  buttons.leave.addEventListener('click', onLeave);

  function tick() {
    box.hidden = performance.now() - since < SHOW_AFTER_MS;
    const seconds = Math.ceil((nextTry - performance.now()) / 1000);
    byId('notice-countdown').textContent = seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again\u2026';
    buttons.retry.disabled = seconds <= 0;
  }

  return {
    draw(notice, link) {
      const waiting = link?.phase === 'reconnecting';
      if (!waiting) {
        clearInterval(ticking);
        ticking = null;
      }
      byId('notice-countdown').textContent = '';
      box.hidden = notice === null;
      if (notice === null) return;
      box.dataset.tone = notice.tone;
      byId('notice-title').textContent = notice.title;
      byId('notice-text').textContent = notice.text;
      for (const [name, button] of Object.entries(buttons)) button.hidden = !notice.actions.includes(name);
      if (!waiting) return;
      if (ticking === null) {
        since = performance.now();
        ticking = setInterval(tick, 250);
      }
      nextTry = performance.now() + link.waitMs;
      tick();
    },
  };
}
