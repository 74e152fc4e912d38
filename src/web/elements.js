// The browser module with fanfare's elements, which is what the joined fanfare.js is:
// <script type="module" src="/fanfare/fanfare.js"></script> is enough to use them.

export * from './fanfare.js';
export { FanfareElement } from './element_base.js';
export { Source } from './element_source.js';
export { FanfareProgress } from './element_progress.js';
export { FanfareStatus, wordsFor } from './element_status.js';
export { FanfareToasts } from './element_toasts.js';
export { FanfareLog } from './element_log.js';
// The figures as the elements show them.
export { amount, bytes, clock, duration, jobHeadline, jobPercent, news, percent, rate, taskHeadline } from './element_figures.js';
