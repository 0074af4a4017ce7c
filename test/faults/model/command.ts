import type { Tokens } from './locks.ts';
import type { Path } from './tree.ts';

/** What has to be true of the entry at the request's own URL. */
export type Condition = 'If-Match: current' | 'If-Match: "other"' | 'If-None-Match: *' | 'If-None-Match: current';

/** A fault of Microsoft while a request is served: from its call number `call` on, so many times. */
export interface FaultChoice {
  readonly name: string;
  readonly call: number;
  readonly times: number;
}

interface Sent {
  /** Which of the clients sends it. */
  readonly client: number;
  readonly at: Path;
  readonly fault?: FaultChoice | undefined;
}

interface Writing extends Sent {
  readonly tokens: Tokens;
}

export interface Get extends Sent {
  readonly method: 'GET';
  readonly range?: string | undefined;
  readonly condition?: Condition | undefined;
}

export interface Head extends Sent {
  readonly method: 'HEAD';
}

export interface Propfind extends Sent {
  readonly method: 'PROPFIND';
  readonly depth: 0 | 1;
}

export interface Options extends Sent {
  readonly method: 'OPTIONS';
}

export interface Put extends Writing {
  readonly method: 'PUT';
  /** `large` stands for more than one request of Graph can take. */
  readonly content: string;
  readonly condition?: Condition | undefined;
  /** Unix seconds, sent as X-OC-Mtime. */
  readonly mtime?: number | undefined;
}

export interface Mkcol extends Writing {
  readonly method: 'MKCOL';
}

export interface Delete extends Writing {
  readonly method: 'DELETE';
  readonly condition?: Condition | undefined;
}

export interface Transfer extends Writing {
  readonly method: 'COPY' | 'MOVE';
  readonly to: Path;
  readonly overwrite: boolean;
  /** Of COPY; MOVE is always whole. */
  readonly depth: '0' | 'infinity';
}

export interface Proppatch extends Writing {
  readonly method: 'PROPPATCH';
  /** A dead property is set, or taken away; or the time of last change is set as Explorer does it. */
  readonly change: { readonly set: string } | { readonly remove: true } | { readonly mtime: number };
}

export interface Lock extends Sent {
  readonly method: 'LOCK';
  readonly scope: 'exclusive' | 'shared';
  readonly depth: '0' | 'infinity';
}

/** Of the first lock of the client's own that reaches the place, or of somebody else's, or of none. */
export interface Relock extends Sent {
  readonly method: 'REFRESH' | 'UNLOCK';
  readonly whose: 'own' | 'others';
}

export type Request = Get | Head | Propfind | Options | Put | Mkcol | Delete | Transfer | Proppatch | Lock | Relock;

/** Somebody works with the drive in another way: a browser, a phone. What cannot be done is not done. */
export interface Elsewhere {
  readonly method: 'ELSEWHERE';
  readonly change: 'edit' | 'mkdir' | 'remove' | 'move';
  readonly at: Path;
  readonly to: Path;
  readonly content: string;
  /**
   * Whether the server's cache is over before anything else happens. If not, the reads that follow may show the old
   * state.
   */
  readonly waits: boolean;
}

export type Command = Request | Elsewhere;

/** What a sequence is, as plain data: it is kept as JSON. */
export interface Sequence {
  /** Places that are there at the beginning; one with a slash at its end is a folder. */
  readonly seed: readonly Path[];
  readonly commands: readonly Command[];
}

const LARGE_BYTES = 4 * 1024 * 1024 + 7;
const LARGE = 'large, '.repeat(Math.ceil(LARGE_BYTES / 7)).slice(0, LARGE_BYTES);

/** The bytes that a content stands for, all of them ASCII. */
export function bytesOf(content: string): string {
  return content === 'large' ? LARGE : content;
}

/** One line for people. */
export function describe(command: Command): string {
  const { method, at, ...rest } = command;
  const { client, fault, ...others } = rest as Record<string, unknown> & { fault?: FaultChoice };
  const words = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const who = client === undefined ? '' : `client ${client}: `;
  const trouble = fault === undefined ? '' : ` [${fault.name} at call ${fault.call}, ${fault.times} times]`;
  return `${who}${method} ${JSON.stringify(at)} ${words.join(' ')}${trouble}`.trimEnd();
}

export function describeSequence({ seed, commands }: Sequence): string {
  return [
    `at the beginning: ${seed.map(path => JSON.stringify(path)).join(' ') || 'nothing'}`,
    ...commands.map(describe),
  ]
    .map(line => `  ${line}`)
    .join('\n');
}
