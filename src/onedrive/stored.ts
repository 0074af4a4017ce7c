import { DriveError } from '../drive/errors.ts';
import { mayBeRewritten } from '../drive/rewritten.ts';
import { isItemAbsent, mayBeDone } from '../graph/errors.ts';
import type { DriveItem } from '../graph/normalize.ts';

/** The bytes of a file as they were sent. */
export interface Sent {
  readonly length: number;
  readonly quickXorHash: string;
}

export interface Commit {
  /** Sends what commits the file; gives the stored file where Graph shows it. */
  readonly send: () => Promise<DriveItem | undefined>;
  /** Reads the file at its place afresh. */
  readonly reread: () => Promise<DriveItem>;
  readonly sent: () => Sent;
  /** What was there before; null when nothing was. */
  readonly previous: DriveItem | null;
}

/**
 * Commits a file and proves that it is stored: Graph shows an item with the size and the hash of what was sent. An
 * answer that was lost, cannot be read, or is empty proves nothing; then the file itself is asked. Throws what went
 * wrong when it is not this file, or not a new version of it.
 */
export async function commitProven(commit: Commit): Promise<DriveItem> {
  const { sent, previous, reread } = commit;
  const { item, failure } = await tryToCommit(commit);
  if (item !== undefined && holds(item, sent())) {
    return item;
  }
  const now = await reread().catch((error: unknown) => {
    // Nothing in its place is a file that was not stored, and none that the client has asked for.
    throw failure ?? (isItemAbsent(error) ? notStored(error) : error);
  });
  // An acknowledged file may show its new size a moment later; one that is not acknowledged must have become another.
  const isNew = item === undefined ? now.id !== previous?.id || now.cTag !== previous.cTag : now.id === item.id;
  if (isNew && holds(now, sent())) {
    return now;
  }
  throw failure ?? new DriveError('upstream', 'OneDrive has acknowledged a file and shows another one in its place');
}

function notStored(cause: unknown): DriveError {
  return new DriveError('upstream', 'OneDrive has acknowledged a file and shows nothing in its place', { cause });
}

/** The file as the answer shows it, or the failure that another look may explain. */
async function tryToCommit({ send }: Commit): Promise<{ item?: DriveItem | undefined; failure?: unknown }> {
  try {
    return { item: await send() };
  } catch (failure) {
    // A session that is gone may have been committed by a request whose answer was lost.
    if (mayBeDone(failure) || isItemAbsent(failure)) {
      return { failure };
    }
    throw failure;
  }
}

/** Whether Graph shows what was sent, as far as it does not rewrite such files; not every item has a hash. */
function holds({ name, size, quickXorHash }: DriveItem, sent: Sent): boolean {
  return (
    mayBeRewritten(name) ||
    (size === sent.length && (quickXorHash === undefined || quickXorHash === sent.quickXorHash || sent.length === 0))
  );
}
