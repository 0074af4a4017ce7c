import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import { readDate } from './normalize.ts';
import { readPages } from './pages.ts';
import { identityName, type WireVersion } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** A version of a file's content. */
export interface ItemVersion {
  readonly id: string;
  readonly modified: Date;
  readonly modifiedBy: string | undefined;
  readonly size: number | undefined;
}

/** SharePoint keeps 500 versions unless an administrator allows more; an endless list is an error. */
const MAX_PAGES = 500;

/** Returns the versions of a file, the current one first (Graph docs, "List versions of a driveItem"). */
export async function listVersions(call: CallGraph, place: ItemPlace, signal: AbortSignal): Promise<ItemVersion[]> {
  const versions: ItemVersion[] = [];
  const known: CallGraph = request => call({ ...request, isKnown: true });
  const first = itemPath(place, 'versions');
  for await (const page of readPages<WireVersion>(known, first, { what: 'versions', maxPages: MAX_PAGES, signal })) {
    versions.push(...page.map(toVersion));
  }
  return versions;
}

/**
 * Returns the pre-authenticated URL of an old version's bytes (Graph docs, "Download contents of a DriveItemVersion
 * resource"). Graph refuses the current one.
 */
export async function versionUrl(
  call: CallGraph,
  place: ItemPlace,
  versionId: string,
  signal: AbortSignal,
): Promise<string> {
  const path = itemPath(place, `versions/${encodeURIComponent(versionId)}/content`);
  const { headers } = await call({ method: 'GET', path, redirects: true, isKnown: true, signal });
  const url = headers.get('location');
  if (url === null) {
    throw new GraphError('protocol', 'Graph redirected to a version without saying where');
  }
  return url;
}

/**
 * Makes an old version the current one (Graph docs, "Restore a previous version of a DriveItem"). Twice would make one
 * version more, so a lost answer is not repeated.
 */
export async function restoreVersion(
  call: CallGraph,
  place: ItemPlace,
  versionId: string,
  signal: AbortSignal,
): Promise<void> {
  const path = itemPath(place, `versions/${encodeURIComponent(versionId)}/restoreVersion`);
  await call({ method: 'POST', path, success: [204], isKnown: true, signal });
}

function toVersion({ id, lastModifiedDateTime, lastModifiedBy, size }: WireVersion): ItemVersion {
  if (typeof id !== 'string') {
    throw new GraphError('protocol', 'Graph returned a version without an id');
  }
  const isPossible = Number.isSafeInteger(size) && size! >= 0;
  return {
    id,
    modified: readDate(lastModifiedDateTime),
    modifiedBy: identityName(lastModifiedBy),
    size: isPossible ? size : undefined,
  };
}
