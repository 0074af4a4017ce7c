import type { MicrosoftClient } from '../support/microsoft-client.ts';

/** Files with their contents, and folders, which end with a slash; paths below the folder of the cell. */
export type Tree = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  /** Undefined when the connection broke before its end. */
  readonly bytes: Buffer | undefined;
}

/**
 * Sends one request below the folder of the cell. A path that begins with `@` is one of the other mailbox, and one with
 * `>` goes through the mount whose clients are sent to OneDrive.
 */
export type Send = (
  method: string,
  path: string,
  options?: { headers?: Record<string, string>; body?: string; destination?: string },
) => Promise<Answer>;

/** An upload that has begun; empty where there is none. */
export interface Begun {
  readonly id?: string;
  /** Its address at Microsoft, and whoever can send there. */
  readonly url?: string;
  readonly microsoft?: MicrosoftClient;
}

/** One kind of request that a client sends, with its required result. */
export interface RequestKind {
  readonly name: string;
  /** Files that are older versions of those in `before`. */
  readonly earlier?: Tree;
  /** The state before. */
  readonly before: Tree;
  /** The state after success; absent where nothing changes. */
  readonly after?: Tree;
  /** Statuses that say that it was done. */
  readonly success: readonly number[];
  /** Statuses that a client may get besides, with any fault: 404 for an entry that never existed, for example. */
  readonly refusals?: readonly number[];
  /** The required content of a success's body; absent where it does not matter. */
  readonly body?: string | RegExp;
  /** Throws when the body of a success is not what it must be. */
  readonly check?: (body: Buffer) => void;
  /** Members that a listing has to name, all of them. */
  readonly members?: readonly string[];
  readonly send: (send: Send, begun: Begun) => Promise<Answer>;
  /** Done before, while nothing is wrong. */
  readonly begin?: (send: Send, microsoft: MicrosoftClient) => Promise<Begun>;
  /** What the client does when nothing is wrong any more; returns its last answer. */
  readonly finish?: (send: Send, begun: Begun, answer: Answer | undefined) => Promise<Answer | undefined>;
  /** Its bytes are many: fewer cells of it are in the sample. */
  readonly isLarge?: true;
  /** The token has expired, as Graph sees it: the server requests a new one on the way. */
  readonly isTokenOld?: true;
}
