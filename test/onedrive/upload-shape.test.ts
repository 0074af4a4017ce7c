import { afterEach, describe, expect, it } from 'vitest';
import { toDrivePath } from '../../src/drive/path.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import type { ByteSource, HttpCall } from '../../src/graph/transport.ts';
import { ByteBudget } from '../../src/lib/byte-budget.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { expectSameBytes } from '../support/same-bytes.ts';
import { sampleBytes } from '../support/sample-tree.ts';
import { createWire, type Wire, type WireAnswer } from '../support/wire.ts';

const MIB = 1024 ** 2;
/** With fragments of 1.25 MiB, so that small bodies have several. */
const SMALL_BUFFERS = 16 * MIB;
const live = () => new AbortController().signal;
const isFragment = ({ method, headers }: HttpCall) => method === 'PUT' && headers?.['content-range'] !== undefined;

interface Tenant extends OneDriveUnderTest {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly wire: Wire;
  readonly buffers: ByteBudget;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(
  maxBufferBytes = 128 * MIB,
  before: (call: HttpCall) => Promise<HttpCall | undefined> = async () => undefined,
): Promise<Tenant> {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const wire = createWire();
  const buffers = new ByteBudget(maxBufferBytes);
  const oneDrive = await openOneDrive(emulator, {
    mailbox: mailbox.upn,
    clock: fakeClock(Date.now()),
    wire: inner => {
      const scripted = wire.wrap(inner);
      return {
        ...scripted,
        send: async call => {
          return scripted.send((await before(call)) ?? call);
        },
      };
    },
    buffers,
  });
  open.push(async () => {
    await oneDrive.close();
    expect(emulator.violations).toEqual([]);
    expect([emulator.openUploadSessions(), buffers.used]).toEqual([0, 0]);
    await emulator.close();
  });
  return { ...oneDrive, emulator, mailbox, wire, buffers };
}

const write = ({ drive }: Tenant, length: number, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) =>
  drive.write(toDrivePath(['file']), streamOf(body), { signal: live(), length });

async function* streamOf(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
}

/** The request of a fragment of four units, cut down to its first two. */
function firstHalfOf(call: HttpCall): HttpCall {
  const body = call.body as ByteSource;
  const [, first, , total] = /bytes (\d+)-(\d+)\/(\d+)/.exec(call.headers!['content-range']!)!;
  const half = body.length / 2;
  const open = () => [Buffer.concat([...body.open()]).subarray(0, half)];
  const range = `bytes ${first}-${Number(first) + half - 1}/${total}`;
  const headers = { ...call.headers, 'content-range': range, 'content-length': String(half) };
  return { ...call, headers, body: { length: half, open } };
}

async function expectStored({ mailbox }: Tenant, length: number): Promise<void> {
  expectSameBytes(await mailbox.read('/file'), Buffer.concat([...sampleBytes(length, 'file')]));
}

describe('the shape of an upload', () => {
  it('costs one call for each fragment, beside the session', async () => {
    const tenant = await openTenant();
    for (const length of [10 * MIB, 10 * MIB + 1, 30 * MIB]) {
      const before = tenant.emulator.calls.length;
      await write(tenant, length, sampleBytes(length, 'file'));
      const operations = tenant.emulator.calls.slice(before).map(({ operation }) => operation);
      expect(operations.filter(each => each === 'upload-fragment')).toHaveLength(Math.ceil(length / (10 * MIB)));
      expect(operations.filter(each => each === 'driveItem-createUploadSession')).toHaveLength(1);
      await expectStored(tenant, length);
    }
  });

  it('fills the next fragment while one is sent, and no more than that', async () => {
    const half = Promise.withResolvers<void>();
    let came = 0;
    let mostBefore = 0;
    let isFirst = true;
    const tenant = await openTenant(128 * MIB, async call => {
      if (isFragment(call) && isFirst) {
        isFirst = false;
        await half.promise;
        // All that the reader would take by itself has been taken.
        await eventually(() => expect(came).toBeGreaterThanOrEqual(20 * MIB));
        mostBefore = came;
      }
      return undefined;
    });
    const body = (async function* () {
      for (const chunk of sampleBytes(40 * MIB, 'file')) {
        came += chunk.length;
        if (came > 15 * MIB) {
          half.resolve();
        }
        yield chunk;
      }
    })();
    await write(tenant, 40 * MIB, body);
    expect(mostBefore).toBeLessThan(21 * MIB);
    await expectStored(tenant, 40 * MIB);
  });

  it.each<[string, WireAnswer | 'cut']>([
    ['429', { status: 429, headers: { 'retry-after': '1' } }],
    ['503', { status: 503 }],
    ['503 that was done', { isDone: true, status: 503 }],
    [
      '416 for what it has',
      { isDone: true, status: 416, body: '{"error":{"code":"invalidRange","message":"out of order"}}' },
    ],
    ['409', { status: 409, body: '{"error":{"code":"conflict","message":"busy"}}' }],
    ['a cut', 'cut'],
    ['an answer that breaks off', { isDone: true, cutAfter: 3 }],
  ])('sends the same bytes again after %s, at any fragment', async (_, instead) => {
    for (const nth of [1, 2, 4]) {
      const tenant = await openTenant(SMALL_BUFFERS);
      let seen = 0;
      tenant.wire.script = call => {
        seen += isFragment(call) ? 1 : 0;
        return isFragment(call) && seen === nth ? instead : undefined;
      };
      await write(tenant, 5 * MIB, sampleBytes(5 * MIB, 'file'));
      expect(seen).toBeGreaterThanOrEqual(4);
      await expectStored(tenant, 5 * MIB);
    }
  });

  it.each([1, 2, 4])('sends fragment %i again whose connection breaks off in the middle of it', async nth => {
    const tenant = await openTenant(SMALL_BUFFERS);
    const options = { afterBytes: 100_000 };
    tenant.emulator.setFaults([{ fault: 'reset-in-request', operation: 'upload-fragment', nth, options }]);
    await write(tenant, 5 * MIB, sampleBytes(5 * MIB, 'file'));
    await expectStored(tenant, 5 * MIB);
  });

  it.each([1, 2, 4])('goes on in the middle of fragment %i when the host has taken half of it', async nth => {
    let seen = 0;
    const tenant = await openTenant(SMALL_BUFFERS, async call => {
      seen += isFragment(call) ? 1 : 0;
      return isFragment(call) && seen === nth ? firstHalfOf(call) : undefined;
    });
    await write(tenant, 5 * MIB, sampleBytes(5 * MIB, 'file'));
    expect(seen).toBe(5);
    await expectStored(tenant, 5 * MIB);
  });

  it('that fails while the next fragment stalls ends at once, and gives all memory back', async () => {
    const tenant = await openTenant();
    tenant.wire.script = call =>
      isFragment(call) ? { status: 507, body: '{"error":{"code":"quotaLimitReached","message":"full"}}' } : undefined;
    const body = (async function* () {
      for (const chunk of sampleBytes(11 * MIB, 'file')) {
        yield chunk;
      }
      await new Promise(() => {});
    })();
    await expect(write(tenant, 25 * MIB, body)).rejects.toMatchObject({ code: 'quota' });
    await eventually(() => expect(tenant.buffers.used).toBe(0));
  });

  it('that fails when the next fragment is whole already gives back its memory too', async () => {
    let came = 0;
    const tenant = await openTenant(128 * MIB, async call => {
      if (isFragment(call)) {
        await eventually(() => expect(came).toBe(20 * MIB));
      }
      return undefined;
    });
    tenant.wire.script = call =>
      isFragment(call) ? { status: 507, body: '{"error":{"code":"quotaLimitReached","message":"full"}}' } : undefined;
    const body = (async function* () {
      for (const chunk of sampleBytes(20 * MIB, 'file')) {
        came += chunk.length;
        yield chunk;
      }
    })();
    await expect(write(tenant, 20 * MIB, body)).rejects.toMatchObject({ code: 'quota' });
    await eventually(() => expect(tenant.buffers.used).toBe(0));
  });

  it.each([
    ['less', 24 * MIB],
    ['more', 26 * MIB],
  ])('is not stored when %s comes than was announced', async (_, length) => {
    const tenant = await openTenant();
    await expect(write(tenant, 25 * MIB, sampleBytes(length, 'file'))).rejects.toMatchObject({ code: 'body-length' });
    expect(tenant.mailbox.tree()).toEqual({});
  });

  it('sixteen at once stay within the memory, and each is stored', async () => {
    const { drive, mailbox, buffers, wire } = await openTenant(8 * MIB);
    let most = 0;
    wire.script = () => {
      most = Math.max(most, buffers.used, buffers.used + buffers.kept);
      return undefined;
    };
    const paths = Array.from({ length: 16 }, (_, index) => `file ${index}`);
    await Promise.all(
      paths.map(path =>
        drive.write(toDrivePath([path]), streamOf(sampleBytes(5 * MIB, path)), { signal: live(), length: 5 * MIB }),
      ),
    );
    expect(most).toBeLessThanOrEqual(buffers.max);
    for (const path of paths) {
      expectSameBytes(await mailbox.read(`/${path}`), Buffer.concat([...sampleBytes(5 * MIB, path)]));
    }
  });
});
