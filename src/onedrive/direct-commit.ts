import { DriveError, isDriveError } from '../drive/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { deleteItem, getItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { commitUploadSession } from '../graph/upload-sessions.ts';
import type { ItemPlace } from '../graph/urls.ts';
import { listVersions, restoreVersion } from '../graph/versions.ts';
import type { Log } from '../lib/log.ts';
import { commitProven, holds, type Sent } from './stored.ts';

const UNDO_TIMEOUT_MS = 30_000;

export interface DirectCommit {
  readonly url: string;
  readonly place: ItemPlace;
  /** The file at the place now; null when there is none. */
  readonly previous: DriveItem | null;
  /** What the client says that it has sent. */
  readonly sent: Sent;
  readonly signal: AbortSignal;
}

interface Parts {
  readonly graph: Graph;
  readonly log: Log;
}

/**
 * Commits a session and proves that the file has the bytes that the client meant. Their hash is known only when the file
 * is there; so a file with other bytes is taken back: a new one is removed, and of a replaced one the version before is
 * restored.
 */
export async function commitDirect(parts: Parts, commit: DirectCommit): Promise<DriveItem> {
  const { graph } = parts;
  const { url, place, previous, sent, signal } = commit;
  let isDone = false;
  let seen: DriveItem | undefined;
  try {
    return await commitProven({
      send: async () => {
        seen = await commitUploadSession(graph.callContent, url, signal);
        isDone = true;
        return seen;
      },
      reread: async () => {
        seen = await getItem(graph.call, place, signal, { isKnown: true });
        return seen;
      },
      sent: () => sent,
      previous,
    });
  } catch (error) {
    const isOther = isDone && seen !== undefined && !holds(seen, sent) && isDriveError(error, 'upstream');
    if (!isOther || seen === undefined) {
      throw error;
    }
    const isUndone = await undo(parts, commit, seen).catch((failure: unknown) => {
      parts.log.error({ err: failure, name: seen?.name }, 'a file with wrong bytes could not be taken back');
      return false;
    });
    throw otherBytes(isUndone, error);
  }
}

function otherBytes(isUndone: boolean, cause: unknown): DriveError {
  const now = isUndone ? 'it is as it was before' : 'its former content is among its versions';
  return new DriveError('upstream', `OneDrive has got other bytes than were sent; ${now}: upload the file again`, {
    cause,
  });
}

/** Takes back `made`, unless it has changed since. Resolves with true when all is as before. */
async function undo({ graph }: Parts, { place, previous }: DirectCommit, made: DriveItem): Promise<boolean> {
  const signal = AbortSignal.timeout(UNDO_TIMEOUT_MS);
  const at = { driveId: place.driveId, id: made.id };
  const now = await getItem(graph.call, at, signal, { isKnown: true });
  if (now.cTag !== made.cTag) {
    return false;
  }
  if (previous === null) {
    await deleteItem(graph.call, at, signal);
    return true;
  }
  const [, before] = await listVersions(graph.call, at, signal);
  if (previous.id !== made.id || before === undefined || before.size !== previous.size) {
    return false;
  }
  await restoreVersion(graph.call, at, before.id, signal);
  return true;
}
