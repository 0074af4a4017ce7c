import type { Entry } from '../drive/entry.ts';
import { isDriveError } from '../drive/errors.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { DavError } from './errors.ts';
import { parseDestination } from './headers/destination.ts';
import type { IfList } from './headers/if.ts';
import { evaluate, holds } from './preconditions.ts';
import { type DavRequest, ourHosts } from './request.ts';

/** The entry at `path`, or null when it is proven absent. Every other failure stays one. */
export async function statOrNull({ drive, signal }: DavRequest, path: DrivePath): Promise<Entry | null> {
  try {
    return await drive.stat(path, { signal });
  } catch (error) {
    if (isDriveError(error, 'not-found')) {
      return null;
    }
    throw error;
  }
}

/** True when the request comes with any condition; without one there is nothing to look up. */
export function hasConditions({ conditions }: DavRequest): boolean {
  return Object.values(conditions).some(condition => condition !== undefined);
}

/** Goes on, or says that the client's copy is still good (`304`, reads only). Throws 412. */
export async function checkConditions(request: DavRequest, entry: Entry | null, isRead = false): Promise<'go' | 304> {
  const result = evaluate(request.conditions, entry, isRead);
  if (result === 412) {
    throw new DavError(412, 'the entry is not what the request says that it must be');
  }
  const lists = request.conditions.ifLists;
  if (lists !== undefined && !(await someListHolds(request, lists, entry))) {
    throw new DavError(412, 'no list of the If header holds');
  }
  return result;
}

async function someListHolds(request: DavRequest, lists: readonly IfList[], entry: Entry | null): Promise<boolean> {
  for (const list of lists) {
    const target = list.resource === undefined ? entry : await taggedEntry(request, list.resource);
    if (holds(list, target?.etag)) {
      return true;
    }
  }
  return false;
}

/** RFC 4918 §10.4.1: a tagged list is about another resource; one on another server has no state here. */
async function taggedEntry(request: DavRequest, resource: string): Promise<Entry | null> {
  try {
    return await statOrNull(request, toDrivePath(parseDestination(resource, ourHosts(request))));
  } catch (error) {
    if (error instanceof DavError) {
      return null;
    }
    throw error;
  }
}
