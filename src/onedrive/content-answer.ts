import type { ByteRange } from '../drive/drive.ts';
import { mayBeRewritten } from '../drive/rewritten.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import { isSameTag } from './content-host.ts';

/** What an answer of a content host holds of a file. */
export interface ContentPart {
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole file. */
  readonly total: number;
}

/**
 * What an answer is, beside an item: its bytes; bytes under a tag of another kind, of which only a second look at the
 * item can tell the version; or something else, be it another version or the page of somebody in between.
 */
export type Verdict = { readonly kind: 'same' | 'foreign'; readonly part: ContentPart } | { readonly kind: 'other' };

const OTHER: Verdict = { kind: 'other' };

/**
 * Whether the size that Graph reports may be untrue: SharePoint tells 170 bytes of a 10 MB `.one`, and 0 of others
 * (onedrive-api-docs 926, 1053).
 */
export function hasDoubtfulSize({ name, size, quickXorHash }: DriveItem): boolean {
  return size === undefined || quickXorHash === undefined || mayBeRewritten(name);
}

/**
 * Compares an answer with the item that it is to be the bytes of: coding, range, size, tag. `hostTells`: this host
 * has lately given tags that are Graph's, so that an answer with another one, or none, is not its own.
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
 * The part of the file that an answer says it is; undefined when it is not what was asked for, or coded, or does not
 * say.
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

/** The page of somebody in between has no tag of Microsoft's, and says what it is (onedrive-api-docs 1195). */
function isForeignPage({ mimeType = '', name }: DriveItem, { headers }: HttpAnswer): boolean {
  const isPage = /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(headers['content-type'] ?? '');
  return isPage && !/html/i.test(mimeType) && !/\.(x?html?|aspx|mht(ml)?)$/i.test(name);
}
