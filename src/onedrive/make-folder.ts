import { DriveError } from '../drive/errors.ts';
import { baseName, formatPath } from '../drive/path.ts';
import type { Graph } from '../graph/graph.ts';
import { createFolder } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { refuseUnwritable } from './expectations.ts';
import { fromChangeError } from './from-graph-error.ts';
import type { MetadataCache } from './metadata-cache.ts';
import type { OpenDrive } from './open-drive.ts';
import type { Resolver } from './resolve.ts';
import type { BothPaths } from './write-target.ts';

export interface FolderParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly cache: MetadataCache;
}

/** Creates a folder, and remembers it. Throws as `Drive.makeFolder`. */
export async function makeFolderAt(
  { graph, open, resolver, cache }: FolderParts,
  { path, full }: BothPaths,
  signal: AbortSignal,
): Promise<DriveItem> {
  if (path.length === 0) {
    throw new DriveError('exists', 'cannot create the root: it exists');
  }
  refuseUnwritable(path, full);
  const parent = await resolver.parent(full, signal);
  const known = cache.peek(full, signal);
  if (known) {
    throw new DriveError('exists', `cannot create ${formatPath(path)}: the name is taken`);
  }
  const place = { driveId: await open.id(signal), id: parent.id };
  const folder = { name: baseName(path), wasFree: known === null };
  const { item, isEmpty } = await createFolder(graph.call, place, folder, signal).catch((error: unknown) => {
    cache.forgetTree(full);
    throw fromChangeError(error);
  });
  cache[isEmpty ? 'putEmptyFolder' : 'put'](full, item);
  return item;
}
