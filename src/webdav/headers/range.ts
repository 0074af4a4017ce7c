import type { ByteRange } from '../../drive/drive.ts';

/**
 * The one requested range (RFC 9110 §14.2), clamped to `size`. Undefined when a server may ignore the header: it is
 * absent, has other units, makes no sense, or asks for several ranges (the answer is then the whole file). Also
 * undefined for an empty file: clients that put `bytes=0-` on every GET expect a 200 (Go, Apache httpd).
 */
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
