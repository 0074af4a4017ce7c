import { expect, it } from 'vitest';
import { QuickXorHash } from '../../src/emulator/quick-xor-hash.ts';

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
