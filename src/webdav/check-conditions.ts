import { readSyncToken } from '../drive/changes.ts';
import type { CallOptions, Drive, LookOptions } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { isDriveError } from '../drive/errors.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { tokensFromBelow } from './client-quirks.ts';
import { DavError } from './errors.ts';
import { parseHeaderUrl } from './headers/destination.ts';
import type { IfList } from './headers/if.ts';
import { locksAt } from './locks/locks-at.ts';
import { type Conditions, evaluate, holds, type ResourceState } from './preconditions.ts';
import { belowPrefix, type DavRequest, ourHosts, type RequestPart } from './request.ts';

/** The number of entity tags and sync tokens that an If header may ask for. Each of them may cost a call. */
const MAX_TAGGED = 16;

/** The entry at `path`, or null when it is proven absent. Rethrows every other failure. */
export async function statOrNull(drive: Drive, path: DrivePath, options: LookOptions): Promise<Entry | null> {
  try {
    return await drive.stat(path, options);
  } catch (error) {
    if (isDriveError(error, 'not-found')) {
      return null;
    }
    throw error;
  }
}

/** True when the request comes with any condition. Without one there is no need to look up the entry. */
export function hasConditions(conditions: Conditions): boolean {
  return Object.values(conditions).some(condition => condition !== undefined);
}

/** `go` when the conditions hold; `304` when the client's copy is still good (reads only). Throws 412. */
export async function checkConditions(request: DavRequest, entry: Entry | null, isRead = false): Promise<'go' | 304> {
  const result = evaluate(request.conditions, entry, isRead);
  if (result === 412) {
    throw new DavError(412, 'the entry does not meet the conditions of the request');
  }
  const lists = request.conditions.ifLists;
  refuseTooMany(lists ?? []);
  if (lists !== undefined && !(await someListHolds(request, lists, entry))) {
    throw new DavError(412, 'no list of the If header holds');
  }
  return result;
}

function refuseTooMany(lists: readonly IfList[]): void {
  const asked = new Set(lists.filter(hasTag).map(({ resource }) => resource));
  const syncTokens = new Set(lists.flatMap(syncTokensOf));
  if (asked.size + syncTokens.size > MAX_TAGGED) {
    throw new DavError(
      400,
      `the If header asks for the entity tags or sync tokens of more than ${MAX_TAGGED} resources`,
    );
  }
}

function hasTag({ conditions }: IfList): boolean {
  return conditions.some(({ kind }) => kind === 'etag');
}

/** The tokens of synchronised folders in the list (RFC 6578 §5). */
function syncTokensOf({ conditions }: IfList): string[] {
  return conditions.flatMap(({ kind, value }) =>
    kind === 'token' && readSyncToken(value) !== undefined ? [value] : [],
  );
}

async function someListHolds(request: DavRequest, lists: readonly IfList[], entry: Entry | null): Promise<boolean> {
  for (const list of lists) {
    const state =
      list.resource === undefined
        ? await ownState(request, list, entry)
        : await taggedState(request, list, list.resource);
    if (state !== undefined && holds(list, state)) {
      return true;
    }
  }
  return false;
}

async function ownState(request: DavRequest, list: IfList, entry: Entry | null): Promise<ResourceState> {
  const { etag, tokens } = await stateOf(request, list, { path: request.path, entry });
  return { etag, tokens: [...tokens, ...(await tokensFromBelow(request))] };
}

async function stateOf(
  request: RequestPart<'drive' | 'signal', 'locks' | 'clock'>,
  list: IfList,
  { path, entry }: { path: DrivePath; entry: Entry | null },
): Promise<ResourceState> {
  const locks = await locksAt(request, path);
  const tokens = [...locks.map(({ token }) => token), ...(await currentSyncTokens(request, list, path))];
  return { etag: entry?.etag, tokens };
}

/** Those of the list's sync tokens that stand for the folder at `path` as it is now. */
async function currentSyncTokens(
  { drive, signal }: RequestPart<'drive' | 'signal', never>,
  list: IfList,
  path: DrivePath,
): Promise<string[]> {
  const current: string[] = [];
  for (const like of syncTokensOf(list)) {
    const now = await drive.syncToken(path, { like, signal }).catch((error: unknown) => {
      if (isDriveError(error, 'not-found', 'is-file')) {
        return undefined;
      }
      throw error;
    });
    current.push(...(now === like ? [like] : []));
  }
  return current;
}

/**
 * The state of the resource that a tagged list is about (RFC 4918 §10.4.1). Undefined for a resource on another server:
 * no list about it holds, not even one with `Not`, because we cannot know its state. Throws 400 for a URL that cannot
 * be read.
 */
async function taggedState(request: DavRequest, list: IfList, resource: string): Promise<ResourceState | undefined> {
  const names = namesHere(request, resource);
  if (names === undefined) {
    return undefined;
  }
  const path = toDrivePath(belowPrefix(request.prefix, names));
  const { drive, signal } = request;
  await prepareIfThere(drive, path, { signal });
  return stateOf(request, list, { path, entry: hasTag(list) ? await statOrNull(drive, path, { signal }) : null });
}

/**
 * The place of a path's locks is known only once its drive is prepared. Where there is no drive, there are no locks.
 */
async function prepareIfThere(drive: Drive, path: DrivePath, { signal }: CallOptions): Promise<void> {
  try {
    await drive.prepare(path, { signal });
  } catch (error) {
    if (!isDriveError(error, 'not-found')) {
      throw error;
    }
  }
}

function namesHere(
  { raw, hosts, services }: RequestPart<'raw' | 'hosts', 'publicHosts'>,
  resource: string,
): string[] | undefined {
  try {
    return parseHeaderUrl(resource, ourHosts(raw, services.publicHosts, hosts), 'a URL in the If header');
  } catch (error) {
    if (error instanceof DavError && error.status === 502) {
      return undefined;
    }
    throw error;
  }
}
