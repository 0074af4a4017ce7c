import { isMade, isMoved, type Moment, thisMoment } from './done-already.ts';
import type { Entry } from './entry.ts';
import { asRequestError, type ErrorCode } from './errors.ts';
import { urlOf } from './href.ts';
import { makeFolder, send } from './methods.ts';

/** Makes a folder where none is known; one that was made in this moment is it. */
export async function makeNewFolder(href: string): Promise<void> {
  const since = thisMoment();
  await unlessDone(makeFolder(href), 'exists', () => isMade({ kind: 'folder' }, href, since));
}

/** Removes a file or a folder; one that is gone is done. `etag`: only this version; another one is `precondition`. */
export async function remove(href: string, etag: string | undefined): Promise<void> {
  const removed = send('DELETE', href, etag === undefined ? {} : { headers: { 'If-Match': `"${etag}"` } });
  await unlessDone(removed, 'not-found', async () => true);
}

export interface Transfer {
  readonly method: 'COPY' | 'MOVE';
  /** What is at `from`. */
  readonly entry: Entry;
  readonly from: string;
  readonly to: string;
  /** False: a target that exists is `precondition`, and stays (RFC 4918 §10.6). */
  readonly overwrite: boolean;
}

export async function transfer(wish: Transfer): Promise<void> {
  const { method, from, to, overwrite } = wish;
  const since = thisMoment();
  const headers = { Destination: urlOf(to), Overwrite: overwrite ? 'T' : 'F' };
  await unlessDone(send(method, from, { headers }), ['not-found', 'precondition'], () => isTransferred(wish, since));
}

function isTransferred({ method, entry, from, to }: Transfer, since: Moment): Promise<boolean> {
  return method === 'MOVE' ? isMoved(entry, { from, to }) : isMade(entry, to, since);
}

/** Waits for a request, and takes a refusal with one of these codes as success where what was asked for is done. */
async function unlessDone(
  request: Promise<unknown>,
  codes: ErrorCode | readonly ErrorCode[],
  isDone: () => Promise<boolean>,
): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (![codes].flat().includes(asRequestError(error).code) || !(await isDone())) {
      throw error;
    }
  }
}
