/** The properties that many items of one folder have in common. */
export interface SharedFacts {
  readonly kind: 'file' | 'folder';
  readonly mimeType: string | undefined;
  readonly parentId: string | undefined;
  readonly parentPath: string | undefined;
}

/** So many folders are remembered; a page of a listing has one, a page of a feed up to a thousand. */
const MAX_FOLDERS = 1_000;
const MAX_TYPES = 1_000;

const byFolder = new Map<string | undefined, SharedFacts[]>();
const types = new Map<string, string>();

/** Returns the facts of `item`, as one object for all items of a folder that have the same. */
export function share({ kind, mimeType, parentId, parentPath }: SharedFacts): SharedFacts {
  const known = byFolder.get(parentId) ?? [];
  const same = known.find(
    other => other.mimeType === mimeType && other.kind === kind && other.parentPath === parentPath,
  );
  if (same !== undefined) {
    return same;
  }
  const facts = { kind, mimeType: typeOf(mimeType), parentId, parentPath };
  makeRoom(byFolder, MAX_FOLDERS);
  byFolder.set(parentId, [...known.slice(-MAX_SHARED), facts]);
  return facts;
}

/** Of one folder: more kinds of files than that are rare, and looked for in vain. */
const MAX_SHARED = 15;

/** Returns the one copy of a type. */
function typeOf(mimeType: string | undefined): string | undefined {
  if (mimeType === undefined) {
    return undefined;
  }
  const known = types.get(mimeType);
  if (known === undefined) {
    makeRoom(types, MAX_TYPES);
    types.set(mimeType, mimeType);
  }
  return known ?? mimeType;
}

function makeRoom(map: Map<unknown, unknown>, max: number): void {
  if (map.size >= max) {
    map.clear();
  }
}
