import type { ByteRange } from '../../drive/drive.ts';

/** More ranges than any player or PDF viewer asks for at once; many small ones can be an attack (RFC 9110 §14.2). */
const MAX_RANGES = 16;

/**
 * The requested ranges (RFC 9110 §14.2), clamped to `size`, without those beyond it; none: the answer is 416. Ranges
 * that overlap or touch each other become one. Undefined when a server may ignore the header: it is absent, has other
 * units, makes no sense, or asks for too many ranges (the answer is then the whole file). Also undefined for an empty
 * file: clients that put `bytes=0-` on every GET expect a 200 (Go, Apache httpd).
 */
export function parseRanges(header: string | undefined, size: number): readonly ByteRange[] | undefined {
  const [, list] = /^\s*bytes\s*=(.*)$/i.exec(header ?? '') ?? [];
  // RFC 9110 §5.6.1.2: empty members of a list count for nothing.
  const members = (list ?? '').split(',').filter(member => member.trim() !== '');
  const ranges = members.map(member => parseRange(`bytes=${member}`, size));
  if (ranges.length === 0 || ranges.includes(undefined)) {
    return undefined;
  }
  const merged = merge(ranges.filter(range => typeof range === 'object'));
  return merged.length > MAX_RANGES ? undefined : merged;
}

/** Joins ranges that overlap or touch; keeps the client's order, each joined one at its first part's place. */
function merge(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const merged: ByteRange[] = [];
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end + 1) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else {
      merged.push(range);
    }
  }
  const placeOf = ({ start, end }: ByteRange) => ranges.findIndex(asked => asked.start >= start && asked.end <= end);
  return merged.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/** One range; undefined where the header has none that makes sense, or several. */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '');
  if (match === null || size === 0) {
    return undefined;
  }
  const [, first = '', last = ''] = match;
  if (first === '') {
    return last === '' ? undefined : suffixRange(Number(last), size);
  }
  if (last !== '' && Number(last) < Number(first)) {
    return undefined;
  }
  const start = Number(first);
  return start >= size ? 'unsatisfiable' : { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** The first byte of a range beyond the end of the file. 0 for a suffix range of a file that seems to be empty. */
export function firstByteOf(header: string | undefined): number {
  return Number(/^\s*bytes\s*=\s*(\d*)/i.exec(header ?? '')?.[1] ?? 0);
}

function suffixRange(length: number, size: number): ByteRange | 'unsatisfiable' {
  return length === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 };
}
