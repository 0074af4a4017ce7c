import { Readable } from 'node:stream';
import type { DriveState, Item } from './drive.ts';
import type { World } from './exchange.ts';
import type { DriveHandle } from './handles.ts';
import { mimeTypeOf } from './mime-types.ts';
import type { Library } from './site.ts';

const UNLIMITED = Number.MAX_SAFE_INTEGER;

export function driveHandle(world: World, { drive }: Library): DriveHandle {
  const at = () => world.settings.clock.now();
  const find = (path: string): Item => drive.walk(drive.root, namesOf(path));
  const folder = (names: readonly string[]): Item => {
    let item = drive.root;
    for (const name of names) {
      item = drive.child(item, name) ?? drive.createFolder(item, name, at(), world.settings.ids());
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
      drive.putContent(parent, place, {
        blob,
        mimeType: mimeTypeOf(place.name),
        now: at(),
        guid: world.settings.ids(),
        fileSystemInfo,
      });
    },
    read: async path => Buffer.concat(await Array.fromAsync(world.blobs.read(find(path).blob!))),
    stat: path => {
      try {
        const item = find(path);
        const { id, name, fsModified, versions, children } = item;
        return {
          id,
          name,
          size: item.blob?.size ?? 0,
          modified: new Date(fsModified),
          versions: versions.length + 1,
          isFolder: children !== undefined,
        };
      } catch {
        return undefined;
      }
    },
    tree: () => {
      const below = [...drive.items.values()].filter(item => item.parentId !== undefined);
      return Object.fromEntries(
        below.map(item => [pathOf(drive, item), { size: item.blob?.size ?? 0, quickXorHash: item.blob?.quickXorHash }]),
      );
    },
    remove: path => drive.remove(find(path)),
    setQuota: bytes => {
      drive.spec.quotaBytes = bytes;
    },
  };
}

function namesOf(path: string): string[] {
  return path.split('/').filter(name => name !== '');
}

function pathOf(drive: DriveState, item: Item): string {
  return `/${drive.pathOf(item).join('/')}${item.children === undefined ? '' : '/'}`;
}

function toSource(content: string | Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array
    ? Readable.from([Buffer.from(content as string)])
    : content;
}
