import type { Entry } from '../drive/entry.ts';
import { childPath, type DrivePath, foldName } from '../drive/path.ts';
import { DavError } from './errors.ts';
import type { UpdatePlan } from './property-update.ts';
import { type DavRequest, keyOf } from './request.ts';

/** Of one entry; far more than any client sets. */
const MAX_PROPERTIES = 256;

/** An entry of a tree that has dead properties, by the names that lead to it from the tree's root. */
interface Holder {
  readonly names: readonly string[];
  readonly key: { readonly scope: string; readonly itemId: string };
}

/**
 * Does what a plan without refusals says: first what may fail, then what cannot, so that nothing is left half done. Throws 507 when the entry
 * would get too many properties.
 */
export async function applyUpdate(
  request: DavRequest,
  path: DrivePath,
  entry: Entry,
  { times, changes }: UpdatePlan,
): Promise<Entry> {
  const { drive, signal, services } = request;
  const { scope, itemId } = keyOf(request, path, entry);
  const hasChanges = changes.set.length > 0 || changes.remove.length > 0;
  if (hasChanges && services.properties.list(scope, itemId).length + changes.set.length > MAX_PROPERTIES) {
    throw new DavError(507, `an entry can have ${MAX_PROPERTIES} properties of clients`);
  }
  const hasTimes = Object.values(times).some(time => time !== undefined);
  const changed = hasTimes ? await drive.setTimes(path, times, { signal }) : entry;
  if (hasChanges) {
    services.properties.change(scope, itemId, changes);
  }
  return changed;
}

/**
 * Every entry of the tree at `path` that has dead properties: an item keeps them when it is moved in its drive, and a copy has another id.
 * Walks the tree only when its drive has any such entry at all.
 */
export async function findHolders(
  request: DavRequest,
  path: DrivePath,
  depth: 0 | 'infinity',
): Promise<readonly Holder[]> {
  const { drive, signal, services } = request;
  const scope = drive.canonicalPath?.(path)[0] ?? '';
  if (!services.properties.isUsed(scope)) {
    return [];
  }
  const found: Holder[] = [];
  const visit = async (names: readonly string[], entry: Entry): Promise<void> => {
    const key = { scope, itemId: entry.id };
    if (services.properties.list(scope, entry.id).length > 0) {
      found.push({ names, key });
    }
    if (entry.kind === 'folder' && depth === 'infinity') {
      for (const member of await drive.list(descend(path, names), { signal })) {
        await visit([...names, member.name], member);
      }
    }
  };
  await visit([], await drive.stat(path, { signal }));
  return found;
}

/** Gives the copies below `to` the properties of what they were made from (RFC 4918 §9.8.2). */
export async function copyProperties(request: DavRequest, holders: readonly Holder[], to: DrivePath): Promise<void> {
  const { drive, signal, services } = request;
  for (const { names, key } of holders) {
    const path = descend(to, names);
    services.properties.copy(key, keyOf(request, path, await drive.stat(path, { signal })));
  }
}

/** True when a move from one to the other gives every item another id. */
export function isAnotherDrive({ drive }: DavRequest, from: DrivePath, to: DrivePath): boolean {
  const scopeOf = (path: DrivePath) => foldName(drive.canonicalPath?.(path)[0] ?? '');
  return scopeOf(from) !== scopeOf(to);
}

function descend(path: DrivePath, names: readonly string[]): DrivePath {
  return names.reduce(childPath, path);
}
