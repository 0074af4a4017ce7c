import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Names that have broken clients, servers or both. */
export const ODD_NAMES: readonly string[] = [
  'with spaces and  two',
  'hash #1.txt',
  'percent 100%25.txt',
  'plus+plus&and.txt',
  "quote's;semi,colon=.txt",
  'brackets [x] {y} (z)~!@$^`.txt',
  'emoji 🎉 and 👩‍👩‍👧.txt',
  'composed é ü.txt',
  'decomposed e\u0301 u\u0308.txt',
  'CJK 漢字 かな.txt',
  '.leading dot',
  `${'n'.repeat(196)}.txt`,
];

/** Around the bounds of the small-upload limit, the fragment unit (320 KiB) and the fragment size. */
const SIZES = [0, 1, 1023, 64 * KIB, 320 * KIB, 320 * KIB + 1, 4 * MIB, 4 * MIB + 1, 10 * MIB, 10 * MIB + 1];

/**
 * Writes `count` files with odd names and sizes from 0 to `largestBytes` below `folder`: the same bytes each time.
 * Returns how many bytes that was.
 */
export async function writeSampleTree(
  folder: string,
  options: { count: number; largestBytes: number },
): Promise<number> {
  const sizes = SIZES.filter(size => size <= options.largestBytes);
  let total = 0;
  for (let index = 0; index < options.count; index += 1) {
    const size =
      index === 0 ? options.largestBytes : index <= sizes.length ? sizes[index - 1]! : (index * 7919) % (48 * KIB);
    await writeSampleFile(join(folder, sampleName(index)), size, String(index));
    total += size;
  }
  return total;
}

function sampleName(index: number): string {
  const odd = ODD_NAMES[index % ODD_NAMES.length]!;
  return join(`folder ${index % 7}`, `sub #${index % 3} & co`, `${Math.floor(index / ODD_NAMES.length)}`, odd);
}

/** Writes `size` bytes that depend on `seed` only and do not repeat within a mebibyte. */
export async function writeSampleFile(file: string, size: number, seed: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await pipeline(Readable.from(sampleBytes(size, seed)), createWriteStream(file));
}

export function* sampleBytes(size: number, seed: string): Generator<Buffer> {
  const block = createHash('shake256', { outputLength: 128 * KIB })
    .update(seed)
    .digest();
  let left = size;
  for (let index = 0; left > 0; index += 1) {
    const chunk = Buffer.from(block.subarray(0, Math.min(left, block.length)));
    if (chunk.length >= 4) {
      chunk.writeUInt32LE(index);
    }
    left -= chunk.length;
    yield chunk;
  }
}
