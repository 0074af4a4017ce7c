import { DriveError, type DriveErrorCode } from '../drive/errors.ts';
import { isDiskFull } from '../lib/disk-full.ts';
import { redact } from '../lib/redact.ts';
import { Unavailable } from '../lib/unavailable.ts';

/**
 * A precondition or postcondition that failed, named by its element in the DAV: namespace (RFC 4918 §16; RFC 3744
 * §7.1.1).
 */
export type Condition =
  | 'propfind-finite-depth'
  | 'quota-not-exceeded'
  | 'lock-token-matches-request-uri'
  | 'lock-token-submitted'
  | 'no-conflicting-lock'
  | 'need-privileges'
  | 'number-of-matches-within-limits'
  | 'supported-report'
  | 'valid-sync-token'
  | 'valid-resourcetype';

/** A privilege that the user does not have, by its element in the DAV: namespace, and the URL where it is missing. */
export interface LackingPrivilege {
  readonly href: string;
  readonly privilege: string;
}

/** An answer to the client. It is the only error that `webdav/` throws on purpose. */
export class DavError extends Error {
  override readonly name = 'DavError';
  readonly status: number;
  readonly condition: Condition | undefined;
  /** The URLs that the condition reports. */
  readonly hrefs: readonly string[];
  /** The privileges that `need-privileges` reports. */
  readonly lacking: readonly LackingPrivilege[];
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    options: {
      condition?: Condition;
      hrefs?: readonly string[];
      lacking?: readonly LackingPrivilege[];
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.status = status;
    this.condition = options.condition;
    this.hrefs = options.hrefs ?? [];
    this.lacking = options.lacking ?? [];
    this.headers = options.headers ?? {};
  }
}

/**
 * The status of each failure of a drive, and the element that explains it (RFC 4918 §11, §16; RFC 4331 §6). There is no
 * other such table.
 */
const ANSWERS = {
  'not-found': { status: 404 },
  'no-parent': { status: 409 },
  exists: { status: 412 },
  'is-folder': { status: 405 },
  'is-file': { status: 405 },
  precondition: { status: 412 },
  'bad-name': { status: 400 },
  'path-too-long': { status: 414 },
  forbidden: { status: 403 },
  'read-only': { status: 403, condition: 'need-privileges' },
  locked: { status: 423 },
  quota: { status: 507, condition: 'quota-not-exceeded' },
  'too-large': { status: 413 },
  'body-length': { status: 400 },
  range: { status: 416 },
  throttled: { status: 503 },
  unavailable: { status: 503 },
  upstream: { status: 502 },
  timeout: { status: 504 },
  // The client has gone and will not read this.
  aborted: { status: 499 },
} satisfies Record<DriveErrorCode, { status: number; condition?: Condition }>;

/**
 * What a client is told when the failure has a cause outside of the drive. The words of Microsoft, and ours for the
 * operator, name tenants, mailboxes and settings; they are in the log, under the id of the answer.
 */
const PLAIN_WORDS = {
  'not-found': 'there is no such file or folder',
  'no-parent': 'there is no such folder',
  exists: 'the name is taken',
  'is-folder': 'this is a folder',
  'is-file': 'this is a file',
  precondition: 'it is not the version that was expected',
  'bad-name': 'OneDrive cannot store this name',
  'path-too-long': 'this path is too long for OneDrive',
  forbidden: 'OneDrive does not allow this; the administrator of this server finds the reason in its log',
  'read-only': 'this is read-only for you',
  locked: 'somebody has this open or checked out in OneDrive; please try again later',
  quota: 'there is no room left for this',
  'too-large': 'this file is larger than OneDrive can store',
  'body-length': 'the file has not arrived whole; please send it again',
  range: 'this range lies outside of the file',
  throttled: 'OneDrive asks this server to slow down; please try again in a moment',
  unavailable:
    'this place cannot be reached now; please try again later, and tell the administrator of this server if it lasts',
  upstream: 'OneDrive has sent an answer that this server does not understand; please try again',
  timeout: 'OneDrive has not answered in time; look whether your change was made before you try again',
  aborted: 'the request was broken off',
} as const satisfies Record<DriveErrorCode, string>;

/** The answer for an error; undefined when the error is a bug. */
export function toDavError(error: unknown): DavError | undefined {
  if (error instanceof DavError) {
    return error;
  }
  if (error instanceof Unavailable) {
    const headers = { 'Retry-After': String(error.retryAfterSeconds) };
    return new DavError(503, 'this server lacks something for now; please try again in a moment', {
      ...{ headers, cause: error },
    });
  }
  if (!(error instanceof DriveError)) {
    return isDiskFull(error)
      ? new DavError(507, 'the disk of the server is full; its operator must free space', { cause: error })
      : undefined;
  }
  const { status, condition }: { status: number; condition?: Condition } = ANSWERS[error.code];
  const headers =
    error.retryAfterSeconds === undefined ? undefined : { 'Retry-After': String(error.retryAfterSeconds) };
  return new DavError(status, wordsOf(error), { condition, headers, cause: error });
}

/** Returns what a client may read of a failure. */
export function wordsOf({ code, message, cause }: DriveError): string {
  return cause === undefined ? redact(message) : PLAIN_WORDS[code];
}
