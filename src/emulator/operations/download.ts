import type { DriveState } from '../drive.ts';
import { type Item, notFound } from '../drive-reader.ts';
import { eTag } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { readFacets } from '../facets.ts';
import { GraphFault } from '../graph-error.ts';
import { mimeTypeOf } from '../mime-types.ts';
import { checkPreAuthenticated } from '../pre-authenticated.ts';
import { findVersion } from '../versions.ts';

interface Content {
  readonly blob: { readonly name: string; readonly size: number };
  readonly modified: number;
  /** Undefined where the host sends none. */
  readonly tag: string | undefined;
}

/** `GET` of a `@microsoft.graph.downloadUrl`: bytes, whole or one range, without credentials. */
export function download(exchange: Exchange): Reply {
  const { library, item: id, version } = checkPreAuthenticated(exchange, 'download');
  const item = library.drive.store.byGuid(library.drive.key, id);
  if (item?.kind !== 'file') {
    throw notFound();
  }
  if (readFacets(item.facets).malware !== undefined) {
    const headers = { 'x-virus-infected': 'true' };
    throw new GraphFault('accessDenied', 'The file is infected.', { innerCode: 'malwareDetected', headers });
  }
  const content = version === undefined ? currentContent(exchange, item) : oldContent(library.drive, item, version);
  const { blob, tag } = content;
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': 'private',
    'content-type': mimeTypeOf(item.name),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}`,
    ...(tag === undefined ? {} : { etag: tag }),
    'last-modified': new Date(content.modified).toUTCString(),
  };
  const range = isRangeWanted(exchange, content) ? parseRange(exchange.request.headers.range, blob.size) : undefined;
  if (range === 'unsatisfiable') {
    throw new GraphFault('invalidRange', 'The range is not satisfiable.', {
      headers: { 'content-range': `bytes */${blob.size}` },
    });
  }
  const { start, end } = range ?? { start: 0, end: blob.size - 1 };
  const isHead = exchange.request.method === 'HEAD';
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${blob.size}` }),
    },
    ...(isHead ? {} : { stream: exchange.world.blobs.read(blob, start, end) }),
  };
}

function currentContent(exchange: Exchange, item: Item): Content {
  const { blob, size, modified } = item;
  return { blob: { name: blob!, size }, modified, tag: tagOf(exchange, item) };
}

function oldContent(drive: DriveState, item: Item, number: number): Content {
  const { blob, size, modified } = findVersion(drive, item, `${number}.0`);
  return { blob: { name: blob, size }, modified, tag: `"{${item.guid.toUpperCase()}},${number}.0"` };
}

function tagOf({ world }: Exchange, item: Item): string | undefined {
  const tag = eTag(item);
  switch (world.settings.contentHostTag) {
    case 'item':
      return tag;
    case 'none':
      return undefined;
    case 'weak':
      return `W/${tag.toLowerCase()}`;
    case 'unquoted':
      return tag.slice(1, -1);
    case 'other':
      return `"${item.guid}:${item.ctagVersion}"`;
  }
}

/** Tells whether to honour a range: If-Range, if sent, must name the current version (RFC 9110 §13.1.5). */
function isRangeWanted(exchange: Exchange, content: Content): boolean {
  const { contentHostIgnores } = exchange.world.settings;
  const ifRange = exchange.request.headers['if-range'];
  return (
    contentHostIgnores !== 'range' &&
    (typeof ifRange !== 'string' || contentHostIgnores === 'if-range' || isSameVersion(ifRange, exchange, content))
  );
}

/**
 * Compares tags strongly (§8.8.3.2); a date must match exactly, and be old enough to identify one version (§8.8.2.2).
 */
function isSameVersion(ifRange: string, exchange: Exchange, { modified, tag }: Content): boolean {
  const seconds = Math.floor(modified / 1000) * 1000;
  return ifRange.endsWith('"')
    ? !ifRange.startsWith('W/') && ifRange === tag
    : Date.parse(ifRange) === seconds && seconds + 1000 <= now(exchange);
}

/** Parses one range of RFC 9110 §14.1.2; ignores malformed and multiple ranges. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) {
    return undefined;
  }
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
