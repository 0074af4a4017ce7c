import { describe, expect, it } from 'vitest';
import { parseByteSize } from '../../src/lib/byte-size.ts';

describe('parseByteSize', () => {
  it.each<[string | number, number]>([
    ['10 MiB', 10 * 1024 ** 2],
    ['10mib', 10 * 1024 ** 2],
    ['1.5 GB', 1_500_000_000],
    ['250 GiB', 250 * 1024 ** 3],
    ['7', 7],
    [7, 7],
    [0, 0],
  ])('reads %j as %d', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '-1', '1 XB', '1e3', '1,5 MB', '9999999 TiB', Number.NaN, -1, '1 constructor'])(
    'refuses %j',
    text => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );
});
