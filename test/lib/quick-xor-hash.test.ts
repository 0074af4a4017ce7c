import { describe, expect, it } from 'vitest';
import { EMPTY_QUICK_XOR_HASH, QuickXorHash } from '../../src/lib/quick-xor-hash.ts';

const hashOf = (bytes: Uint8Array) => new QuickXorHash().update(bytes).digest();

describe('QuickXorHash', () => {
  it.each([
    ['nothing', Buffer.from(''), 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ['a', Buffer.from('a'), 'YQAAAAAAAAAAAAAAAQAAAAAAAAA='],
    ['hello', Buffer.from('hello'), 'aCgDG9jwBgAAAAAABQAAAAAAAAA='],
    ['hello world', Buffer.from('hello world'), 'aCgDG9jwBhDc4Q1yawMZAAAAAAA='],
    ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), 'QkGEfSisZcA7k+FCh71r2dbCayY='],
    ['a thousand zeros', Buffer.alloc(1000), 'AAAAAAAAAAAAAAAA6AMAAAAAAAA='],
  ])('of %s is what rclone has for it', (_, bytes, expected) => {
    expect(hashOf(bytes)).toBe(expected);
  });

  it('does not depend on how the bytes are cut', () => {
    const bytes = Buffer.from(Array.from({ length: 1001 }, (_, index) => (index * 37) % 251));
    for (const size of [1, 7, 159, 160, 161, 1000]) {
      const hash = new QuickXorHash();
      for (let start = 0; start < bytes.length; start += size) {
        hash.update(bytes.subarray(start, start + size));
      }
      expect([hash.digest(), hash.length]).toEqual([hashOf(bytes), bytes.length]);
    }
  });

  it('does not depend on where the bytes lie in memory', () => {
    const bytes = Buffer.from(Array.from({ length: 1001 }, (_, index) => (index * 37) % 251));
    for (const offset of [0, 1, 2, 3, 4]) {
      const moved = new Uint8Array(new ArrayBuffer(bytes.length + offset), offset);
      moved.set(bytes);
      expect(hashOf(moved)).toBe(hashOf(bytes));
    }
  });

  it('of nothing is known by name', () => {
    expect(EMPTY_QUICK_XOR_HASH).toBe(hashOf(Buffer.alloc(0)));
  });
});
