import type { Change, Changes } from '../../drive/changes.ts';
import type { Entry, Quota } from '../../drive/entry.ts';
import { type DrivePath, joinPaths, toDrivePath } from '../../drive/path.ts';
import { escapeXml } from '../xml/xml-writer.ts';
import { type Asked, compileResponse } from './multistatus.ts';
import type { SourcesOf } from './property-source.ts';

/** Changes whose state is looked up together. */
const LOOKUP_BATCH = 100;

/** What is to be known of each member that is there. */
export interface SyncParts {
  readonly folder: DrivePath;
  /** The URL of a member by its names below the folder, or of the folder itself. */
  readonly hrefOf: (names: readonly string[], kind: Entry['kind']) => string;
  readonly asked: Asked;
  readonly sourcesOf: SourcesOf;
  readonly quota: Quota | undefined;
}

type Present = Extract<Change, { state: 'present' }>;

/**
 * Renders the answer to `sync-collection` (RFC 6578 §3.3 to §3.6), a piece for each batch: members with their
 * properties, those that have gone with 404, a folder that is not part of the drive with 403, and 507 for the folder
 * itself when there is more.
 */
export async function* renderSyncMultistatus(
  { changes, token, isComplete }: Extract<Changes, { kind: 'changes' }>,
  parts: SyncParts,
): AsyncGenerator<string> {
  let head = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">';
  for (let start = 0; start < changes.length; start += LOOKUP_BATCH) {
    yield head + (await renderBatch(changes.slice(start, start + LOOKUP_BATCH), parts));
    head = '';
  }
  const self = parts.hrefOf([], 'folder');
  const more = isComplete ? '' : withStatus(self, '507 Insufficient Storage', 'number-of-matches-within-limits');
  yield `${head}${more}<D:sync-token>${escapeXml(token)}</D:sync-token></D:multistatus>\n`;
}

async function renderBatch(
  changes: readonly Change[],
  { folder, hrefOf, asked, sourcesOf, quota }: SyncParts,
): Promise<string> {
  const present = changes.filter((change): change is Present => change.state === 'present');
  const placed = present.map(({ names, entry }) => ({
    path: joinPaths(folder, toDrivePath(names)),
    entry,
    quota,
  }));
  const sources = await sourcesOf(placed);
  const renderResponse = compileResponse(asked);
  let next = 0;
  const render = (change: Change): string => {
    switch (change.state) {
      case 'present': {
        const source = sources[next]!;
        next += 1;
        return renderResponse({ href: hrefOf(change.names, change.entry.kind), source });
      }
      case 'removed':
        return withStatus(hrefOf(change.names, change.kind), '404 Not Found');
      case 'elsewhere':
        return withStatus(hrefOf(change.names, 'folder'), '403 Forbidden', 'sync-traversal-supported');
    }
  };
  return changes.map(render).join('');
}

function withStatus(href: string, status: string, condition?: string): string {
  const error = condition === undefined ? '' : `<D:error><D:${condition}/></D:error>`;
  return `<D:response><D:href>${escapeXml(href)}</D:href><D:status>HTTP/1.1 ${status}</D:status>${error}</D:response>`;
}
