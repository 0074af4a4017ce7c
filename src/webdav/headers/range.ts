import type { ByteRange } from '../../drive/drive.ts';

/**
 * RFC 9110 §14.2: the one range that is asked for, clamped to `size`. Undefined for what a server may ignore: no header, other units,
 * nonsense, and several ranges at once, which are answered with the whole file.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '');
  if (match === null) {
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

/** The first byte of a range that lies outside; 0 for the last bytes of a file that seems to have none. */
export function firstByteOf(header: string | undefined): number {
  return Number(/^\s*bytes\s*=\s*(\d*)/i.exec(header ?? '')?.[1] ?? 0);
}

function suffixRange(length: number, size: number): ByteRange | 'unsatisfiable' {
  return length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 };
}
