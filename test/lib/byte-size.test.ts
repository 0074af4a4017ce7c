import { describe, expect, it } from 'vitest';
import { formatBytes, parseByteSize } from '../../src/lib/byte-size.ts';

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

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [10_189, '10 KiB'],
  [1_048_064, '1.0 MiB'],
  [1_610_612_736, '1.5 GiB'],
  [5 * 1024 ** 5, '5.0 PiB'],
  [5000 * 1024 ** 5, '5000 PiB'],
])('formatBytes shows %i bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
