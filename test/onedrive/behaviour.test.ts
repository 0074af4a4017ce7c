import { afterEach, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
  type MailboxSpec,
} from '../../src/emulator/emulator.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type OneDriveTestOptions, type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { expectSameBytes } from '../support/same-bytes.ts';
import { sampleBytes } from '../support/sample-tree.ts';
import { openMemoryState } from '../support/state-engines.ts';

const MIB = 1024 ** 2;
const live = () => ({ signal: new AbortController().signal });
const at = (...names: string[]): DrivePath => toDrivePath(names);

interface Tenant extends OneDriveUnderTest {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(
  options: { emulator?: EmulatorOptions; mailbox?: Partial<MailboxSpec>; drive?: Partial<OneDriveTestOptions> } = {},
): Promise<Tenant> {
  const emulator = await createEmulator(options.emulator);
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com', ...options.mailbox });
  const oneDrive = await openOneDrive(emulator, { mailbox: mailbox.upn, ...options.drive });
  open.push(async () => {
    await oneDrive.close();
    expect(emulator.violations).toEqual([]);
    await emulator.close();
  });
  return { ...oneDrive, emulator, mailbox };
}

/** The operations that Graph and its content hosts have seen since the last time. */
function callsOf(emulator: Emulator): string[] {
  const calls = emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');
  emulator.resetCalls();
  return calls;
}

async function* bytes(size: number, seed = 'x'): AsyncGenerator<Uint8Array> {
  yield* sampleBytes(size, seed);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof DriveError ? error.code : `no DriveError but ${error}`;
}

describe('Graph calls are counted', () => {
  it('reading: one call for a cold deep path, none for a warm one, none for what a listing has shown', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    await mailbox.put('/a/b/c/file.txt', 'hello');
    await drive.stat(at('a', 'b', 'c', 'file.txt'), live());
    expect(callsOf(emulator)).toEqual(['drive-get', 'driveItem-get']);
    await drive.stat(at('a', 'b', 'c', 'FILE.txt'), live());
    expect(callsOf(emulator)).toEqual([]);
    await Array.fromAsync((await drive.read(at('a', 'b', 'c', 'file.txt'), live())).body);
    expect(callsOf(emulator)).toEqual(['download']);
    await drive.list(at('a', 'b', 'c'), live());
    expect(callsOf(emulator)).toEqual(['driveItem-get', 'driveItem-list-children']);
    await drive.list(at('a', 'b', 'c'), live());
    expect(await codeOf(drive.stat(at('a', 'b', 'c', '._file.txt'), live()))).toBe('not-found');
    expect(callsOf(emulator)).toEqual([]);
  });

  it('names that OneDrive cannot hold are absent without a call, and refused without one', async () => {
    const { drive, emulator } = await openTenant();
    for (const name of ['a\\b', 'x\n', 'x'.repeat(256)]) {
      expect(await codeOf(drive.stat(at(name), live()))).toBe('not-found');
      expect(await codeOf(drive.write(at(name), bytes(1), live()))).toBe('bad-name');
      expect(await codeOf(drive.makeFolder(at(name), live()))).toBe('bad-name');
    }
    expect(await codeOf(drive.write(at('d'.repeat(200), 'e'.repeat(200)), bytes(1), live()))).toBe('path-too-long');
    expect(callsOf(emulator)).toEqual([]);
  });

  it('names that OneDrive would not take today are absent by the listing of their folder, and refused', async () => {
    const { drive, emulator } = await openTenant();
    const names = ['con', '~$lock.docx', 'trailing.', ' leading', 'desktop.ini', 'a:b', 'x*'];
    for (const name of names) {
      expect(await codeOf(drive.makeFolder(at(name), live()))).toBe('bad-name');
      expect(callsOf(emulator)).toEqual([]);
    }
    await drive.list(ROOT, live());
    callsOf(emulator);
    for (const name of names) {
      expect(await codeOf(drive.stat(at(name), live()))).toBe('not-found');
      expect(await codeOf(drive.write(at(name), bytes(1), live()))).toBe('bad-name');
    }
    expect(callsOf(emulator)).toEqual([]);
  });

  it('writing: one call for a small file, a session for a large one, one for the rest', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    mailbox.mkdir('/folder');
    await drive.list(at('folder'), live());
    callsOf(emulator);
    await drive.write(at('folder', 'small'), bytes(MIB), { ...live(), length: MIB });
    expect(callsOf(emulator)).toEqual(['driveItem-put-content']);
    await drive.write(at('folder', 'large'), bytes(21 * MIB), { ...live(), length: 21 * MIB });
    expect(callsOf(emulator)).toEqual([
      'driveItem-createUploadSession',
      'upload-fragment',
      'upload-fragment',
      'upload-fragment',
    ]);
    await drive.makeFolder(at('folder', 'sub'), live());
    expect(callsOf(emulator)).toEqual(['driveItem-post-children']);
    await drive.move(at('folder', 'small'), at('folder', 'sub', 'moved'), { ...live(), overwrite: true });
    // The folder was made a moment ago: the name is known to be free.
    expect(callsOf(emulator)).toEqual(['driveItem-update']);
    await drive.remove(at('folder', 'large'), live());
    expect(callsOf(emulator)).toEqual(['driveItem-delete']);
  });

  it('many readers of one cold thing share one call', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    await mailbox.put('/file', 'x');
    await Promise.all(Array.from({ length: 20 }, () => drive.list(ROOT, live())));
    expect(callsOf(emulator).filter(operation => operation === 'driveItem-list-children')).toHaveLength(1);
  });

  it('sees the changes of others when the time of the cache is over', async () => {
    const clock = fakeClock(Date.now());
    const { drive, mailbox } = await openTenant({ drive: { clock, ttlMs: 5000 } });
    expect(await drive.list(ROOT, live())).toEqual([]);
    await mailbox.put('/new', 'x');
    expect(await drive.list(ROOT, live())).toEqual([]);
    clock.advance(5001);
    expect(await drive.list(ROOT, live())).toHaveLength(1);
  });
});

describe('a folder of more than one page', () => {
  it('is listed whole, or not at all', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    for (let index = 0; index < 2100; index += 1) {
      mailbox.mkdir(`/big/${index}`);
    }
    expect(await drive.list(at('big'), live())).toHaveLength(2100);
    expect(callsOf(emulator).filter(operation => operation === 'driveItem-list-children')).toHaveLength(3);
    mailbox.mkdir('/big2');
    for (let index = 0; index < 1100; index += 1) {
      mailbox.mkdir(`/big2/${index}`);
    }
    let pages = 0;
    emulator.setFault(operation =>
      operation === 'driveItem-list-children' && ++pages > 1 ? { status: 429, retryAfter: '120' } : undefined,
    );
    expect(await codeOf(drive.list(at('big2'), live()))).toBe('throttled');
  });
});

describe('failures are reported as what they are', () => {
  it.each([
    [429, '60', 'throttled'],
    [503, '60', 'unavailable'],
    [500, undefined, 'upstream'],
    [401, undefined, 'unavailable'],
    [403, undefined, 'forbidden'],
    [423, undefined, 'locked'],
    [507, undefined, 'quota'],
    [504, undefined, 'timeout'],
  ])('a listing that Graph answers with %i (Retry-After %s) is %s, never empty', async (status, retryAfter, code) => {
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    await mailbox.put('/file', 'x');
    await drive.stat(ROOT, live());
    emulator.setFault(operation => (operation === 'driveItem-list-children' ? { status, retryAfter } : undefined));
    const error = (await drive.list(ROOT, live()).catch((thrown: unknown) => thrown)) as DriveError;
    expect(error).toBeInstanceOf(DriveError);
    expect(error.code).toBe(code);
    if (retryAfter !== undefined) {
      expect(error.retryAfterSeconds).toBeGreaterThan(0);
    }
  });

  it('a connection that is cut is unavailable; one that is cut once is tried again', async () => {
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    await mailbox.put('/file', 'x');
    let cuts = 1;
    emulator.setFault(operation => (operation === 'driveItem-get' && cuts-- > 0 ? { cut: true } : undefined));
    expect(await drive.stat(at('file'), live())).toMatchObject({ size: 1 });
    emulator.setFault(operation => (operation === 'driveItem-get' ? { cut: true } : undefined));
    expect(await codeOf(drive.stat(at('other'), live()))).toBe('unavailable');
  });

  it('waits out a short Retry-After, and then everybody continues', async () => {
    const clock = fakeClock(Date.now());
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock }, emulator: { clock } });
    await mailbox.put('/file', 'x');
    let refusals = 1;
    emulator.setFault(operation =>
      operation === 'driveItem-get' && refusals-- > 0 ? { status: 429, retryAfter: '2.5' } : undefined,
    );
    expect(await drive.stat(at('file'), live())).toMatchObject({ size: 1 });
    expect(clock.slept).toEqual([2500]);
  });

  it.each([
    ['no-mysite', 'not-found', /has no OneDrive yet/],
    ['no-mysite-url', 'not-found', /has no OneDrive yet/],
    ['file-not-found', 'not-found', /has no OneDrive yet/],
    ['no-licence', 'not-found', /no SharePoint licence/],
    ['locked', 'unavailable', /locked or archived/],
  ] as const)(
    'a mailbox whose drive is %s is %s, and the log names cause and cure, once',
    async (condition, code, cure) => {
      const { drive, emulator, logged } = await openTenant({ mailbox: { drive: condition } });
      expect(await codeOf(drive.list(ROOT, live()))).toBe(code);
      expect(await codeOf(drive.list(ROOT, live()))).toBe(code);
      expect(logged.filter(line => JSON.parse(line).msg.match(cure))).toHaveLength(1);
      // Asking again and again would get the address of this server throttled.
      expect(callsOf(emulator)).toEqual(['drive-get']);
    },
  );

  it.each([
    ['a wrong secret', { clientSecret: 'wrong' }, {}, /AADSTS7000215.*copy the secret's Value/],
    ['an expired secret', {}, { secretExpired: true }, /AADSTS7000222.*expired/],
    ['a disabled application', {}, { disabled: true }, /AADSTS7000112.*disabled/],
    ['missing consent', {}, { roles: [] }, /grant admin consent/],
  ])('with %s the mount is unavailable and the log says what to do', async (_, drive, application, cure) => {
    const tenant = await openTenant();
    tenant.emulator.setApplication(application);
    const broken = await openOneDrive(tenant.emulator, { mailbox: tenant.mailbox.upn, ...drive });
    open.push(broken.close);
    expect(await codeOf(broken.drive.list(ROOT, live()))).toBe('unavailable');
    expect(broken.logged.join('\n')).toMatch(cure);
  });

  it('an unknown mailbox is not-found; a renamed one keeps working by its pinned drive', async () => {
    const { driveIds } = openMemoryState();
    const { drive, emulator, mailbox } = await openTenant({ drive: { driveIds } });
    await mailbox.put('/file', 'x');
    await drive.list(ROOT, live());
    mailbox.rename('ada.byron@contoso.com');
    const again = await openOneDrive(emulator, { mailbox: 'ada@contoso.com', driveIds });
    open.push(again.close);
    expect(await again.drive.list(ROOT, live())).toHaveLength(1);
    const unpinned = await openOneDrive(emulator, { mailbox: 'ada@contoso.com' });
    open.push(unpinned.close);
    expect(await codeOf(unpinned.drive.list(ROOT, live()))).toBe('not-found');
    expect(unpinned.logged.join('\n')).toMatch(/no such user; check the address/);
  });
});

describe('uploads', () => {
  it('that are given up half-way leave the old file and no session', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    await mailbox.put('/file', 'old');
    const client = new AbortController();
    const body = async function* () {
      yield* sampleBytes(12 * MIB, 'a');
      client.abort();
      yield* sampleBytes(12 * MIB, 'b');
    };
    const writing = drive.write(at('file'), body(), { signal: client.signal, length: 24 * MIB });
    expect(await codeOf(writing)).toBe('aborted');
    expect((await mailbox.read('/file')).toString()).toBe('old');
    expect(emulator.openUploadSessions()).toBe(0);
    expect(callsOf(emulator)).toContain('upload-session-cancel');
  });

  it('that the host refuses half-way leave the old file and no session', async () => {
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    await mailbox.put('/file', 'old');
    let fragments = 0;
    emulator.setFault(operation =>
      operation === 'upload-fragment' && ++fragments > 1 ? { status: 507, code: 'quotaLimitReached' } : undefined,
    );
    expect(await codeOf(drive.write(at('file'), bytes(24 * MIB), { ...live(), length: 24 * MIB }))).toBe('quota');
    expect((await mailbox.read('/file')).toString()).toBe('old');
    expect(emulator.openUploadSessions()).toBe(0);
  });

  it('whose fragment was stored although its answer was lost go on where the host is', async () => {
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    let lost = 1;
    emulator.setFault(operation =>
      operation === 'upload-fragment' && lost-- > 0 ? { after: { status: 503 } } : undefined,
    );
    await drive.write(at('file'), bytes(24 * MIB), { ...live(), length: 24 * MIB });
    expectSameBytes(await mailbox.read('/file'), Buffer.concat([...sampleBytes(24 * MIB, 'x')]));
    expect(callsOf(emulator)).toContain('upload-session-status');
  });

  it('whose last answer was lost are recognised as stored', async () => {
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    let fragments = 0;
    emulator.setFault(operation =>
      operation === 'upload-fragment' && ++fragments === 2 ? { after: { status: 503 } } : undefined,
    );
    const { entry } = await drive.write(at('file'), bytes(12 * MIB), { ...live(), length: 12 * MIB });
    expect(entry.size).toBe(12 * MIB);
    expect(mailbox.stat('/file')?.size).toBe(12 * MIB);
  });

  it('whose last answer has no body are read again', async () => {
    const { drive } = await openTenant({ emulator: { emptyCommitBody: true } });
    const { entry, created } = await drive.write(at('file'), bytes(12 * MIB), { ...live(), length: 12 * MIB });
    expect([entry.size, created]).toEqual([12 * MIB, true]);
  });

  it('without a length are spooled when they are long, within a bound, and leave no spool behind', async () => {
    const { drive, mailbox } = await openTenant({ drive: { maxSpoolBytes: 8 * MIB } });
    await drive.write(at('long'), bytes(7 * MIB), live());
    expect(mailbox.stat('/long')?.size).toBe(7 * MIB);
    expect(await codeOf(drive.write(at('longer'), bytes(9 * MIB), live()))).toBe('too-large');
    expect(mailbox.stat('/longer')).toBeUndefined();
  });

  it('with a time make one version, not two', async () => {
    const { drive, mailbox } = await openTenant();
    const modified = new Date('2020-01-02T03:04:05Z');
    for (const size of [10, 5 * MIB]) {
      await drive.write(at(`file ${size}`), bytes(size), { ...live(), length: size, modified });
      expect(mailbox.stat(`/file ${size}`)).toMatchObject({ versions: 1, modified });
    }
  });

  it('into a full drive are quota', async () => {
    const { drive } = await openTenant({ mailbox: { quotaBytes: MIB } });
    expect(await codeOf(drive.write(at('file'), bytes(2 * MIB), { ...live(), length: 2 * MIB }))).toBe('quota');
  });
});

describe('downloads', () => {
  it('that are given up close the upstream at once', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    await mailbox.put('/big', bytes(64 * MIB));
    const { body } = await drive.read(at('big'), live());
    for await (const _ of body) {
      break;
    }
    await eventually(() => expect(emulator.activeResponses()).toBe(0));
  });

  it('that are cut half-way fail and do not end early', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    await mailbox.put('/file', bytes(MIB));
    emulator.setFault(operation => (operation === 'download' ? { cut: true, afterBytes: 1000 } : undefined));
    const { body } = await drive.read(at('file'), live());
    expect(await codeOf(Array.fromAsync(body))).toBe('unavailable');
  });

  it('whose URL has expired get a fresh one', async () => {
    const clock = fakeClock(Date.now());
    const { drive, emulator, mailbox } = await openTenant({ emulator: { clock } });
    await mailbox.put('/file', 'hello');
    await drive.stat(at('file'), live());
    clock.advance(2 * 60 * 60 * 1000);
    // The token has expired as well; both are replaced without anybody noticing.
    const { body } = await drive.read(at('file'), live());
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('hello');
    expect(callsOf(emulator).filter(operation => operation === 'download')).toHaveLength(2);
  });

  it('never show their URL in an error or the log', async () => {
    const { drive, emulator, mailbox, logged } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    await mailbox.put('/file', 'x');
    emulator.setFault(operation =>
      operation === 'download' ? { status: 500, message: 'see https://x/download.aspx?tempauth=v1.abcdef' } : undefined,
    );
    const error = (await drive.read(at('file'), live()).catch((thrown: unknown) => thrown)) as Error;
    expect(`${error.message} ${error.stack} ${(error.cause as Error).message} ${logged.join()}`).not.toContain(
      'v1.abcdef',
    );
  });
});

describe('replacing', () => {
  it.each(['copy', 'move'] as const)('%s puts the old target back when Graph fails', async operation => {
    const { drive, emulator, mailbox } = await openTenant({ drive: { clock: fakeClock(Date.now()) } });
    await mailbox.put('/from/new', 'new');
    await mailbox.put('/to/old', 'old');
    let updates = 0;
    emulator.setFault(name =>
      name === 'driveItem-copy' || (operation === 'move' && name === 'driveItem-update' && ++updates === 2)
        ? { status: 403, code: 'accessDenied' }
        : undefined,
    );
    const options = { ...live(), overwrite: true, depth: 'infinity' as const };
    expect(await codeOf(drive[operation](at('from'), at('to'), options))).toBe('forbidden');
    expect(Object.keys(mailbox.tree()).sort()).toEqual(['/from/', '/from/new', '/to/', '/to/old']);
  });
});
