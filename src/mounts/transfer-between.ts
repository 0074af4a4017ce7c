import { randomUUID } from 'node:crypto';
import type { CopyOptions, Drive, TransferResult } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { childPath, type DrivePath, formatPath, parentPath } from '../drive/path.ts';

/** An entry in one of the drives. */
export interface Place {
  readonly drive: Drive;
  readonly path: DrivePath;
}

/** Tidying up goes on although the client has gone. */
const TIDY_TIMEOUT_MS = 120_000;

/**
 * Copies between drives by reading from one and writing to the other, a file at a time. The old target is set aside first; if anything
 * fails, what was made is removed and the old target is put back.
 */
export async function copyBetween(from: Place, to: Place, options: CopyOptions): Promise<TransferResult> {
  const { signal, overwrite } = options;
  const source = await from.drive.stat(from.path, { signal });
  const old = await statOrUndefined(to, signal);
  if (old !== undefined && !overwrite) {
    throw new DriveError('exists', `cannot put anything at ${formatPath(to.path)}: the name is taken`);
  }
  if (old === undefined || (old.kind === 'file' && source.kind === 'file')) {
    await copyOrUndo(from, to, { source, options, existed: old !== undefined });
    return { created: old === undefined };
  }
  const aside = childPath(parentPath(to.path), `.replaced-${randomUUID()}`);
  await to.drive.move(to.path, aside, { signal, overwrite: false });
  try {
    await copyOrUndo(from, to, { source, options, existed: false });
  } catch (error) {
    await to.drive.move(aside, to.path, { signal: AbortSignal.timeout(TIDY_TIMEOUT_MS), overwrite: false });
    throw error;
  }
  await to.drive.remove(aside, { signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) });
  return { created: false };
}

async function copyOrUndo(
  from: Place,
  to: Place,
  { source, options, existed }: { source: Entry; options: CopyOptions; existed: boolean },
): Promise<void> {
  try {
    await copyEntry(from, to, { source, options });
  } catch (error) {
    // A file over a file fails with the old one whole; anything else has left a part of a new tree.
    if (!existed) {
      await to.drive.remove(to.path, { signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) }).catch(ignoreAbsence);
    }
    throw error;
  }
}

async function copyEntry(
  from: Place,
  to: Place,
  { source, options }: { source: Entry; options: CopyOptions },
): Promise<void> {
  const { signal, depth } = options;
  if (source.kind === 'file') {
    const { body, length } = await from.drive.read(from.path, { signal });
    await to.drive.write(to.path, body, { signal, length, modified: source.modified });
    return;
  }
  await to.drive.makeFolder(to.path, { signal });
  const members = depth === 0 ? [] : await from.drive.list(from.path, { signal });
  for (const member of members) {
    const inner = { drive: from.drive, path: childPath(from.path, member.name) };
    await copyEntry(inner, { drive: to.drive, path: childPath(to.path, member.name) }, { source: member, options });
  }
}

async function statOrUndefined({ drive, path }: Place, signal: AbortSignal): Promise<Entry | undefined> {
  try {
    return await drive.stat(path, { signal });
  } catch (error) {
    if (isDriveError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}

function ignoreAbsence(error: unknown): void {
  if (!isDriveError(error, 'not-found')) {
    throw error;
  }
}
