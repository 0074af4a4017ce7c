import { randomUUID } from 'node:crypto';
import { isAtOrBelow, placeKey, relocate } from '../../src/state/place.ts';
import { noRoom, refuseLarger, type SideFile, type SideFileInfo, type SideStore } from '../../src/state/side-store.ts';
import { compareUtf8 } from '../../src/state/utf8-order.ts';

interface MemoryFile extends SideFile {
  readonly place: readonly string[];
  readonly name: string;
  readonly used: number;
}

/** What a side store must answer, said as plainly as it can be. */
export function createModelSideStore({ maxBytes }: { readonly maxBytes: number }): SideStore {
  let files: readonly MemoryFile[] = [];
  const at = (place: readonly string[]) => files.find(file => placeKey(file.place) === placeKey(place));
  const within = (place: readonly string[]) => files.filter(file => isAtOrBelow(file.place, place));
  /** Keeps of `rest` what there is room for besides `added`. */
  const keep = (rest: readonly MemoryFile[], added: readonly MemoryFile[]) => {
    files = [...lastUsed(rest, maxBytes - sizeOf(added)), ...added];
  };
  const put = async (
    place: readonly string[],
    bytes: Uint8Array,
    { now, modified = now, name = '', kind }: { now: number; modified?: number; name?: string; kind?: 'folder' },
  ): Promise<SideFileInfo> => {
    refuseLarger(bytes, maxBytes);
    const old = at(place);
    const rest = files.filter(file => file !== old);
    refuseLarger(bytes, maxBytes - sizeOf(rest.filter(file => file.name !== '')));
    const kept = { id: old?.id ?? randomUUID(), created: old?.created ?? now };
    const added = {
      ...kept,
      place,
      name,
      kind,
      bytes: Uint8Array.from(bytes),
      modified,
      version: randomUUID(),
      used: now,
    };
    keep(rest, [added]);
    return toInfo(added)!;
  };
  return {
    put,
    makeFolder: (place, options) => put(place, new Uint8Array(0), { ...options, kind: 'folder' }),
    members: async place =>
      files
        .filter(file => file.name !== '' && file.place.length === place.length + 1 && isAtOrBelow(file.place, place))
        .toSorted((a, b) => compareUtf8(a.name, b.name))
        .map(file => ({ name: file.name, info: toInfo(file)! })),
    setTimes: async (place, { created, modified }) => {
      const found = at(place);
      files = files.map(file =>
        file === found ? { ...file, created: created ?? file.created, modified: modified ?? file.modified } : file,
      );
    },
    info: async place => toInfo(at(place)),
    get: async (place, now) => {
      const found = at(place);
      files = files.map(file => (file === found ? { ...file, used: now } : file));
      return toSideFile(found);
    },
    move: async (from, to) => {
      const moved = within(from).map(file => ({ ...file, place: relocate(file.place, from, to) }));
      keep(
        files.filter(file => !isAtOrBelow(file.place, from) && !isAtOrBelow(file.place, to)),
        moved,
      );
    },
    copy: async (from, to, { now }) => {
      const copies = within(from).map(file => ({
        ...file,
        id: randomUUID(),
        place: relocate(file.place, from, to),
        created: now,
        used: now,
      }));
      const rest = files.filter(file => !isAtOrBelow(file.place, to));
      if (sizeOf(copies) + sizeOf(rest.filter(file => file.name !== '')) > maxBytes) {
        throw noRoom();
      }
      keep(rest, copies);
    },
    delete: async place => {
      files = files.filter(file => !isAtOrBelow(file.place, place));
    },
  };
}

/**
 * The files that are left when the longest unused go until the rest fits; of those last used at the same time the first
 * by place goes.
 */
function lastUsed(files: readonly MemoryFile[], maxBytes: number): MemoryFile[] {
  const named = files.filter(({ name }) => name !== '');
  const left = files
    .filter(({ name }) => name === '')
    .toSorted((a, b) => a.used - b.used || compareUtf8(placeKey(a.place), placeKey(b.place)));
  while (left.length > 0 && sizeOf(left) + sizeOf(named) > maxBytes) {
    left.shift();
  }
  return [...named, ...left];
}

function sizeOf(files: readonly MemoryFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function toInfo(file: MemoryFile | undefined): SideFileInfo | undefined {
  if (file === undefined) {
    return undefined;
  }
  const { id, created, modified, version, bytes, kind } = file;
  return { id, created, modified, version, size: bytes.length, ...(kind === undefined ? {} : { kind }) };
}

function toSideFile(file: MemoryFile | undefined): SideFile | undefined {
  if (file === undefined) {
    return undefined;
  }
  const { id, created, modified, version, bytes, kind } = file;
  const copied = { id, created, modified, version, bytes: Uint8Array.from(bytes) };
  return kind === undefined ? copied : { ...copied, kind };
}
