import { describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { LimitedDrive } from '../../src/mounts/limited-drive.ts';
import { Limiter } from '../../src/mounts/limiter.ts';
import { fixedMounts, MountedDrive } from '../../src/mounts/mounted-drive.ts';
import { eventually } from '../support/eventually.ts';

const at = (...names: string[]) => toDrivePath(names);
const live = () => ({ signal: new AbortController().signal });

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Mounts of one transfer at a time; reads wait in the drive until `release` is called. */
async function mounted(...names: string[]) {
  const gate = Promise.withResolvers<void>();
  let reading = 0;
  const inner = new Map<string, Drive>();
  const mounts = names.map(name => {
    const drive = createMemoryDrive();
    inner.set(name, drive);
    const slow = new Proxy(drive, {
      get: (target, key) => {
        const member = Reflect.get(target, key) as unknown;
        if (key === 'read') {
          return async (...args: Parameters<Drive['read']>) => {
            reading += 1;
            await gate.promise;
            return target.read(...args);
          };
        }
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    return { name, drive: new LimitedDrive({ inner: slow, limiter: new Limiter({ transfers: 1 }, systemClock) }) };
  });
  for (const name of names) {
    await inner.get(name)!.write(at(`of-${name}`), bodyOf(`text of ${name}`), live());
  }
  const root = new MountedDrive(fixedMounts(mounts, new Date(0)), new Date(0));
  return { root, release: gate.resolve, reading: () => reading };
}

const textAt = async (drive: Drive, ...names: string[]) => {
  const { body } = await drive.read(at(...names), live());
  return Buffer.concat(await Array.fromAsync(body)).toString();
};

describe('copies between mounts of one transfer at a time', () => {
  it('that cross do not wait for each other', async () => {
    const { root, release, reading } = await mounted('a', 'b');
    const copies = [
      root.copy(at('a', 'of-a'), at('b', 'copy'), { ...live(), overwrite: false, depth: 'infinity' }),
      root.copy(at('b', 'of-b'), at('a', 'copy'), { ...live(), overwrite: false, depth: 'infinity' }),
    ];
    await eventually(() => expect(reading()).toBe(2));
    release();
    expect(await Promise.all(copies)).toEqual([{ created: true }, { created: true }]);
    expect([await textAt(root, 'b', 'copy'), await textAt(root, 'a', 'copy')]).toEqual(['text of a', 'text of b']);
  });

  it('in a ring end, too, and leave all places free', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const { root, release, reading } = await mounted(...names);
    const copies = names.map((name, index) => {
      const to = names[(index + 1) % names.length]!;
      return root.copy(at(name, `of-${name}`), at(to, 'copy'), { ...live(), overwrite: false, depth: 'infinity' });
    });
    await eventually(() => expect(reading()).toBe(4));
    release();
    await Promise.all(copies);
    expect(await Promise.all(names.map(name => textAt(root, name, 'copy')))).toEqual(
      ['d', 'a', 'b', 'c'].map(name => `text of ${name}`),
    );
  });

  it('wait for a mount that is busy, and hold nobody up meanwhile', async () => {
    const { root, release, reading } = await mounted('a', 'b');
    release();
    // A reader who has not begun holds the place of b.
    const busy = await root.read(at('b', 'of-b'), live());
    const copy = root.copy(at('a', 'of-a'), at('b', 'copy'), { ...live(), overwrite: false, depth: 'infinity' });
    await eventually(() => expect(reading()).toBe(2));
    expect(await textAt(root, 'a', 'of-a')).toBe('text of a');
    await busy.body[Symbol.asyncIterator]().return?.();
    expect(await copy).toEqual({ created: true });
  });

  it('whose caller goes give back what they have', async () => {
    const { root, release, reading } = await mounted('a', 'b');
    release();
    const busy = await root.read(at('b', 'of-b'), live());
    const caller = new AbortController();
    const options = { signal: caller.signal, overwrite: false, depth: 'infinity' } as const;
    const copy = root.copy(at('a', 'of-a'), at('b', 'copy'), options);
    await eventually(() => expect(reading()).toBe(2));
    caller.abort(new Error('gone'));
    await expect(copy).rejects.toThrow();
    await busy.body[Symbol.asyncIterator]().return?.();
    expect(await Promise.all([textAt(root, 'a', 'of-a'), textAt(root, 'b', 'of-b')])).toEqual([
      'text of a',
      'text of b',
    ]);
  });
});
