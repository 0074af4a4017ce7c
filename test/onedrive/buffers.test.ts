import { afterEach, describe, expect, it } from 'vitest';
import { toDrivePath } from '../../src/drive/path.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { ByteBudget } from '../../src/lib/byte-budget.ts';
import { ChunkReader } from '../../src/onedrive/chunk-reader.ts';
import { eventually } from '../support/eventually.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const UNIT = 320 * KIB;
const BLOCK = 64 * KIB;
const live = () => new AbortController().signal;

/** A body that says what it is told to say. */
class Tap {
  readonly #chunks: Uint8Array[] = [];
  #wake = () => {};
  #isOver = false;

  send(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
      } else if (this.#isOver) {
        return;
      } else {
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    }
  }
}

describe('D13: a portion', () => {
  const gathering = (budget: ByteBudget) => ({ budget, unit: UNIT, signal: live() });

  it('takes memory as bytes come, and gives it back', async () => {
    const [budget, tap] = [new ByteBudget(MIB), new Tap()];
    const reader = new ChunkReader(tap);
    const gathered = reader.gather(MIB, gathering(budget));
    tap.send(Buffer.alloc(10));
    await eventually(() => expect(budget.used).toBe(BLOCK));
    tap.send(Buffer.alloc(MIB - 10, 1));
    const portion = await gathered;
    expect([portion.length, budget.used, Buffer.concat(portion.parts()).indexOf(1)]).toEqual([MIB, MIB, 10]);
    expect(Buffer.concat(portion.parts(BLOCK + 3))).toHaveLength(MIB - BLOCK - 3);
    portion.release();
    portion.release();
    expect(budget.used).toBe(0);
  });

  it('makes do with whole units when others wait, and loses nothing', async () => {
    const [budget, tap] = [new ByteBudget(8 * MIB), new Tap()];
    const reader = new ChunkReader(tap);
    const gathered = reader.gather(4 * MIB, gathering(budget));
    const bytes = Buffer.from(Array.from({ length: 2 * UNIT + 77 }, (_, index) => index % 251));
    tap.send(bytes);
    await eventually(() => expect(budget.used).toBeGreaterThanOrEqual(2 * UNIT));
    const waiting = budget.take(8 * MIB, live());
    const portion = await gathered;
    expect(portion.length).toBe(2 * UNIT);
    const first = Buffer.concat(portion.parts());
    portion.release();
    await waiting;
    budget.give(8 * MIB);
    tap.end();
    const rest = await reader.gather(4 * MIB, gathering(budget));
    expect(Buffer.concat([first, ...rest.parts()]).equals(bytes)).toBe(true);
    expect(reader.hasEnded).toBe(true);
  });

  it('has its memory used again after one acknowledged try, and never when a connection may still have it', async () => {
    const gatherOne = async (budget: ByteBudget) => {
      const tap = new Tap();
      tap.send(Buffer.alloc(BLOCK, 1));
      tap.end();
      return new ChunkReader(tap).gather(BLOCK, gathering(budget));
    };
    const keptAfter = async (tries: number, isDelivered: boolean) => {
      const budget = new ByteBudget(MIB);
      const portion = await gatherOne(budget);
      const body = portion.body();
      for (let count = 0; count < tries; count += 1) {
        expect(Buffer.concat([...body.open()])).toEqual(Buffer.alloc(BLOCK, 1));
      }
      if (isDelivered) {
        portion.delivered();
      }
      portion.release();
      return [budget.kept, budget.used];
    };
    expect(await keptAfter(0, false)).toEqual([BLOCK, 0]);
    expect(await keptAfter(1, true)).toEqual([BLOCK, 0]);
    expect(await keptAfter(1, false)).toEqual([0, 0]);
    expect(await keptAfter(2, true)).toEqual([0, 0]);
  });

  it('that is filled ahead does not queue for memory before the one ahead of it was sent', async () => {
    const [budget, tap] = [new ByteBudget(BLOCK), new Tap()];
    const sending = Promise.withResolvers<void>();
    const gathered = new ChunkReader(tap).gather(2 * BLOCK, { ...gathering(budget), after: sending.promise });
    await budget.take(BLOCK, live());
    tap.send(Buffer.alloc(BLOCK));
    tap.end();
    await new Promise(setImmediate);
    expect(budget.isShort).toBe(false);
    sending.resolve();
    await eventually(() => expect(budget.isShort).toBe(true));
    budget.give(BLOCK);
    const portion = await gathered;
    expect(portion.length).toBe(BLOCK);
    portion.release();
  });

  it('of a silent source that is not wanted any more is given back at once', async () => {
    const [budget, tap, client] = [new ByteBudget(MIB), new Tap(), new AbortController()];
    const reader = new ChunkReader(tap);
    const gathered = reader.gather(MIB, { budget, unit: UNIT, signal: client.signal });
    tap.send(Buffer.alloc(10));
    await eventually(() => expect(budget.used).toBe(BLOCK));
    client.abort(new Error('gone'));
    await expect(gathered).rejects.toThrow('gone');
    expect(budget.used).toBe(0);
    await reader.close();
  });

  it('does not wait for a silent source when nobody wants its bytes any more', async () => {
    const tap = new Tap();
    const reader = new ChunkReader(tap);
    const client = new AbortController();
    const budget = new ByteBudget(BLOCK);
    const gathered = reader.gather(MIB, { budget, unit: UNIT, signal: client.signal });
    tap.send(Buffer.alloc(BLOCK + 1));
    await eventually(() => expect(budget.isShort).toBe(true));
    client.abort(new Error('gone'));
    await expect(gathered).rejects.toThrow('gone');
    await reader.close();
    expect(budget.used).toBe(0);
  });
});

describe('D13: many uploads at once', () => {
  const MAX = 16 * MIB;
  const open: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) {
      await close();
    }
  });

  async function openTenant(): Promise<
    OneDriveUnderTest & { emulator: Emulator; mailbox: MailboxHandle; buffers: ByteBudget }
  > {
    const emulator = await createEmulator();
    const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
    const buffers = new ByteBudget(MAX);
    const oneDrive = await openOneDrive(emulator, { mailbox: mailbox.upn, buffers });
    open.push(() => emulator.close(), oneDrive.close);
    return { ...oneDrive, emulator, mailbox, buffers };
  }

  it('forty that stall stay within the budget, others are stored meanwhile, and memory comes back', async () => {
    const { drive, emulator, mailbox, buffers } = await openTenant();
    const clients = new AbortController();
    const length = 12 * MIB;
    const taps = Array.from({ length: 40 }, () => new Tap());
    const stalled = taps.map(async (tap, index) => {
      for (let sent = 0; sent < 3 * MIB; sent += BLOCK) {
        tap.send(Buffer.alloc(BLOCK, index));
      }
      await drive.write(toDrivePath([`stalled ${index}`]), tap, { signal: clients.signal, length }).catch(() => {});
    });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, buffers.used);
    }, 1);
    for (const size of [0, 5 * KIB, 3 * MIB, 11 * MIB]) {
      const tap = new Tap();
      tap.send(Buffer.alloc(size, 7));
      tap.end();
      await drive.write(toDrivePath([`live ${size}`]), tap, { signal: live(), length: size });
      expect(mailbox.stat(`/live ${size}`)?.size).toBe(size);
    }
    clearInterval(watch);
    expect(most).toBeLessThanOrEqual(MAX);
    clients.abort();
    for (const tap of taps) {
      // As a connection that is closed.
      tap.end();
    }
    await Promise.all(stalled);
    expect(buffers.used).toBe(0);
    expect(emulator.openUploadSessions()).toBe(0);
    expect(emulator.violations).toEqual([]);
  });

  it('four that stall of each of 50 users stay within the default budget, and another user is served', {
    timeout: 120_000,
  }, async () => {
    const emulator = await createEmulator();
    open.push(() => emulator.close());
    const buffers = new ByteBudget(128 * MIB);
    const driveOf = async (user: string) => {
      const mailbox = emulator.addMailbox({ upn: `${user}@contoso.com` });
      const oneDrive = await openOneDrive(emulator, { mailbox: mailbox.upn, buffers });
      open.push(oneDrive.close);
      return { mailbox, drive: oneDrive.drive };
    };
    const clients = new AbortController();
    const taps: Tap[] = [];
    const stalled: Promise<unknown>[] = [];
    const block = Buffer.alloc(BLOCK, 1);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, buffers.used);
    }, 1);
    for (let user = 0; user < 50; user += 1) {
      const { drive } = await driveOf(`user${user}`);
      for (let upload = 0; upload < 4; upload += 1) {
        const tap = new Tap();
        taps.push(tap);
        for (let sent = 0; sent < MIB; sent += BLOCK) {
          tap.send(block);
        }
        const options = { signal: clients.signal, length: 12 * MIB };
        stalled.push(drive.write(toDrivePath([`stalled ${upload}`]), tap, options).catch(() => {}));
      }
    }
    const other = await driveOf('other');
    const tap = new Tap();
    tap.send(Buffer.alloc(11 * MIB, 7));
    tap.end();
    await other.drive.write(toDrivePath(['live']), tap, { signal: live(), length: 11 * MIB });
    expect(other.mailbox.stat('/live')?.size).toBe(11 * MIB);
    clearInterval(watch);
    // 200 times 1 MiB have come, and are not all in memory.
    expect(most).toBeGreaterThan(64 * MIB);
    expect(most).toBeLessThanOrEqual(buffers.max);
    clients.abort();
    for (const each of taps) {
      each.end();
    }
    await Promise.all(stalled);
    expect([buffers.used, emulator.openUploadSessions()]).toEqual([0, 0]);
    // Each of these drives has a client of its own, where the server has one for a tenant, with places for all.
    expect(emulator.violations.filter(({ rule }) => rule !== 'concurrency')).toEqual([]);
  });

  it.each([
    ['a length', true],
    ['no length', false],
  ])('small bodies with %s give way as well', async (_, hasLength) => {
    const { drive, mailbox, buffers } = await openTenant();
    const size = 3 * MIB;
    const taps = Array.from({ length: 12 }, () => new Tap());
    const writes = taps.map((tap, index) => {
      tap.send(Buffer.alloc(size - 1, index));
      const options = { signal: live(), ...(hasLength ? { length: size } : {}) };
      return drive.write(toDrivePath([`file ${index}`]), tap, options);
    });
    for (const [index, tap] of taps.entries()) {
      tap.send(Buffer.alloc(1, index));
      tap.end();
    }
    await Promise.all(writes);
    expect(buffers.used).toBe(0);
    for (const index of taps.keys()) {
      expect((await mailbox.read(`/file ${index}`)).equals(Buffer.alloc(size, index))).toBe(true);
    }
  });

  it('a refused upload gives its memory back', async () => {
    const { drive, emulator, buffers } = await openTenant();
    emulator.setFault(operation =>
      operation === 'driveItem-createUploadSession' ? { status: 403, code: 'accessDenied' } : undefined,
    );
    const tap = new Tap();
    tap.send(Buffer.alloc(MIB));
    tap.end();
    const options = { signal: live(), length: MIB, modified: new Date() };
    await expect(drive.write(toDrivePath(['file']), tap, options)).rejects.toMatchObject({ code: 'forbidden' });
    expect(buffers.used).toBe(0);
  });
});
