import type { ByteRange } from '../drive/drive.ts';
import { mayBeRewritten } from '../drive/rewritten.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { isSameTag } from './content-host.ts';

/** The part of a file in an answer of a content host. */
export interface ContentPart {
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole file. */
  readonly total: number;
}

/**
 * How an answer compares with an item: it holds the item's bytes; bytes under another kind of tag, where only a second
 * look at the item can tell the version; or something else, such as another version or a proxy's page.
 */
export type Verdict = { readonly kind: 'same' | 'foreign'; readonly part: ContentPart } | { readonly kind: 'other' };

const OTHER: Verdict = { kind: 'other' };

/**
 * Returns true when the size that Graph reports may be wrong: SharePoint reports 170 bytes for a 10 MB `.one`, and 0
 * for others (onedrive-api-docs 926, 1053).
 */
export function hasDoubtfulSize({ name, size, quickXorHash }: DriveItem): boolean {
  return size === undefined || quickXorHash === undefined || mayBeRewritten(name);
}

/**
 * Compares an answer with the requested item: coding, range, size, tag. `hostTells`: this host has recently sent
 * Graph's tags, so an answer with another tag, or none, does not come from it.
 */
export function judge(
  item: DriveItem,
  answer: HttpAnswer,
  { range, hostTells }: { range: ByteRange | undefined; hostTells: boolean },
): Verdict {
  const { etag } = answer.headers;
  const isTagged = etag !== undefined && item.eTag !== '' && isSameTag(etag, item.eTag);
  const part = readPart(answer, range, item.size);
  if (part === undefined || (!isTagged && hostTells && item.eTag !== '')) {
    return OTHER;
  }
  const isRight = isTagged
    ? part.total === item.size || hasDoubtfulSize(item)
    : (item.size === undefined || part.total === item.size) && !isForeignPage(item, answer);
  if (!isRight) {
    return OTHER;
  }
  return { kind: isTagged || etag === undefined || item.eTag === '' ? 'same' : 'foreign', part };
}

/**
 * Returns the part of the file that an answer claims to hold; undefined when that is not the requested part, is
 * encoded, or is not stated.
 */
function readPart(
  { status, headers }: HttpAnswer,
  range: ByteRange | undefined,
  expected: number | undefined,
): ContentPart | undefined {
  if (!/^(identity)?$/i.test(headers['content-encoding']?.trim() ?? '')) {
    return undefined;
  }
  const length = readNumber(headers['content-length']);
  if (status === 200) {
    const total = headers['content-length'] === undefined ? expected : length;
    const isInside = total !== undefined && (range === undefined || range.end < total);
    return isInside ? { start: range?.start ?? 0, end: range?.end ?? total - 1, total } : undefined;
  }
  const [start, end, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [])
    .slice(1)
    .map(Number);
  const isAsked = range !== undefined && start === range.start && end === range.end;
  if (!isAsked || total === undefined || end >= total || (length ?? end - start + 1) !== end - start + 1) {
    return undefined;
  }
  return { start, end, total };
}

function readNumber(text: string | undefined): number | undefined {
  const number = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/**
 * Returns true for a proxy's page: it has no tag of Microsoft's and declares itself as HTML (onedrive-api-docs 1195).
 */
function isForeignPage({ mimeType = '', name }: DriveItem, { headers }: HttpAnswer): boolean {
  const isPage = /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(headers['content-type'] ?? '');
  return isPage && !/html/i.test(mimeType) && !/\.(x?html?|aspx|mht(ml)?)$/i.test(name);
}
