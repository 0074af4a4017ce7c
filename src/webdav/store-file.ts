import type { EntryTimes, Expectation } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { committing, refuseLocked } from './locks/lock-guard.ts';
import type { DavRequest } from './request.ts';

/** A file on its way to the path of a request. */
export interface ComingFile {
  readonly body: AsyncIterable<Uint8Array>;
  /** What is there now; null: nothing. */
  readonly old: Entry | null;
  /** What must be there at the commit. */
  readonly expect: Expectation | undefined;
  /** Undefined: not announced. */
  readonly length: number | undefined;
  readonly times?: EntryTimes;
}

/**
 * Stores a file under the locks of its place. They are checked now and right before the commit, because another client
 * can take one while the body arrives. Throws DavError (423) and the errors of the drive.
 */
export async function storeFile(
  request: DavRequest,
  { body, old, expect, length, times = {} }: ComingFile,
): Promise<{ readonly entry: Entry; readonly created: boolean }> {
  const { drive, path, signal, services } = request;
  const change = old === null ? 'new' : 'entry';
  await refuseLocked(request, path, change);
  const written = await committing(request, [[path, change]], beforeCommit =>
    drive.write(path, body, { signal, length, expect, ...times, beforeCommit }),
  );
  services.downloads.written(written.entry);
  return written;
}
