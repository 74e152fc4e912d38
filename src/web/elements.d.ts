// The elements of the browser module, and what they stand on; a part of fanfare.d.ts. docs/web.md has their attributes and
// custom properties.

import type { Connection, ConnectOptions, FanfareEvent, JobState, Link, Store, TaskState } from './fanfare.js';

/** What a page needs of a store to draw its state; see JobStore. */
export interface StateStore extends Store {
  readonly state: unknown;
}

export interface SourceListener {
  /** Only its events. */
  topic?: string;
  event?: (event: FanfareEvent<any>) => void;
  link?: (link: Link) => void;
}

/** One connection with the state of its topics, for several elements and listeners. */
export class Source {
  /** `store` makes the store of a topic; default: a JobStore; null: none. It connects when somebody listens. */
  constructor(url: string | URL, options?: Omit<ConnectOptions, 'store' | 'on' | 'onLink'> & { store?: ((topic: string) => StateStore) | null });
  readonly link: Link;
  readonly position: string;
  readonly connection: Connection | null;
  /** Nobody listens. */
  readonly idle: boolean;
  /** '': of the only topic. Null: nothing is known yet. */
  stateOf(topic?: string): any;
  /** Returns what ends it. */
  listen(listener: SourceListener): () => void;
  reconnect(): void;
  close(): void;
}

/** What the elements have in common. */
export class FanfareElement extends HTMLElement {
  /** To override: what to do with a change, an event, a link. */
  draw(): void;
  heard(event: FanfareEvent<any>): void;
  linked(link: Link | null): void;
  drawSoon(): void;
  src: string;
  topic: string;
  /** In place of `src`. */
  source: Source | null;
  /** What is drawn; one that is set stays until null is set. */
  state: JobState | null;
  readonly link: Link | null;
  /** The server will say nothing more, and has not said how it ended. */
  readonly lost: boolean;
  /** The connection has been away for more than a second. */
  readonly stale: boolean;
}

/** <fanfare-progress> */
export class FanfareProgress extends FanfareElement {
  nameOf: (task: TaskState) => string;
  /** The most rows. Default 500. */
  max: number;
  /** What the figures are called. */
  words: { amount?: string; rate?: string; eta?: string; count?: string };
}

/** <fanfare-status> */
export class FanfareStatus extends FanfareElement {}

export interface Toast {
  tone?: 'info' | 'good' | 'warning' | 'error';
  title?: string;
  text?: string;
  /** Milliseconds; 0: until it is dismissed. */
  timeout?: number;
}

/** <fanfare-toasts> */
export class FanfareToasts extends FanfareElement {
  toToast: (event: FanfareEvent<any>) => Toast | null;
  show(toast: Toast): void;
  clear(): void;
}

/** <fanfare-log> */
export class FanfareLog extends FanfareElement {
  add(line: { message: string; level?: 'debug' | 'info' | 'warning' | 'error'; time?: number; type?: string }): void;
  clear(): void;
}

/** What is said of a connection. `waitMs`: what is left of the wait. */
export function wordsFor(link: Link | null, waitMs?: number): { phase: string; word: string; more: string };

/** "1.2 MB"; a figure that is not known is "". */
export function bytes(value: number): string;
/** "2 min 05 s" */
export function duration(seconds: number): string;
/** "14:03:59", from milliseconds since 1970 */
export function clock(milliseconds: number): string;
/** "42%", rounded down */
export function percent(value: number): string;
/** "17 of 40 frames" */
export function amount(current: number, total: number | null, unit: string): string;
/** "2.7 MB/s" */
export function rate(value: number, unit: string): string;
/** 0 to 100, for people; null: not known. */
export function jobPercent(state: JobState): number | null;
export function jobHeadline(state: JobState, lost?: boolean): { key: string; word: string };
export function taskHeadline(task: TaskState, over?: boolean): { key: string; word: string };
/** What changed, in sentences. */
export function news(before: JobState, after: JobState, nameOf?: (task: TaskState) => string): string[];

declare global {
  interface HTMLElementTagNameMap {
    'fanfare-progress': FanfareProgress;
    'fanfare-status': FanfareStatus;
    'fanfare-toasts': FanfareToasts;
    'fanfare-log': FanfareLog;
  }
  interface HTMLElementEventMap {
    'fanfare-event': CustomEvent<FanfareEvent<any>>;
    'fanfare-state': CustomEvent<JobState>;
    'fanfare-link': CustomEvent<Link>;
  }
}
