import type { CopyOptions, Drive, MoveOptions, TransferResult } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { childPath, type DrivePath, formatPath, isWithin, pathKey } from '../drive/path.ts';
import { mayBeRewritten } from '../drive/rewritten.ts';
import { orDiscard } from '../lib/discard-body.ts';
import { QuickXorHash } from '../lib/quick-xor-hash.ts';
import { asOneTransfer } from './one-transfer.ts';

/** An entry in one of the drives. */
export interface Place {
  readonly drive: Drive;
  readonly path: DrivePath;
}

/** The copied version of each entry, by the key of the source's path. */
type Copied = Map<string, string>;

/** Cleanup continues after the client has gone. */
const TIDY_TIMEOUT_MS = 120_000;

/**
 * Moves between drives: copies, and removes the source once the copy is complete. If anything was added to or changed
 * in the source meanwhile, it exists nowhere else. Then the whole source stays, since a client that tries again
 * replaces the copy with the item that it finds.
 */
export async function moveBetween(from: Place, to: Place, options: MoveOptions): Promise<TransferResult> {
  const { signal, afterCopy } = options;
  if (from.drive.access(from.path) === 'read') {
    throw new DriveError('read-only', `cannot move ${formatPath(from.path)}: it is read-only`);
  }
  const { created, copied } = await copyBetween(from, to, { ...options, depth: 'infinity' });
  await afterCopy?.();
  await refuseChanged(from, copied, signal);
  await from.drive.remove(from.path, { signal });
  return { created };
}

/**
 * Copies between drives by reading from one and writing to the other, a file at a time. A file appears when it is
 * stored; a tree is first made under another name, and is removed if anything fails.
 */
export async function copyBetween(
  from: Place,
  to: Place,
  options: CopyOptions,
): Promise<TransferResult & { copied: Copied }> {
  const { signal, overwrite } = options;
  const copied: Copied = new Map();
  const source = await from.drive.stat(from.path, { signal });
  const old = await statOrUndefined(to, signal);
  // Only now both drives have made a call, and know their canonical names.
  refuseOverlap(from, to);
  if (old !== undefined && !overwrite) {
    throw new DriveError('exists', `cannot put anything at ${formatPath(to.path)}: the name is taken`);
  }
  if (source.kind === 'file' && old?.kind !== 'folder') {
    await copyOrUndo(from, to, { source, options, copied, existed: old !== undefined });
    return { created: old === undefined, copied };
  }
  await copyThroughScratch(from, to, { source, options, copied });
  return { created: old === undefined, copied };
}

/** Copies under a temporary name: the target stays until the copy is complete, and no partial copy is visible. */
async function copyThroughScratch(from: Place, to: Place, job: CopyJob): Promise<void> {
  const { signal } = job.options;
  const scratch = await to.drive.scratch(to.path, { signal });
  let isGone = false;
  try {
    await copyEntry(from, { drive: to.drive, path: scratch.path }, job);
    await to.drive.move(scratch.path, to.path, { signal, overwrite: true });
    isGone = true;
  } catch (error) {
    isGone = await removed({ drive: to.drive, path: scratch.path });
    throw error;
  } finally {
    await scratch.end(isGone);
  }
}

async function removed({ drive, path }: Place): Promise<boolean> {
  return drive.remove(path, { signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) }).then(
    () => true,
    error => isDriveError(error, 'not-found'),
  );
}

/** Refuses two mounts of the same place: a copy would overwrite its source, or never end. */
function refuseOverlap(from: Place, to: Place): void {
  const [source, target] = [from.drive.canonicalPath(from.path), to.drive.canonicalPath(to.path)];
  if (isWithin(source, target) || isWithin(target, source)) {
    const [one, other] = [formatPath(from.path), formatPath(to.path)];
    throw new DriveError('forbidden', `cannot put ${one} at ${other}: both mounts lead to the same place`);
  }
}

interface CopyJob {
  readonly source: Entry;
  readonly options: CopyOptions;
  readonly copied: Copied;
}

async function copyOrUndo(from: Place, to: Place, job: CopyJob & { readonly existed: boolean }): Promise<void> {
  try {
    await copyEntry(from, to, job);
  } catch (error) {
    // A failed overwrite leaves the old file intact; any other failure leaves a part of a new tree.
    if (!job.existed) {
      await to.drive.remove(to.path, { signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) }).catch(ignoreAbsence);
    }
    throw error;
  }
}

async function copyEntry(from: Place, to: Place, { source, options, copied }: CopyJob): Promise<void> {
  const { signal, depth } = options;
  if (source.kind === 'file') {
    await asOneTransfer(() => copyFile(from, to, { options, copied }));
    return;
  }
  copied.set(pathKey(from.path), versionOf(source));
  await to.drive.makeFolder(to.path, { signal });
  const members = depth === 0 ? [] : await from.drive.list(from.path, { signal });
  for (const member of members) {
    const inner = { drive: from.drive, path: childPath(from.path, member.name) };
    const target = { drive: to.drive, path: childPath(to.path, member.name) };
    await copyEntry(inner, target, { source: member, options, copied });
  }
}

async function copyFile(
  from: Place,
  to: Place,
  { options: { signal }, copied }: Omit<CopyJob, 'source'>,
): Promise<void> {
  const { entry, body, length } = await from.drive.read(from.path, { signal });
  const hash = new QuickXorHash();
  const bytes = proven(body, { source: entry, hash, path: to.path });
  // A target that refuses at once, such as a full one, never begins to read.
  const { entry: stored } = await orDiscard(
    body,
    to.drive.write(to.path, bytes, { signal, length, modified: entry.modified }),
  );
  await refuseAltered(to, { stored, hash }, signal);
  copied.set(pathKey(from.path), versionOf(entry));
}

/**
 * Passes a body on, but its last chunk only when the whole matches the source: a file with other bytes is never stored,
 * and the target stays.
 */
async function* proven(
  body: AsyncIterable<Uint8Array>,
  { source, hash, path }: { source: Entry; hash: QuickXorHash; path: DrivePath },
): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of body) {
    hash.update(chunk);
    if (last !== undefined) {
      yield last;
    }
    last = chunk;
  }
  if (!mayBeRewritten(source.name) && !agrees(source, { size: hash.length, quickXorHash: hash.digest() })) {
    throw new DriveError('upstream', `cannot copy ${formatPath(path)}: the bytes received differ from the source`);
  }
  if (last !== undefined) {
    yield last;
  }
}

/**
 * Throws `upstream` unless size and hash at the target match the bytes sent. They differ for files that the cloud
 * rewrites; then it is enough that the target shows the stored version.
 */
async function refuseAltered(
  { drive, path }: Place,
  { stored, hash }: { stored: Entry; hash: QuickXorHash },
  signal: AbortSignal,
): Promise<void> {
  const passed = { size: hash.length, quickXorHash: hash.digest() };
  const now = mayBeRewritten(stored.name) ? await drive.stat(path, { signal, fresh: true }) : stored;
  const isStored = mayBeRewritten(stored.name)
    ? now.etag === stored.etag && now.size === stored.size
    : agrees(now, passed);
  if (!isStored) {
    throw new DriveError('upstream', `cannot copy ${formatPath(path)}: the bytes at the target differ from those sent`);
  }
}

/**
 * Returns true when an entry matches these bytes, as far as it has a size and a hash; some drives have no hash for
 * empty files.
 */
function agrees({ size, quickXorHash }: Entry, passed: { size: number; quickXorHash: string }): boolean {
  return (
    (size === undefined || size === passed.size) &&
    (quickXorHash === undefined || passed.size === 0 || quickXorHash === passed.quickXorHash)
  );
}

/**
 * Throws `locked` when the tree has anything that was not copied in its current version. Asks the cloud, not the cache.
 */
async function refuseChanged({ drive, path: root }: Place, copied: Copied, signal: AbortSignal): Promise<void> {
  const visit = async (path: DrivePath, entry: Entry): Promise<void> => {
    if (copied.get(pathKey(path)) !== versionOf(entry)) {
      const what = `${formatPath(path)} was changed or added during the copy`;
      throw new DriveError('locked', `cannot remove ${formatPath(root)} after copying it: ${what}; move it again`);
    }
    const members = entry.kind === 'folder' ? await drive.list(path, { signal, fresh: true }) : [];
    for (const member of members) {
      await visit(childPath(path, member.name), member);
    }
  };
  await visit(root, await drive.stat(root, { signal, fresh: true }));
}

/** Returns an entry's version. A folder's tag may change with its members, which are checked one by one. */
function versionOf({ kind, id, etag }: Entry): string {
  return kind === 'folder' ? id : `${id} ${etag}`;
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
