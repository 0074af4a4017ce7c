import type { Entry } from '../../drive/entry.ts';
import { childPath, type DrivePath } from '../../drive/path.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import type { DeadProperty, PropertyStore } from '../../state/property-store.ts';
import { keyOf, type RequestPart, scopeOf } from '../request.ts';
import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import { parseXml } from '../xml/xml-reader.ts';
import type { UpdatePlan } from './property-update.ts';

/** A list of language tags (RFC 9110 §8.5). It excludes everything that could be another header. */
const LANGUAGES = /^[A-Za-z\d]{1,8}(-[A-Za-z\d]{1,8})*(\s*,\s*[A-Za-z\d]{1,8}(-[A-Za-z\d]{1,8})*)*$/;

/** An entry of a tree that has dead properties. The names lead from the tree's root to the entry. */
export interface PropertyHolder {
  readonly names: readonly string[];
  readonly key: { readonly scope: string; readonly itemId: string };
}

/** Carries out a plan without refusals. The steps that can fail come first, so that nothing is left half done. */
export async function applyUpdate(
  { drive, signal, services }: RequestPart<'drive' | 'signal', 'properties'>,
  path: DrivePath,
  entry: Entry,
  { times, changes }: UpdatePlan,
): Promise<Entry> {
  const { scope, itemId } = keyOf(drive, path, entry);
  const hasTimes = Object.values(times).some(time => time !== undefined);
  const changed = hasTimes ? await drive.setTimes(path, times, { signal }) : entry;
  if (changes.set.length > 0 || changes.remove.length > 0) {
    await services.properties.change(scope, itemId, changes);
  }
  return changed;
}

/** The dead properties of an entry. */
export function deadPropertiesOf(
  { drive, services }: RequestPart<'drive', 'properties'>,
  path: DrivePath,
  entry: Entry,
): Promise<readonly DeadProperty[]> {
  const { scope, itemId } = keyOf(drive, path, entry);
  return services.properties.list(scope, itemId);
}

/** The Content-Language header of an entry. Clients set it as the property `getcontentlanguage` (RFC 4918 §15.3). */
export async function languageOf(
  properties: PropertyStore,
  { scope, itemId }: PropertyHolder['key'],
): Promise<Record<string, string>> {
  const property = await findLanguage(properties, { scope, itemId }).catch((error: unknown) => {
    // The bytes of a file are worth more than a word about them.
    if (error instanceof Unavailable) {
      return undefined;
    }
    throw error;
  });
  const text = property === undefined ? '' : parseXml(property.xml).text.trim();
  return LANGUAGES.test(text) ? { 'Content-Language': text } : {};
}

async function findLanguage(
  properties: PropertyStore,
  { scope, itemId }: PropertyHolder['key'],
): Promise<DeadProperty | undefined> {
  return (await properties.isUsed(scope)) ? (await properties.list(scope, itemId)).find(isLanguage) : undefined;
}

function isLanguage({ namespace, name }: DeadProperty): boolean {
  return namespace === DAV_NAMESPACE && name === 'getcontentlanguage';
}

/**
 * Finds every entry of the tree at `path` that has dead properties. An item keeps its properties when it moves within
 * its drive; a copy has another id. Walks the tree only when its drive has any dead properties at all.
 */
export async function findHolders(
  { drive, signal, services }: RequestPart<'drive' | 'signal', 'properties'>,
  path: DrivePath,
  depth: 0 | 'infinity',
): Promise<readonly PropertyHolder[]> {
  const scope = scopeOf(drive, path);
  if (!(await services.properties.isUsed(scope))) {
    return [];
  }
  const found: PropertyHolder[] = [];
  const visit = async (names: readonly string[], entry: Entry): Promise<void> => {
    const key = { scope, itemId: entry.id };
    if ((await services.properties.list(scope, entry.id)).length > 0) {
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

/**
 * Gives the copies below `to` the properties of their sources (RFC 4918 §9.8.2), and removes the properties of the
 * entries that the copies replaced.
 */
export async function copyProperties(
  { drive, signal, services }: RequestPart<'drive' | 'signal', 'properties'>,
  holders: readonly PropertyHolder[],
  to: DrivePath,
): Promise<void> {
  if (!holders.some(({ names }) => names.length === 0) && (await services.properties.isUsed(scopeOf(drive, to)))) {
    // An overwritten file is still the same item.
    const { scope, itemId } = keyOf(drive, to, await drive.stat(to, { signal }));
    await services.properties.delete(scope, itemId);
  }
  for (const { names, key } of holders) {
    const path = descend(to, names);
    await services.properties.copy(key, keyOf(drive, path, await drive.stat(path, { signal })));
  }
}

/** Forgets the properties of entries that are gone. */
export async function forgetProperties(properties: PropertyStore, holders: readonly PropertyHolder[]): Promise<void> {
  for (const { key } of holders) {
    await properties.delete(key.scope, key.itemId);
  }
}

function descend(path: DrivePath, names: readonly string[]): DrivePath {
  return names.reduce(childPath, path);
}
