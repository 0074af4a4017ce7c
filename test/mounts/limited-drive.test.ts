import { describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { runFor } from '../../src/lib/caller.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { isHeldBack } from '../../src/lib/held-back.ts';
import { LimitedDrive } from '../../src/mounts/limited-drive.ts';
import { Limiter } from '../../src/mounts/limiter.ts';
import type { MountLimits } from '../../src/mounts/limits.ts';
import { MountQuota } from '../../src/mounts/mount-quota.ts';
import { describeDrive } from '../contracts/drive.ts';
import { fakeClock } from '../support/fake-clock.ts';

const GIB = 1024 ** 3;
const live = () => ({ signal: new AbortController().signal });
const at = (...names: string[]) => toDrivePath(names);

async function* bodyOf(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    yield Buffer.from(part);
  }
}

function limited({ quotaBytes, ...limits }: MountLimits, clock = fakeClock()) {
  const inner = createMemoryDrive();
  const quota = quotaBytes === undefined ? undefined : new MountQuota(quotaBytes);
  return { inner, clock, drive: new LimitedDrive({ inner, limiter: new Limiter(limits, clock), quota }) };
}

describeDrive('LimitedDrive', async () => {
  const limits = { transfers: 2, downloadBytesPerSecond: 100 * GIB, uploadBytesPerSecond: 100 * GIB };
  const quota = new MountQuota(100 * GIB);
  return { drive: new LimitedDrive({ inner: createMemoryDrive(), limiter: new Limiter(limits, systemClock), quota }) };
});

describe('the speed of a drive', () => {
  it.each(['upload', 'download'] as const)('is limited for an %s', async direction => {
    const { drive, clock } = limited({ [`${direction}BytesPerSecond`]: 1_000 });
    const parts = Array.from({ length: 10 }, () => 'x'.repeat(500));
    const began = clock.now();
    await drive.write(at('a'), bodyOf(...parts), live());
    const { body } = await drive.read(at('a'), live());
    let read = 0;
    for await (const part of body) {
      read += part.byteLength;
    }
    expect(read).toBe(5_000);
    // A quarter of a second's worth goes at once.
    expect(clock.now() - began).toBe(4_750);
  });
});

describe('the transfers of a drive', () => {
  it('end with their body, with its reader, with the caller, and with an error', async () => {
    const { drive } = limited({ transfers: 1 });
    await drive.write(at('a'), bodyOf('x'.repeat(100_000)), live());
    const open = (options = live()) => drive.read(at('a'), options);
    // Never begun.
    await (await open()).body[Symbol.asyncIterator]().return?.();
    // Stopped early.
    for await (const _ of (await open()).body) {
      break;
    }
    // Read to its end.
    for await (const _ of (await open()).body) {
    }
    const gone = new AbortController();
    await open({ signal: gone.signal });
    gone.abort();
    await expect(drive.read(at('nothing'), live())).rejects.toMatchObject({ code: 'not-found' });
    await expect(drive.write(at('no', 'folder'), bodyOf('x'), live())).rejects.toMatchObject({ code: 'no-parent' });
    await open();
    // The clock lets no time pass: only what never ends makes others wait too long.
    await expect(open()).rejects.toMatchObject({ code: 'throttled', retryAfterSeconds: 10 });
    await expect(drive.write(at('b'), bodyOf('x'), live())).rejects.toMatchObject({ code: 'throttled' });
  });
});

describe('a caller who waits for the limits', () => {
  const connection = {};
  const asCaller = <T>(work: () => Promise<T>) => runFor({ user: 'bob', connection }, work);

  it.each(['upload', 'download'] as const)('is held back while an %s is slowed down', async direction => {
    const turn = Promise.withResolvers<void>();
    const clock = { ...fakeClock(), sleep: () => turn.promise };
    const limiter = new Limiter({ [`${direction}BytesPerSecond`]: 1_000 }, clock);
    const passed = asCaller(async () => limiter.pass(direction, 10_000, live().signal));
    expect(isHeldBack(connection)).toBe(true);
    turn.resolve();
    await passed;
    expect(isHeldBack(connection)).toBe(false);
  });

  it('is held back while the turn of a transfer has not come, also when others of the connection have theirs', async () => {
    const limiter = new Limiter({ transfers: 1 }, systemClock);
    const end = await asCaller(() => limiter.begin(live().signal));
    expect(isHeldBack(connection)).toBe(false);
    const [second, third] = [1, 2].map(() => asCaller(() => limiter.begin(live().signal)));
    expect(isHeldBack(connection)).toBe(true);
    end();
    (await second!)();
    expect(isHeldBack(connection)).toBe(true);
    (await third!)();
    expect(isHeldBack(connection)).toBe(false);
    expect(isHeldBack({})).toBe(false);
  });
});

describe('thumbnails and old versions', () => {
  it('are downloads: they take turns, and end with their body', async () => {
    const { drive, inner } = limited({ transfers: 1 });
    await drive.write(at('a'), bodyOf('first'), live());
    await drive.write(at('a'), bodyOf('second'), live());
    inner.thumbnail = async (path, options) => {
      const { entry, body } = await inner.read(path, options);
      return { entry, body, contentType: 'image/png', length: entry.size };
    };
    const version = () => drive.readVersion(at('a'), '1', live());
    const thumbnail = () => drive.thumbnail(at('a'), { ...live(), size: 'small' });
    for (const open of [version, thumbnail, version]) {
      for await (const _ of (await open())!.body) {
      }
    }
    const held = await version();
    await expect(thumbnail()).rejects.toMatchObject({ code: 'throttled' });
    await held!.body[Symbol.asyncIterator]().return?.();
    const shown = await thumbnail();
    await expect(version()).rejects.toMatchObject({ code: 'throttled' });
    await shown!.body[Symbol.asyncIterator]().return?.();
    inner.thumbnail = async () => undefined;
    expect([await thumbnail(), await thumbnail()]).toEqual([undefined, undefined]);
  });

  it('are as fast as downloads may be', async () => {
    const { drive, clock } = limited({ downloadBytesPerSecond: 1_000 });
    await drive.write(at('a'), bodyOf('x'.repeat(5_000)), live());
    const began = clock.now();
    const { body } = (await drive.readVersion(at('a'), '1', live()))!;
    for await (const _ of body) {
    }
    expect(clock.now() - began).toBe(4_750);
  });
});

describe('the quota of a mount', () => {
  it('holds for an old version that comes back', async () => {
    const { drive } = limited({ quotaBytes: 10 });
    await drive.write(at('a'), bodyOf('12345678'), live());
    await drive.write(at('a'), bodyOf('1'), live());
    await drive.write(at('b'), bodyOf('12345'), live());
    await expect(drive.restoreVersion(at('a'), '1', live())).rejects.toMatchObject({ code: 'quota' });
    await drive.remove(at('b'), live());
    expect(await drive.restoreVersion(at('a'), '1', live())).toMatchObject({ size: 8 });
  });

  it('is shown, and is refused before the bytes and in the midst of them', async () => {
    const { drive, inner } = limited({ quotaBytes: 10 });
    await drive.write(at('a'), bodyOf('12345678'), { ...live(), length: 8 });
    expect(await drive.quota(at('a'), live())).toEqual({ used: 8, available: 2 });
    let asked = false;
    const unread = (async function* () {
      asked = true;
      yield Buffer.from('123');
    })();
    await expect(drive.write(at('b'), unread, { ...live(), length: 3 })).rejects.toMatchObject({ code: 'quota' });
    expect(asked).toBe(false);
    await expect(drive.write(at('b'), bodyOf('12', '3'), live())).rejects.toMatchObject({ code: 'quota' });
    await expect(drive.write(at('b'), bodyOf('12', '3'), { ...live(), length: 2 })).rejects.toMatchObject({
      code: 'quota',
    });
    expect((await inner.list(at(), live())).map(({ name }) => name)).toEqual(['a']);
    await drive.write(at('b'), bodyOf('12'), live());
    await expect(drive.copy(at('b'), at('c'), { ...live(), overwrite: true, depth: 0 })).rejects.toMatchObject({
      code: 'quota',
    });
  });

  it('counts what a write frees, and never hinders one that makes a file smaller', async () => {
    const { drive } = limited({ quotaBytes: 10 });
    await drive.write(at('a'), bodyOf('1234567890'), live());
    await drive.write(at('a'), bodyOf('0987654321'), { ...live(), length: 10 });
    await drive.write(at('a'), bodyOf('123'), live());
    await drive.write(at('b'), bodyOf('1234567'), live());
    await expect(drive.write(at('c'), bodyOf('1'), live())).rejects.toMatchObject({ code: 'quota' });
    await drive.remove(at('b'), live());
    await drive.write(at('c'), bodyOf('1'), live());
  });

  it('counts writes under way together', async () => {
    const { drive } = limited({ quotaBytes: 10 });
    const writes = ['a', 'b', 'c'].map(name => drive.write(at(name), bodyOf('1234'), { ...live(), length: 4 }));
    const results = await Promise.allSettled(writes);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });
});
