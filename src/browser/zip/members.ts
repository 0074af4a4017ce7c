import type { CallOptions, Drive } from '../../drive/drive.ts';
import type { Entry } from '../../drive/entry.ts';
import { DriveError, isDriveError } from '../../drive/errors.ts';
import { childPath, type DrivePath, foldName } from '../../drive/path.ts';

/**
 * The list of all of them is in memory to the end, some 500 bytes each, and the package looks through it for each. A
 * file costs a call of Graph, so that many take more than an hour.
 */
const MAX_MEMBERS = 100_000;
/** Shortcuts can lead around in a circle. OneDrive's own paths are shorter: 400 characters. */
const MAX_DEPTH = 200;

/** An entry of a tree, and its place there. */
export interface Member {
  readonly path: DrivePath;
  /** Its names below the folder that is packed. */
  readonly names: readonly string[];
  readonly entry: Entry;
}

/** What is packed: members of a folder, and everything in them. */
export interface Tree {
  readonly drive: Drive;
  readonly folder: DrivePath;
  readonly entries: readonly Entry[];
}

/** Returns the members of the folder with these names, in their order; all of them when there are no names. */
export async function chooseEntries(
  { drive, folder }: Omit<Tree, 'entries'>,
  names: readonly string[],
  options: CallOptions,
): Promise<readonly Entry[]> {
  const entries = await drive.list(folder, options);
  if (names.length === 0) {
    return entries;
  }
  const byName = new Map(entries.map(entry => [foldName(entry.name), entry]));
  return [...new Set(names.map(foldName))].map((name, index) => {
    const entry = byName.get(name);
    if (entry === undefined) {
      throw new DriveError('not-found', `there is no "${names[index]}" in this folder`);
    }
    return entry;
  });
}

/** Yields the entries and all below them, a folder before its members. Only the folders on the way are in memory. */
export async function* membersOf({ drive, folder, entries }: Tree, options: CallOptions): AsyncGenerator<Member> {
  const open = [{ path: folder, names: [] as readonly string[], left: entries[Symbol.iterator]() }];
  let count = 0;
  while (open.length > 0) {
    const { path, names, left } = open.at(-1)!;
    const { value: entry, done } = left.next();
    if (done) {
      open.pop();
      continue;
    }
    count += 1;
    if (count > MAX_MEMBERS || open.length > MAX_DEPTH) {
      throw new DriveError('too-large', `a folder with more than ${MAX_MEMBERS} entries is too much for one archive`);
    }
    const member = { path: childPath(path, entry.name), names: [...names, entry.name], entry };
    yield member;
    if (entry.kind === 'folder') {
      const below = await listed(drive, member, options);
      open.push({ path: member.path, names: member.names, left: below[Symbol.iterator]() });
    }
  }
}

/** A shortcut that this server does not follow is an empty folder. */
async function listed(drive: Drive, { path, entry }: Member, options: CallOptions): Promise<readonly Entry[]> {
  try {
    return await drive.list(path, options);
  } catch (error) {
    if (entry.isShortcut === true && isDriveError(error, 'forbidden')) {
      return [];
    }
    throw error;
  }
}
