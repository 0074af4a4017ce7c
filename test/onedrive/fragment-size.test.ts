import { describe, expect, it } from 'vitest';
import { FragmentSize } from '../../src/onedrive/fragment-size.ts';

const MIB = 1024 ** 2;
const UNIT = 320 * 1024;

describe('the size of a fragment', () => {
  it.each([
    ['of the default memory is 10 MiB', 128 * MIB, 10 * MIB],
    ['of the least memory is whole units', 8 * MIB, 2 * UNIT],
    ['of plenty of memory stays below 60 MiB', 64 * 1024 * MIB, 191 * UNIT],
    ['is one unit at least', 1, UNIT],
  ])('%s', (_, maxBufferBytes, expected) => {
    expect(new FragmentSize(maxBufferBytes).bytes).toBe(expected);
  });

  it('follows the line, in whole units and within its bounds', () => {
    const size = new FragmentSize(128 * MIB);
    // 1 Mbit/s: four seconds are 500 kB.
    size.accepted(10 * MIB, 10 * MIB * 0.008);
    expect(size.bytes).toBe(UNIT);
    // It grows again with the line, and no measure of no time is believed to be more than the memory allows.
    for (let fragment = 0; fragment < 20; fragment += 1) {
      size.accepted(UNIT, UNIT / 1000);
    }
    expect([size.bytes % UNIT, size.bytes > 3 * MIB, size.bytes < 4 * MIB]).toEqual([0, true, true]);
    size.accepted(UNIT, 0);
    expect(size.bytes).toBe(10 * MIB);
  });

  it('is halved by each loss, also before anything was measured, down to one unit', () => {
    const size = new FragmentSize(128 * MIB);
    size.lost();
    expect(size.bytes).toBe(5 * MIB);
    for (let loss = 0; loss < 10; loss += 1) {
      size.lost();
    }
    expect(size.bytes).toBe(UNIT);
  });
});
