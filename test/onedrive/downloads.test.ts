import { afterEach, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type Fault,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type OneDriveTestOptions, type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
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
async function openTenant(options: EmulatorOptions = {}, drive: Partial<OneDriveTestOptions> = {}): Promise<Tenant> {
  const clock = fakeClock(Date.now());
  const emulator = await createEmulator({ clock, ...options });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await mailbox.put('/file', OLD);
  const oneDrive = await openOneDrive(emulator, { mailbox: mailbox.upn, clock, ...drive });
  open.push(async () => {
    await eventually(() => expect(emulator.activeResponses()).toBe(0));
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

describe('a file that was changed elsewhere before it is read', () => {
  /** The entry and the bytes of one read. */
  const readAll = async ({ drive }: Tenant, range?: { start: number; end: number }) => {
    const { entry, length, body } = await drive.read(FILE, { ...live(), range });
    const { bytes, code } = await new Reading().take(body);
    expect([code, bytes.length]).toEqual([undefined, length]);
    return { entry, bytes };
  };

  it.each(['item', 'weak', 'unquoted'] as const)(
    'is told by the tag of the first answer, at a host whose tag is %s; an unchanged one costs nothing more',
    async contentHostTag => {
      const tenant = await openTenant({ contentHostTag });
      expect((await readAll(tenant)).bytes.equals(OLD)).toBe(true);
      expect(callsOf(tenant)).toEqual(['download']);
      tenant.emulator.resetCalls();
      await tenant.mailbox.put('/file', 'short');
      const { entry, bytes } = await readAll(tenant);
      expect([entry.size, bytes.toString()]).toEqual([5, 'short']);
      expect(entry).toEqual(await tenant.drive.stat(FILE, { ...live(), fresh: true }));
      expect(callsOf(tenant).slice(0, 2)).toEqual(['download', 'driveItem-get']);
    },
  );

  it('is read all the same at a host without tags, which proves nothing, and costs nothing', async () => {
    const tenant = await openTenant({ contentHostTag: 'none' });
    expect((await readAll(tenant, { start: 1, end: 9 })).bytes.equals(OLD.subarray(1, 10))).toBe(true);
    expect(callsOf(tenant)).toEqual(['download']);
    await tenant.mailbox.put('/file', NEW);
    expect((await readAll(tenant)).bytes.equals(NEW)).toBe(true);
  });

  it('is told by looks at it before and after where the tags are of another kind; the log says so, once', async () => {
    const tenant = await openTenant({ contentHostTag: 'other' });
    for (const range of [undefined, { start: 5, end: 9 }]) {
      tenant.emulator.resetCalls();
      expect((await readAll(tenant, range)).bytes.equals(range ? OLD.subarray(5, 10) : OLD)).toBe(true);
      expect(callsOf(tenant)).toEqual(['download', 'driveItem-get']);
    }
    await tenant.mailbox.put('/file', 'short');
    const { entry, bytes } = await readAll(tenant);
    expect([entry.size, bytes.toString()]).toEqual([5, 'short']);
    expect(tenant.logged.filter(line => JSON.parse(line).level === 40)).toHaveLength(1);
  });

  it('and goes on where it broke although the tags are of another kind', async () => {
    const tenant = await openTenant({ contentHostTag: 'other' });
    play(tenant.emulator, { download: [cutAfter(3 * MIB)] });
    expectWhole(await read(tenant));
  });

  it('is refused a range that it does not have any more, and given one that it did not have', async () => {
    const tenant = await openTenant();
    await tenant.mailbox.put('/file', 'short');
    const outside = { start: 3, end: 5 };
    await expect(tenant.drive.read(FILE, { ...live(), range: outside })).rejects.toMatchObject({ code: 'range' });
    expect(await tenant.drive.stat(FILE, live())).toMatchObject({ size: 5 });
    await tenant.mailbox.put('/file', 'longer again');
    tenant.emulator.resetCalls();
    expect((await readAll(tenant, outside)).bytes.toString()).toBe('ger');
    expect(callsOf(tenant)).toEqual(['driveItem-get', 'download']);
  });

  it.each([
    ['in the whole', undefined],
    ['in part', { start: 2, end: 3 }],
  ])('is for later when it is written all the time, %s', async (_, range) => {
    const tenant = await openTenant();
    tenant.emulator.setFault(() => ({ delayUntil: tenant.mailbox.put('/file', NEW) }));
    const error = await tenant.drive.read(FILE, { ...live(), range }).catch(thrown => thrown);
    expect([error.code, error.retryAfterSeconds]).toEqual(['unavailable', 5]);
    expect(callsOf(tenant)).toEqual(Array(3).fill(['download', 'driveItem-get']).flat());
  });

  it.each([
    [401, 'unavailable'],
    [403, 'forbidden'],
    [404, 'unavailable'],
  ])('is not absent because its content host says %i: Graph shows it', async (status, code) => {
    const tenant = await openTenant();
    tenant.emulator.setFault(operation => (operation === 'download' ? { status } : undefined));
    await expect(tenant.drive.read(FILE, live())).rejects.toMatchObject({ code });
    expect(await tenant.drive.stat(FILE, live())).toMatchObject({ size: SIZE });
  });

  it('is absent or a folder only when Graph says so', async () => {
    const tenant = await openTenant();
    tenant.mailbox.remove('/file');
    await expect(tenant.drive.read(FILE, live())).rejects.toMatchObject({ code: 'not-found' });
    await expect(tenant.drive.stat(FILE, live())).rejects.toMatchObject({ code: 'not-found' });
    const { etag } = (await tenant.drive.write(FILE, chunksOf('x'), live())).entry;
    tenant.mailbox.remove('/file');
    tenant.mailbox.mkdir('/file');
    await expect(tenant.drive.read(FILE, live())).rejects.toMatchObject({ code: 'is-folder' });
    const folder = await tenant.drive.stat(FILE, live());
    expect([folder.kind, folder.etag === etag]).toEqual(['folder', false]);
  });
});

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describe('a fresh look', () => {
  it('sees what the cache does not, and tells it to everybody', async () => {
    const { drive, mailbox } = await openTenant();
    const [folder, inside] = [toDrivePath(['folder']), toDrivePath(['folder', 'one'])];
    await mailbox.put('/folder/one', 'one');
    const names = async (fresh: boolean) => (await drive.list(folder, { ...live(), fresh })).map(({ name }) => name);
    expect([await names(false), (await drive.stat(inside, live())).size]).toEqual([['one'], 3]);
    await mailbox.put('/folder/one', 'changed');
    await mailbox.put('/folder/two', 'two');
    expect([await names(false), (await drive.stat(inside, live())).size]).toEqual([['one'], 3]);
    expect((await drive.stat(inside, { ...live(), fresh: true })).size).toBe(7);
    expect((await drive.stat(inside, live())).size).toBe(7);
    expect([await names(true), await names(false)]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    mailbox.remove('/folder/one');
    expect(await names(true)).toEqual(['two']);
    await expect(drive.stat(inside, live())).rejects.toMatchObject({ code: 'not-found' });
  });

  it('finds a folder that was replaced by another, and one that is a file now', async () => {
    const { drive, mailbox } = await openTenant();
    const folder = toDrivePath(['folder']);
    await mailbox.put('/folder/one', 'one');
    await drive.list(folder, live());
    mailbox.remove('/folder');
    await mailbox.put('/folder/two', 'two');
    expect(await drive.list(folder, { ...live(), fresh: true })).toMatchObject([{ name: 'two' }]);
    const inside = toDrivePath(['folder', 'two']);
    expect(await drive.stat(inside, live())).toMatchObject({ size: 3 });
    mailbox.remove('/folder');
    await mailbox.put('/folder/two', 'three');
    expect(await drive.stat(inside, { ...live(), fresh: true })).toMatchObject({ size: 5 });
    mailbox.remove('/folder');
    await mailbox.put('/folder', 'a file');
    await expect(drive.list(folder, { ...live(), fresh: true })).rejects.toMatchObject({ code: 'is-file' });
    await expect(drive.list(toDrivePath(['a:b']), { ...live(), fresh: true })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('the URL of a file', () => {
  it('is another one for whoever says that it does not work, and for everybody after that, one call a second', async () => {
    const tenant = await openTenant();
    const urlOf = async (fresh: boolean) => {
      tenant.emulator.resetCalls();
      const { url } = (await tenant.drive.downloadUrl(FILE, { ...live(), fresh }))!;
      return { url, calls: callsOf(tenant) };
    };
    const first = (await urlOf(false)).url;
    expect(await urlOf(true)).toEqual({ url: first, calls: [] });
    tenant.clock.advance(999);
    expect(await urlOf(true)).toEqual({ url: first, calls: [] });
    tenant.clock.advance(1);
    const second = await urlOf(true);
    expect([second.url === first, second.calls]).toEqual([false, ['driveItem-get']]);
    expect(await urlOf(true)).toEqual({ url: second.url, calls: [] });
    expect(await urlOf(false)).toEqual({ url: second.url, calls: [] });
  });

  it('is not kept for longer than half an hour, however long the cache keeps the file itself', async () => {
    const tenant = await openTenant({}, { ttlMs: 3600_000 });
    const { url } = (await tenant.drive.downloadUrl(FILE, live()))!;
    tenant.clock.advance(30 * 60_000 - 1);
    expect((await tenant.drive.downloadUrl(FILE, live()))!.url).toBe(url);
    tenant.clock.advance(1);
    expect((await tenant.drive.downloadUrl(FILE, live()))!.url).not.toBe(url);
    expect(callsOf(tenant)).toEqual(['driveItem-get']);
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
    await eventually(() => expect(tenant.emulator.activeResponses()).toBe(0));
    expect(callsOf(tenant).at(-1)).toBe(operation);
  });

  it.each([
    ['large', '/file', FILE],
    ['small, and come as a whole by then', '/small', toDrivePath(['small'])],
  ])('before a byte is read leaves nothing open, of a file that is %s', async (_, at, path) => {
    const { drive, emulator, mailbox } = await openTenant();
    if (at !== '/file') {
      await mailbox.put(at, 'small');
    }
    const { body } = await drive.read(path, live());
    await eventually(() => expect(emulator.activeResponses()).toBe(at === '/file' ? 1 : 0));
    await body[Symbol.asyncIterator]().return!();
    await eventually(() => expect(emulator.activeResponses()).toBe(0));
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
    await eventually(() => expect(tenant.emulator.activeResponses()).toBe(0));
    expect(rangesOf(tenant)).toHaveLength(2);
  });
});
