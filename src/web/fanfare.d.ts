// The browser module of fanfare: watches topics of a fanfare server, or any stream of Server-Sent Events, and misses
// nothing. Times are milliseconds unless the name or the comment says otherwise.

export * from './elements.js';

/** One event, whatever it came over. Also the library's own: snapshot, reset, synced, skipped, gone. */
export interface FanfareEvent<T = unknown> {
  /** Empty when the stream does not say: then it is the only one. */
  readonly topic: string;
  readonly type: string;
  /** The payload; a text that is no JSON stays a string. Of a stream without event names: with `type` and `seq` in it. */
  readonly data: T;
  /** The position of who has this event and all before it. Empty while topics are being opened. */
  readonly id: string;
  /** Counts a topic's events, with holes where superseded ones were left out. Null: not said. */
  readonly seq: number | null;
}

export type Transport = 'sse' | 'websocket' | 'poll';

/** How it stands with the connection. */
export type Link =
  | { readonly phase: 'connecting'; readonly transport: Transport; readonly shared: Shared }
  | { readonly phase: 'connected'; readonly transport: Transport; readonly shared: Shared }
  | {
      /** `waitMs` until the next attempt; 0: it is under way. `attempt` counts failures since the last that stood. */
      readonly phase: 'reconnecting';
      readonly transport: Transport;
      readonly shared: Shared;
      readonly waitMs: number;
      readonly attempt: number;
      readonly detail: string;
    }
  | { readonly phase: 'closed'; readonly reason: CloseReason; readonly status: number; readonly detail: string };

/** With the option `shared`: whether this tab holds the connection, or hears it from the tab that does. Else ''. */
export type Shared = '' | 'holder' | 'listener';

export type CloseReason =
  | 'done' /* the topics have ended, and everything was delivered (204, close code 1000) */
  | 'refused' /* 400, 401, 403 and other statuses that asking again does not change */
  | 'unknown' /* 404 */
  | 'expired' /* 410 */
  | 'unsupported' /* none of the transports is served there */
  | 'too_large' /* an event is longer than maxEventChars */
  | 'protocol' /* the server found fault with what was sent to it (close codes 1002, 1003, 1007, 1009) */
  | 'stopped'; /* close() was called */

/** What keeps up with one topic and can be saved, so that it survives a reload. See JobStore. */
export interface Store {
  apply(event: FanfareEvent): unknown;
  /** What JSON can hold. */
  save(): unknown;
  /** False: it is not what save() gave; nothing has changed. */
  load(saved: unknown): boolean;
}

export type Handler = (event: FanfareEvent<any>) => void;

export interface ConnectOptions {
  /** Sent as ?topic=...; default: those that the URL names. */
  topics?: string | readonly string[];
  /** By type; '*' gets those that no other handler is for. Or one for all. What it throws is reported, not fatal. */
  on?: Handler | { readonly [type: string]: Handler };
  onLink?: (link: Link) => void;
  /** Gets every event before `on` does; of several topics: one store for each, by its name. */
  store?: Store | { readonly [topic: string]: Store };
  /** Tried in this order. Default: all three. */
  transports?: readonly Transport[];
  /** A position to go on from. */
  since?: string;
  /** Only these types, sent as ?types=.... */
  types?: readonly string[];
  /** At most so many updates a second, sent as ?max_rate=.... */
  maxRate?: number;
  /** Fields of the requests, such as Authorization; a function is asked before each. Not sent by WebSocket. */
  fields?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** As for fetch. Default: 'same-origin'. */
  credentials?: RequestCredentials;
  /**
   * Keeps the position and the store's state in sessionStorage, so that a reload goes on from there: both or neither,
   * so it needs `store`. Each stream, with the same URL, topics and types, has its own; a text, such as the user's name,
   * separates those of the same stream. More than 1 Mi characters are not kept.
   */
  storage?: boolean | string;
  /**
   * One connection for all tabs of the same origin that ask for the same URL, topics and types. A text, such as the
   * user's name, separates tabs that do.
   */
  shared?: boolean | string;
  /** What the server sends at least; after 2.5 of it without a byte the peer counts as gone. 0: no watch. Default 15000. */
  heartbeat?: number;
  /** No answer at all for so long is a failure. Default 15000. */
  timeout?: number;
  /** Full jitter: random() * min(cap, base * 2^n), n from 0 again after `stable`. Default 1000, 30000, 5000. */
  backoff?: { base?: number; cap?: number; stable?: number };
  /** How long a poll waits at the server, in seconds. Default 25. */
  pollSeconds?: number;
  /** Bound for one event, in UTF-16 units. Default 16 Mi. */
  maxEventChars?: number;
  /** Where cancel, answer and send go when there is no WebSocket: POSTed there as JSON, or handed to the function. */
  commands?: string | ((command: Command) => Promise<unknown> | unknown);
  /** Default: Math.random. */
  random?: () => number;
  /** Default: the page's. */
  fetch?: typeof fetch;
}

/** See docs/websocket.md. */
export interface Command {
  type: 'cancel' | 'answer' | 'command';
  topic: string;
  prompt?: string;
  answer?: string;
  name?: string;
  data?: unknown;
}

export interface Connection {
  readonly link: Link;
  /** What `since` would be to go on from here. Empty: there is none yet. */
  readonly position: string;
  /** Ends it: nothing is called back afterwards but onLink, once. */
  close(): void;
  /** Now, without waiting; also after it has closed. */
  reconnect(): void;
  /** Resolves when the server took it; rejects with an Error whose `code` says why not. */
  send(command: Command): Promise<void>;
  /** Asks a job to stop. Default topic: the only one. */
  cancel(topic?: string): Promise<void>;
  answer(prompt: string, answer: string, topic?: string): Promise<void>;
}

/** Starts at once. Throws TypeError: an option that makes no sense. */
export function connect(url: string | URL, options?: ConnectOptions): Connection;

/** Of two positions: negative, 0 or positive as the first is before, at or after the second. NaN: they tell nothing of it. */
export function comparePositions(a: string, b: string): number;

// --- the state of a job

export type JobStatus = 'queued' | 'running' | 'complete' | 'error';

export interface TaskState {
  readonly task: string;
  /** Empty: the job itself. */
  readonly parent: string;
  readonly label: string;
  readonly unit: string;
  readonly weight: number;
  readonly current: number;
  /** 0: not known. */
  readonly total: number;
  /** Units per second. Null: not known, as is eta. */
  readonly rate: number | null;
  /** Seconds. */
  readonly eta: number | null;
  readonly status: 'running' | 'complete' | 'error';
  readonly message: string;
}

export interface PromptState {
  readonly prompt: string;
  /** The event's type, which is the host's: what kind of question it is. */
  readonly type: string;
  /** Empty: any text. */
  readonly choices: readonly string[];
  /** What counts when nobody answers. */
  readonly otherwise: string;
  readonly question: unknown;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What the job's snapshot says, kept up to date by its events. Never changed in place: two can be compared with ===. */
export interface JobState {
  readonly job: string;
  /** False until the first snapshot or event of a job. */
  readonly loaded: boolean;
  /** Its last event was heard: status is complete or error. */
  readonly done: boolean;
  readonly status: JobStatus;
  /** 0 to 100. */
  readonly percent: number;
  readonly message: string;
  readonly stage: string;
  /** Why it failed. */
  readonly error: string;
  /** Seconds, for the whole job. Null: not known. */
  readonly eta: number | null;
  /** In the order of their registration. */
  readonly tasks: readonly TaskState[];
  readonly prompts: readonly PromptState[];
  /** The newest lines, at most maxLogLines. */
  readonly log: readonly LogLine[];
  /** The question that was settled last. */
  readonly resolved: { readonly prompt: string; readonly answer: string; readonly by: string } | null;
  /** The server does not know the topic. */
  readonly gone: boolean;
  /** Lossy events (log lines) that were left out for this slow watcher. */
  readonly skipped: number;
}

export interface JobStoreOptions {
  /** Default 500. */
  maxLogLines?: number;
  /** Default 100000. What more a publisher tells is left out. */
  maxTasks?: number;
  /** Default 1000. */
  maxPrompts?: number;
}

export class JobStore implements Store {
  constructor(options?: JobStoreOptions);
  /** The same object until something changes. */
  readonly state: JobState;
  /** The same as `state`, bound, as React's useSyncExternalStore wants it. */
  readonly snapshot: () => JobState;
  /** Calls back after each change; returns what ends that. Bound. */
  readonly subscribe: (changed: () => void) => () => void;
  /** Whether it changed anything: false for what is none of a job's, or malformed. */
  apply(event: FanfareEvent): boolean;
  save(): unknown;
  load(saved: unknown): boolean;
}

export function jobStore(options?: JobStoreOptions): JobStore;

/** How far a task is, 0 to 100. Null: its size is not known. */
export function taskPercent(task: TaskState): number | null;

/** Sums over the tasks, which should be of one unit; failed ones are left out. Null: not known. */
export function totals(state: JobState): {
  tasks: number;
  complete: number;
  failed: number;
  current: number;
  total: number | null;
  rate: number | null;
  eta: number | null;
};
