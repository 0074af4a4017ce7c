import { type Item, notFound } from '../drive-reader.ts';
import { eTag } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { readFacets } from '../facets.ts';
import { GraphFault } from '../graph-error.ts';
import { mimeTypeOf } from '../mime-types.ts';
import { checkPreAuthenticated } from '../pre-authenticated.ts';

/** `GET` of a `@microsoft.graph.downloadUrl`: bytes, whole or one range, without credentials. */
export function download(exchange: Exchange): Reply {
  const { library, item: id } = checkPreAuthenticated(exchange, 'download');
  const item = library.drive.store.byGuid(library.drive.key, id);
  if (item?.kind !== 'file') {
    throw notFound();
  }
  if (readFacets(item.facets).malware !== undefined) {
    const headers = { 'x-virus-infected': 'true' };
    throw new GraphFault('accessDenied', 'The file is infected.', { innerCode: 'malwareDetected', headers });
  }
  const blob = { name: item.blob!, size: item.size };
  const tag = tagOf(exchange, item);
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': 'private',
    'content-type': mimeTypeOf(item.name),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}`,
    ...(tag === undefined ? {} : { etag: tag }),
    'last-modified': new Date(item.modified).toUTCString(),
  };
  const range = isRangeWanted(exchange, item) ? parseRange(exchange.request.headers.range, blob.size) : undefined;
  if (range === 'unsatisfiable') {
    throw new GraphFault('invalidRange', 'The range is not satisfiable.', {
      headers: { 'content-range': `bytes */${blob.size}` },
    });
  }
  if (range === undefined) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(blob.size) },
      stream: exchange.world.blobs.read(blob),
    };
  }
  const { start, end } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${blob.size}`,
    },
    stream: exchange.world.blobs.read(blob, start, end),
  };
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

/** RFC 9110 §13.1.5: a range counts only if If-Range, where there is one, names the version that is there. */
function isRangeWanted(exchange: Exchange, item: Item): boolean {
  const { contentHostIgnores } = exchange.world.settings;
  const ifRange = exchange.request.headers['if-range'];
  return (
    contentHostIgnores !== 'range' &&
    (typeof ifRange !== 'string' || contentHostIgnores === 'if-range' || isSameVersion(ifRange, exchange, item))
  );
}

/** Tags are compared strongly (§8.8.3.2); a date must be the very one, and old enough that it can stand for one version (§8.8.2.2). */
function isSameVersion(ifRange: string, exchange: Exchange, item: Item): boolean {
  const seconds = Math.floor(item.modified / 1000) * 1000;
  return ifRange.endsWith('"')
    ? !ifRange.startsWith('W/') && ifRange === tagOf(exchange, item)
    : Date.parse(ifRange) === seconds && seconds + 1000 <= now(exchange);
}

/** One range of RFC 9110 §14.1.2; what is malformed or more than one is ignored. */
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
