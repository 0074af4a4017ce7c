import type { IncomingMessage, ServerResponse } from 'node:http';
import { Http2Request, wasCut } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';

/** The change that a method makes when it succeeds, for the audit trail. */
const CHANGES: Record<string, string> = {
  PUT: 'file-replaced',
  DELETE: 'deleted',
  MOVE: 'moved',
  COPY: 'copied',
  MKCOL: 'folder-created',
  PROPPATCH: 'properties-changed',
  LOCK: 'locked',
  UNLOCK: 'unlocked',
};
/** The same for the actions of the app in the browser (`POST ?action=…`); the others change nothing by themselves. */
const ACTIONS: Record<string, string> = {
  'restore-version': 'version-restored',
  'upload-commit': 'file-replaced',
  // The form of a share that takes new files.
  'send-form': 'file-created',
};
/** Longer headers are not worth their place in a line. */
const MAX_LENGTH = 2_000;

/** What is known of a request at its end. */
export interface Outcome {
  readonly method: string;
  /** Of the app in the browser. */
  readonly action: string | undefined;
  readonly status: number | undefined;
  readonly user: string | undefined;
}

/** Returns what happened, for the audit trail; undefined for a request that was only a look, and for nobody's. */
export function auditEventOf({ method, action, status, user }: Outcome): string | undefined {
  if (user === undefined || user === '') {
    return undefined;
  }
  const change = action === undefined ? CHANGES[method] : ACTIONS[action];
  if (change === undefined) {
    return status === 403 ? 'access-denied' : undefined;
  }
  if (status === undefined || status >= 400) {
    return status === 403 ? 'access-denied' : 'change-failed';
  }
  return change === 'file-replaced' && status === 201 ? 'file-created' : change;
}

/** The headers that say what was asked for and what was sent; undefined ones cost nothing in the line. */
export function askedIn({ headers }: IncomingMessage, response: ServerResponse): Record<string, unknown> {
  const { depth, range, destination } = headers as Record<string, string | undefined>;
  return {
    depth: cut(depth),
    destination: destination === undefined ? undefined : pathIn(destination),
    range: cut(range),
    sent: range === undefined ? undefined : response.getHeader('Content-Range'),
  };
}

/**
 * Tells which side has broken off a request before its answer was whole. In HTTP/1.1 a client sends an end or a reset,
 * and Node destroys the rest for it; without either it was this server. In HTTP/2 Node reads the connection below its
 * socket, and its streams have one code for both sides: there this server remembers what it has reset or cut.
 */
export function abortedBy(
  request: Pick<IncomingMessage, 'socket'> | Http2Request,
  response?: ServerResponse | Http2Response,
): 'client' | 'server' {
  if (request instanceof Http2Request) {
    const isOurs = response instanceof Http2Response && response.isReset;
    return isOurs || wasCut(request.socket) ? 'server' : 'client';
  }
  const { readableEnded, errored } = request.socket;
  return readableEnded || errored !== null ? 'client' : 'server';
}

/** The path of a Destination: its host and its query say nothing, or too much. */
function pathIn(destination: string): string | undefined {
  return cut(destination.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0]);
}

function cut(text: string | undefined): string | undefined {
  return text === undefined || text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH);
}
