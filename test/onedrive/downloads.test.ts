import { afterEach, describe, expect, it, vi } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type Fault,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { sampleBytes } from '../support/sample-tree.ts';

const MIB = 1024 ** 2;
const SIZE = 8 * MIB + 5;
const OLD = Buffer.concat([...sampleBytes(SIZE, 'old')]);
const NEW = Buffer.concat([...sampleBytes(SIZE, 'new')]);
const FILE = toDrivePath(['file']);
const live = () => ({ signal: new AbortController().signal });

interface Tenant extends OneDriveUnderTest {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly clock: FakeClock;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

/** A drive with one file, whose looks and downloads are counted from here on. */
async function openTenant(options: EmulatorOptions = {}): Promise<Tenant> {
  const clock = fakeClock(Date.now());
  const emulator = await createEmulator({ clock, ...options });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await mailbox.put('/file', OLD);
  const oneDrive = await openOneDrive(emulator, { mailbox: mailbox.upn, clock });
  open.push(async () => {
    await vi.waitFor(() => expect(emulator.activeResponses()).toBe(0));
    await oneDrive.close();
    expect(emulator.violations).toEqual([]);
    await emulator.close();
  });
  await oneDrive.drive.stat(FILE, live());
  emulator.resetCalls();
  return { ...oneDrive, emulator, mailbox, clock };
}

/** What happens to the first, the second, … of an operation; nothing to those after the last. */
type Script = Record<string, readonly (Fault | (() => Fault | undefined) | undefined)[]>;

function play(emulator: Emulator, script: Script): void {
  const counts: Record<string, number> = {};
  emulator.setFault(operation => {
    const count = counts[operation] ?? 0;
    counts[operation] = count + 1;
    const step = script[operation]?.[count];
    return typeof step === 'function' ? step() : step;
  });
}

const cutAfter = (afterBytes: number): Fault => ({ cut: true, afterBytes });
const cuts = (count: number, afterBytes: number) => Array.from({ length: count }, () => cutAfter(afterBytes));

/** All that comes of a body: its bytes, and the code of the error with which it ends. */
class Reading {
  readonly chunks: Uint8Array[] = [];
  code: string | undefined;

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async take(body: AsyncIterable<Uint8Array>): Promise<this> {
    try {
      for await (const chunk of body) {
        this.chunks.push(chunk);
      }
    } catch (error) {
      this.code = error instanceof DriveError ? error.code : `no DriveError but ${error}`;
    }
    return this;
  }
}

async function read(tenant: Tenant, range?: { start: number; end: number }): Promise<Reading> {
  return new Reading().take((await tenant.drive.read(FILE, { ...live(), range })).body);
}

const callsOf = ({ emulator }: Tenant): string[] => emulator.calls.map(({ operation }) => operation);
const rangesOf = ({ emulator }: Tenant) =>
  emulator.calls.filter(({ operation }) => operation === 'download').map(({ range }) => range);

/** Whole, and nothing but the old version. */
function expectWhole({ bytes, code }: Reading, expected = OLD): void {
  expect([code, bytes.length, bytes.equals(expected)]).toEqual([undefined, expected.length, true]);
}

/** Ended by an error, and up to there nothing but the old version. */
function expectPrefix({ bytes, code }: Reading, expectedCode: string): void {
  expect([code, bytes.length < SIZE, bytes.equals(OLD.subarray(0, bytes.length))]).toEqual([expectedCode, true, true]);
}

describe('a download whose connection breaks', () => {
  it.each([0, 1, 65_536, 3_000_001, SIZE - 1])(
    'after byte %i goes on at the byte where it was, with a fresh URL',
    async afterBytes => {
      const tenant = await openTenant();
      play(tenant.emulator, { download: [cutAfter(afterBytes)] });
      expectWhole(await read(tenant));
      expect(callsOf(tenant)).toEqual(['download', 'driveItem-get', 'download']);
      const [first, second] = rangesOf(tenant);
      expect(first).toBeUndefined();
      expect(second).toMatch(new RegExp(`^bytes=\\d+-${SIZE - 1}$`));
    },
  );

  it('asks for the very next byte, and gives none twice', async () => {
    const tenant = await openTenant();
    const reading = new Reading();
    let before: number | undefined;
    const note = () => {
      before = reading.bytes.length;
      return undefined;
    };
    play(tenant.emulator, { download: [cutAfter(3 * MIB), note] });
    expectWhole(await reading.take((await tenant.drive.read(FILE, live())).body));
    expect(before).toBeGreaterThan(2 * MIB);
    expect(rangesOf(tenant)).toEqual([undefined, `bytes=${before}-${SIZE - 1}`]);
  });

  it('goes on inside of a range as well', async () => {
    const tenant = await openTenant();
    play(tenant.emulator, { download: [cutAfter(MIB), cutAfter(MIB)] });
    const range = { start: 1000, end: 7 * MIB };
    expectWhole(await read(tenant, range), OLD.subarray(1000, 7 * MIB + 1));
    expect(rangesOf(tenant).map(each => each?.split('-')[1])).toEqual(Array(3).fill(String(7 * MIB)));
  });

  it('goes on again and again as long as it gets on by a mebibyte', async () => {
    const tenant = await openTenant();
    play(tenant.emulator, { download: cuts(20, 1.5 * MIB) });
    expectWhole(await read(tenant));
    expect(rangesOf(tenant).length).toBeGreaterThan(5);
  });

  it('gives up after four times without', async () => {
    const tenant = await openTenant();
    play(tenant.emulator, { download: cuts(50, 1000) });
    expectPrefix(await read(tenant), 'unavailable');
    expect(callsOf(tenant).filter(operation => operation === 'download')).toHaveLength(5);
  });

  it('goes on although its URL has expired meanwhile', async () => {
    const tenant = await openTenant();
    play(tenant.emulator, {
      download: [cutAfter(3 * MIB)],
      'driveItem-get': [
        () => {
          // Right before the fresh URL is made.
          tenant.clock.advance(2 * 3600_000);
          return undefined;
        },
      ],
    });
    expectWhole(await read(tenant));
  });

  it.each([
    ['the look at the item', 'driveItem-get'],
    ['the download', 'download'],
  ])('waits as long as it is told when %s is throttled', async (_, operation) => {
    const tenant = await openTenant();
    const throttled = { status: 429, retryAfter: '3' };
    play(
      tenant.emulator,
      operation === 'download'
        ? { download: [cutAfter(3 * MIB), throttled] }
        : { download: [cutAfter(3 * MIB)], [operation]: [throttled] },
    );
    expectWhole(await read(tenant));
    expect(tenant.clock.slept).toEqual([3000]);
  });

  it('fails as throttled when it would have to wait for long', async () => {
    const tenant = await openTenant();
    const throttled = { status: 429, retryAfter: '300' };
    play(tenant.emulator, { download: [cutAfter(3 * MIB)], 'driveItem-get': [throttled] });
    expectPrefix(await read(tenant), 'throttled');
  });

  it.each([
    ['the look at the item', { 'driveItem-get': [{ cut: true }, { status: 503 }] }],
    ['the download', { download: [cutAfter(MIB), { cut: true }, { status: 503 }] }],
  ] as const)('goes on when %s fails a few times', async (_, script) => {
    const tenant = await openTenant();
    play(tenant.emulator, { download: [cutAfter(MIB)], ...script });
    expectWhole(await read(tenant));
  });
});

describe('a file that changes while it is read', () => {
  it('ends the body with an error: before the look at the item', async () => {
    const tenant = await openTenant();
    const change = () => ({ delayUntil: tenant.mailbox.put('/file', NEW) });
    play(tenant.emulator, { download: [cutAfter(3 * MIB)], 'driveItem-get': [change] });
    expectPrefix(await read(tenant), 'upstream');
    expect(callsOf(tenant)).toEqual(['download', 'driveItem-get']);
  });

  it.each([
    ['a host that keeps If-Range', 'nothing'],
    ['a host that does not', 'if-range'],
    ['a host that knows no ranges', 'range'],
  ] as const)('ends the body with an error: after the look, at %s', async (_, contentHostIgnores) => {
    const tenant = await openTenant({ contentHostIgnores });
    const change = () => ({ delayUntil: tenant.mailbox.put('/file', NEW) });
    play(tenant.emulator, { download: [cutAfter(3 * MIB), change] });
    expectPrefix(await read(tenant), 'upstream');
    expect(callsOf(tenant)).toEqual(['download', 'driveItem-get', 'download']);
  });

  it('ends the body with an error when it is deleted', async () => {
    const tenant = await openTenant();
    const remove = () => void tenant.mailbox.remove('/file');
    play(tenant.emulator, { download: [cutAfter(3 * MIB)], 'driveItem-get': [remove as () => undefined] });
    expectPrefix(await read(tenant), 'not-found');
  });

  it('does not when it is renamed', async () => {
    const tenant = await openTenant();
    const elsewhere = toDrivePath(['folder', 'renamed']);
    await tenant.drive.makeFolder(toDrivePath(['folder']), live());
    play(tenant.emulator, { download: [cutAfter(3 * MIB)] });
    const { body } = await tenant.drive.read(FILE, live());
    await tenant.drive.move(FILE, elsewhere, { ...live(), overwrite: false });
    expectWhole(await new Reading().take(body));
  });

  it('does not when only its times change: the eTag moves and the content stays', async () => {
    const tenant = await openTenant();
    play(tenant.emulator, { download: [cutAfter(3 * MIB)] });
    const { body } = await tenant.drive.read(FILE, live());
    await tenant.drive.setTimes(FILE, { modified: new Date('2020-01-02T03:04:05Z') }, live());
    expectWhole(await new Reading().take(body));
  });
});

describe('a host that answers a range with everything', () => {
  it('gives the part that was asked for, no byte more', async () => {
    const tenant = await openTenant({ contentHostIgnores: 'range' });
    expectWhole(await read(tenant, { start: 3, end: 4 * MIB }), OLD.subarray(3, 4 * MIB + 1));
  });

  it('is read again up to where the download broke, when it is the same version', async () => {
    const tenant = await openTenant({ contentHostIgnores: 'range' });
    play(tenant.emulator, { download: [cutAfter(3 * MIB), cutAfter(6 * MIB)] });
    expectWhole(await read(tenant));
    expect(callsOf(tenant).filter(operation => operation === 'download')).toHaveLength(3);
  });
});

describe('a client that goes', () => {
  it.each(['driveItem-get', 'download'])('during the %s of a resume leaves nothing open', async operation => {
    const tenant = await openTenant();
    const client = new AbortController();
    const gone = Promise.withResolvers<void>();
    const leave = () => {
      client.abort();
      return { delayUntil: gone.promise };
    };
    play(
      tenant.emulator,
      operation === 'download'
        ? { download: [cutAfter(3 * MIB), leave] }
        : { download: [cutAfter(3 * MIB)], [operation]: [leave] },
    );
    const { body } = await tenant.drive.read(FILE, { signal: client.signal });
    expectPrefix(await new Reading().take(body), 'aborted');
    gone.resolve();
    await vi.waitFor(() => expect(tenant.emulator.activeResponses()).toBe(0));
    expect(callsOf(tenant).at(-1)).toBe(operation);
  });

  it('after a resume leaves nothing open', async () => {
    const tenant = await openTenant();
    play(tenant.emulator, { download: [cutAfter(MIB)] });
    const { body } = await tenant.drive.read(FILE, live());
    let got = 0;
    for await (const chunk of body) {
      got += chunk.length;
      if (got > 2 * MIB) {
        break;
      }
    }
    await vi.waitFor(() => expect(tenant.emulator.activeResponses()).toBe(0));
    expect(rangesOf(tenant)).toHaveLength(2);
  });
});
