import { describe, expect, it } from 'vitest';
import { FileHash } from '../../src/browser-app/upload/file-hash.ts';
import { quickXorHash } from '../support/quick-xor-hash.ts';

const SLICE = 4 * 1024 ** 2;
const signal = new AbortController().signal;

/** Bytes that do not repeat with the ring of the hash. */
const bytesOf = (length: number) => {
  const block = Buffer.from(Uint8Array.from({ length: 251 }, (_, index) => (index * 131 + 7) % 251));
  return Buffer.alloc(length, block);
};
const fileOf = (bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], 'a.bin');

describe('the hash that the app states at a commit', () => {
  it.each([
    ['', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ['a', 'YQAAAAAAAAAAAAAAAQAAAAAAAAA='],
    ['hello world', 'aCgDG9jwBhDc4Q1yawMZAAAAAAA='],
  ])('of "%s" is what rclone has for it', async (text, expected) => {
    expect(await new FileHash(fileOf(Buffer.from(text))).digest(signal)).toBe(expected);
  });

  it.each([SLICE - 1, SLICE, SLICE + 1, 2 * SLICE + 161])('of %d bytes is what a plain program gets', async length => {
    const bytes = bytesOf(length);
    expect(await new FileHash(fileOf(bytes)).digest(signal)).toBe(quickXorHash(bytes));
  });

  it('does not depend on where the upload stood in between, or was sent again', async () => {
    const bytes = bytesOf(SLICE + 1_000);
    const hash = new FileHash(fileOf(bytes));
    for (const end of [0, 327_680, 327_679, 655_360, 10, SLICE + 3]) {
      await hash.upTo(end, signal);
    }
    expect(await hash.digest(signal)).toBe(quickXorHash(bytes));
  });

  it('is none of a file that was changed meanwhile, or of one that nobody waits for', async () => {
    const file = fileOf(bytesOf(1_000));
    const unreadable = () => Promise.reject(new DOMException('changed', 'NotReadableError'));
    const changed = Object.assign(fileOf(bytesOf(1_000)), {
      slice: () => Object.assign(new Blob(['x']), { arrayBuffer: unreadable }),
    });
    await expect(new FileHash(changed).digest(signal)).rejects.toMatchObject({ code: 'unreadable' });
    const shorter = Object.assign(fileOf(bytesOf(1_000)), {
      slice: () => Object.assign(new Blob(['x']), { arrayBuffer: async () => new ArrayBuffer(0) }),
    });
    await expect(new FileHash(shorter).digest(signal)).rejects.toMatchObject({ code: 'unreadable' });
    await expect(new FileHash(file).digest(AbortSignal.abort())).rejects.toThrow();
  });
});
