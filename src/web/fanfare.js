// The browser module of fanfare: watches topics of a fanfare server, or any stream of Server-Sent Events, and misses
// nothing. fanfare.d.ts says how to use it; docs/websocket.md what is on the wire.

export { connect } from './connect.js';
export { comparePositions } from './position.js';
export { JobStore, jobStore } from './job_store.js';
export { taskPercent, totals } from './job_fields.js';
