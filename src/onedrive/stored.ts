import { DriveError } from '../drive/errors.ts';
import { mayBeRewritten } from '../drive/rewritten.ts';
import { isItemAbsent, mayBeDone } from '../graph/errors.ts';
import type { DriveItem } from '../graph/normalize.ts';

/** Length and hash of the bytes sent. */
export interface Sent {
  readonly length: number;
  /** Undefined when the one who has sent them did not state it. */
  readonly quickXorHash: string | undefined;
}

export interface Commit {
  /** Sends the request that commits the file; returns the stored file if Graph shows it. */
  readonly send: () => Promise<DriveItem | undefined>;
  /** Rereads the file from Graph. */
  readonly reread: () => Promise<DriveItem>;
  readonly sent: () => Sent;
  /** The previous item at the place; null when there was none. */
  readonly previous: Pick<DriveItem, 'id' | 'cTag'> | null;
}

/**
 * Commits a file and proves that it is stored: Graph shows an item with the size and hash of the bytes sent. A lost,
 * unreadable or empty answer proves nothing; then the file is reread. Throws the original failure when it is not this
 * file, or not a new version of it.
 */
export async function commitProven(commit: Commit): Promise<DriveItem> {
  const { sent, previous, reread } = commit;
  const { item, failure } = await tryToCommit(commit);
  if (item !== undefined && holds(item, sent())) {
    return item;
  }
  const now = await reread().catch((error: unknown) => {
    // If nothing is there, the file was not stored; the client did not ask for an absent file.
    throw failure ?? (isItemAbsent(error) ? notStored(error) : error);
  });
  // An acknowledged file may show its new size a moment later; without an acknowledgement, the item must have changed.
  const isNew = item === undefined ? now.id !== previous?.id || now.cTag !== previous.cTag : now.id === item.id;
  if (isNew && holds(now, sent())) {
    return now;
  }
  throw failure ?? new DriveError('upstream', 'OneDrive acknowledged the file but shows another one in its place');
}

function notStored(cause: unknown): DriveError {
  return new DriveError('upstream', 'OneDrive acknowledged the file but shows nothing in its place', { cause });
}

/** Returns the file in the answer, or the failure that another look may explain. */
async function tryToCommit({ send }: Commit): Promise<{ item?: DriveItem | undefined; failure?: unknown }> {
  try {
    return { item: await send() };
  } catch (failure) {
    // A missing session may have been committed by a request whose answer was lost.
    if (mayBeDone(failure) || isItemAbsent(failure)) {
      return { failure };
    }
    throw failure;
  }
}

/** Returns true when Graph shows the bytes sent, or may have rewritten the file; not every item has a hash. */
export function holds({ name, size, quickXorHash }: DriveItem, sent: Sent): boolean {
  return mayBeRewritten(name) || (size === sent.length && isSameHash(quickXorHash, sent));
}

function isSameHash(shown: string | undefined, { quickXorHash: stated, length }: Sent): boolean {
  return shown === undefined || stated === undefined || shown === stated || length === 0;
}
