import { expect, it } from 'vitest';
import { QuickXorHash } from '../../src/emulator/quick-xor-hash.ts';
import { quickXorHash } from '../support/quick-xor-hash.ts';
import { sampleBytes } from '../support/sample-tree.ts';

/** From rclone's test vectors, as the reference lists them. */
it.each([
  ['', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
  ['a', 'YQAAAAAAAAAAAAAAAQAAAAAAAAA='],
  ['hello', 'aCgDG9jwBgAAAAAABQAAAAAAAAA='],
  ['hello world', 'aCgDG9jwBhDc4Q1yawMZAAAAAAA='],
  [Buffer.from(Array.from({ length: 256 }, (_, index) => index)), 'QkGEfSisZcA7k+FCh71r2dbCayY='],
  [Buffer.alloc(1000), 'AAAAAAAAAAAAAAAA6AMAAAAAAAA='],
])('QuickXorHash of %j is %s, whole and in pieces', (content, hash) => {
  const bytes = Buffer.from(content as string);
  expect(new QuickXorHash().update(bytes).digest()).toBe(hash);
  const pieces = new QuickXorHash();
  for (let start = 0; start < bytes.length; start += 7) {
    pieces.update(bytes.subarray(start, start + 7));
  }
  expect(new QuickXorHash(pieces.state()).digest()).toBe(hash);
});

it.each([1, 4, 12, 64, 160, 164, 1000])(
  'QuickXorHash is the same in pieces of %i bytes, wherever they are in memory',
  size => {
    const bytes = Buffer.concat([...sampleBytes(3000, 'pieces')]);
    for (const offset of [0, 1, 2, 4]) {
      const moved = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
      const pieces = new QuickXorHash();
      for (let start = 0; start < moved.length; start += size) {
        pieces.update(moved.subarray(start, start + size));
      }
      expect(pieces.digest()).toBe(quickXorHash(bytes));
    }
  },
);
