import { createHash } from 'node:crypto';
import { expect } from 'vitest';

/**
 * Asserts that two contents are the same. `toEqual` walks through a Buffer byte by byte, which takes seconds for each
 * ten MiB and longer than a test may last on a busy machine; and its report of a difference is of no use.
 */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) {
    expect(look(actual)).toEqual(look(expected));
  }
}

function look(bytes: Uint8Array): { length: number; sha256: string } {
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
