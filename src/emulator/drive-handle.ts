import { Readable } from 'node:stream';
import { expireChanges } from './change-feed.ts';
import { checkDrive } from './check-drive.ts';
import type { Act, DriveState } from './drive.ts';
import { SYSTEM } from './drive.ts';
import type { Item } from './drive-reader.ts';
import type { World } from './exchange.ts';
import { readFacets, writeFacets } from './facets.ts';
import type { DriveHandle } from './handles.ts';
import type { Library } from './site.ts';

const UNLIMITED = Number.MAX_SAFE_INTEGER;

export function driveHandle(world: World, library: Library): DriveHandle {
  const { drive } = library;
  const act = () => ({ now: world.settings.clock.now(), by: SYSTEM });
  const find = (path: string): Item => drive.walk(drive.root, namesOf(path));
  const folder = (names: readonly string[]): Item => {
    let item = drive.root;
    for (const name of names) {
      if (item.kind !== 'folder') {
        throw new Error(`${names.join('/')}: ${item.name} is not a folder`);
      }
      item = drive.child(item, name) ?? drive.createFolder(item, name, { ...act(), guid: world.settings.ids() });
    }
    return item;
  };
  return {
    driveId: drive.id,
    mkdir: path => void folder(namesOf(path)),
    put: async (path, content, { modified } = {}) => {
      const names = namesOf(path);
      const blob = await world.blobs.store(toSource(content), UNLIMITED);
      const parent = folder(names.slice(0, -1));
      const place = drive.place(parent, names.at(-1)!, { isFolder: false, conflict: 'replace' });
      const fileSystemInfo = modified && { created: modified.getTime(), modified: modified.getTime() };
      drive.putContent(parent, place, { ...act(), blob, guid: world.settings.ids(), fileSystemInfo });
    },
    plant: async (path, { kind = 'file', content, ...facets }) => {
      if (kind !== 'file' && content !== undefined) {
        throw new Error(`${path}: only a file has content`);
      }
      const names = namesOf(path);
      const blob = content === undefined ? undefined : await world.blobs.store(toSource(content), UNLIMITED);
      const spec = { name: names.at(-1)!, guid: world.settings.ids(), kind, facets: writeFacets(facets), blob };
      return drive.idOf(drive.plant(folder(names.slice(0, -1)), spec, act()));
    },
    setFacets: (path, facets) => {
      const item = find(path);
      drive.touch(item, { facets: writeFacets({ ...readFacets(item.facets), ...facets }) }, act());
    },
    rewrite: async (path, content) => {
      const blob = await world.blobs.store(toSource(content), UNLIMITED);
      drive.rewrite(find(path), blob, act());
    },
    move: (from, to) => {
      const item = find(from);
      const names = namesOf(to);
      const parent = folder(names.slice(0, -1));
      if (drive.isInside(parent, item)) {
        throw new Error(`${from} cannot be moved into itself`);
      }
      const place = drive.place(parent, names.at(-1)!, {
        isFolder: item.kind === 'folder',
        conflict: 'fail',
        self: item,
      });
      drive.relocate(item, parent, place, { ...act(), info: { modified: item.fsModified } });
    },
    read: async path => {
      const { blob, size } = find(path);
      return Buffer.concat(await Array.fromAsync(world.blobs.read({ name: blob!, size })));
    },
    stat: path => {
      try {
        const item = find(path);
        const { name, size, fsModified, versionNumber, kind } = item;
        return {
          id: drive.idOf(item),
          name,
          size: kind === 'folder' ? 0 : size,
          modified: new Date(fsModified),
          versions: versionNumber === 0 ? 1 : drive.store.versions(item.key).length + 1,
          isFolder: kind === 'folder',
        };
      } catch {
        return undefined;
      }
    },
    tree: () => treeOf([...drive.store.all(drive.key)]),
    remove: path => drive.remove(find(path), { now: act().now, isPermanent: false }),
    putAll: files => putAll(world, drive, files),
    check: () => checkDrive(world, drive),
    setQuirks: quirks => {
      library.quirks = { ...library.quirks, ...quirks };
      world.directory.changed();
    },
    setQuota: bytes => drive.setQuota(bytes),
    expireChanges: (kind = 'resyncChangesApplyDifferences') => expireChanges(world.db, drive, kind),
  };
}

function summary({ kind, size, hash }: Item): { size: number; quickXorHash: string | undefined } {
  return { size: kind === 'folder' ? 0 : size, quickXorHash: hash ?? undefined };
}

function namesOf(path: string): string[] {
  return path.split('/').filter(name => name !== '');
}

/** All items of a drive by their paths, without a look-up for each folder above each item. */
function treeOf(items: readonly Item[]): ReturnType<DriveHandle['tree']> {
  const byKey = new Map(items.map(item => [item.key, item]));
  const paths = new Map<number, string>();
  const pathOf = ({ key, parent, name }: Item): string => {
    const path = paths.get(key) ?? (parent === null ? '' : `${pathOf(byKey.get(parent)!)}/${name}`);
    paths.set(key, path);
    return path;
  };
  const below = items.filter(item => item.parent !== null);
  return Object.fromEntries(below.map(item => [`${pathOf(item)}${item.kind === 'folder' ? '/' : ''}`, summary(item)]));
}

function toSource(content: string | Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array
    ? Readable.from([Buffer.from(content as string)])
    : content;
}

/** Files per step: enough to make the step's own cost negligible. */
const STEP_FILES = 10_000;

function putAll(
  { blobs, settings }: World,
  drive: DriveState,
  files: Iterable<readonly [string, string | Uint8Array]>,
): void {
  const act = { now: settings.clock.now(), by: SYSTEM };
  const rest = files[Symbol.iterator]();
  const putOne = (path: string, content: string | Uint8Array, folders: Map<string, Item>): void => {
    const names = namesOf(path);
    const parent = folderOf(drive, names.slice(0, -1), { folders, make: { ...act, ids: settings.ids } });
    const place = drive.place(parent, names.at(-1)!, { isFolder: false, conflict: 'replace' });
    const blob = blobs.storeSmall(Buffer.from(content as string));
    if (place.taken === undefined) {
      drive.putContent(parent, place, { ...act, blob, guid: settings.ids() });
    } else {
      drive.rewrite(place.taken, blob, act);
    }
  };
  for (let next = rest.next(); !next.done; ) {
    drive.step(() => {
      // Folders change with their contents, so they are remembered only by key.
      const folders = new Map<string, Item>();
      for (let count = 0; count < STEP_FILES && !next.done; count += 1) {
        putOne(next.value[0], next.value[1], folders);
        next = rest.next();
      }
    });
  }
}

function folderOf(
  drive: DriveState,
  names: readonly string[],
  { folders, make: { ids, ...act } }: { folders: Map<string, Item>; make: Act & { ids: () => string } },
): Item {
  if (names.length === 0) {
    return drive.root;
  }
  const path = names.join('/');
  let folder = folders.get(path);
  if (folder === undefined) {
    const parent = folderOf(drive, names.slice(0, -1), { folders, make: { ids, ...act } });
    const name = names.at(-1)!;
    folder = drive.child(parent, name) ?? drive.createFolder(parent, name, { ...act, guid: ids() });
    folders.set(path, folder);
  }
  return folder;
}
