import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../../src/emulator/emulator.ts';
import { type ClientHome, makeClientHome } from '../../support/client-home.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { microsoftClient } from '../../support/microsoft-client.ts';
import { type Rclone, type RcloneSignIn, rcloneOnOneDrive } from '../../support/rclone.ts';
import { expectSameBytes } from '../../support/same-bytes.ts';
import { sampleBytes, writeSampleFile, writeSampleTree } from '../../support/sample-tree.ts';
import { kindsOf } from '../../support/violations.ts';

const MIB = 1024 ** 2;
const UPLOADS = /^(driveItem-put-content|driveItem-createUploadSession|upload-fragment)$/;
/** As many processes start here as a slow machine needs minutes for. */
const PATIENT = { timeout: 180_000 };

/** rclone relies on the defaults of every write but copy and mkdir (1.60 and 1.75). */
const LEFT_TO_DEFAULTS = ['createUploadSession', 'post-children', 'put-content', 'update'].map(
  operation => `conflict-behavior: driveItem-${operation} leaves conflictBehavior to a default`,
);

interface Subject {
  /** The program; the one that is installed unless it is given. */
  readonly program?: string;
  readonly strict?: EmulatorOptions['strict'];
  /** All that it does and should not do. */
  readonly violations: readonly string[];
  /** 1.69 or newer: lists by delta, deletes for good, reads permissions. */
  readonly isNew: boolean;
  signIn(emulator: Emulator): Promise<RcloneSignIn>;
}

interface Bench extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly home: ClientHome;
  readonly rclone: Rclone;
}

async function openBench({ program, strict, signIn }: Subject): Promise<Bench> {
  const emulator = await createEmulator({ ...(strict === undefined ? {} : { strict }) });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const home = await makeClientHome();
  const { proxy, caFile } = emulator;
  const remote = { program, driveId: mailbox.driveId, proxy, caFile, env: home.env, ...(await signIn(emulator)) };
  return {
    emulator,
    mailbox,
    home,
    rclone: await rcloneOnOneDrive(home.path, remote),
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]();
      await emulator.close();
    },
  };
}

/** What rclone's own OneDrive backend does in production, against the emulator. */
function behaviour(subject: Subject): void {
  let bench: Bench;
  const at = (name: string) => join(bench.home.path, name);
  const rclone = (...args: string[]) => bench.rclone(...args);
  const operations = () => bench.emulator.calls.map(({ operation }) => operation);
  const deltas = () => bench.emulator.calls.filter(({ path }) => path.includes('/root/delta')).map(call => call.status);
  /** A local file, and the same as rclone has put it at `remote`. */
  const upload = async (remote: string, size: number, seed = remote) => {
    await writeSampleFile(at('one-file'), size, seed);
    await rclone('copyto', '--ignore-times', at('one-file'), `one:${remote}`);
  };
  const expectContent = async (path: string, size: number, seed: string) =>
    expectSameBytes(await bench.mailbox.read(path), Buffer.concat([...sampleBytes(size, seed)]));

  beforeAll(async () => {
    bench = await openBench(subject);
  });
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  });

  it('copies a tree of odd names and sizes there and back, bit for bit', PATIENT, async () => {
    await writeSampleTree(at('tree'), { count: 40, largestBytes: 11 * MIB });
    await rclone('copy', at('tree'), 'one:tree');
    expect((await rclone('check', '--download', at('tree'), 'one:tree')).stderr).toMatch(/ 0 differences found/);
    expect((await rclone('check', at('tree'), 'one:tree')).stderr).toMatch(/ 0 differences found/);
    await rclone('copy', 'one:tree', at('back'));
    expect((await rclone('check', '--download', at('back'), at('tree'))).stderr).toMatch(/ 0 differences found/);
    expect(bench.emulator.openUploadSessions()).toBe(0);
  });

  it('syncs: what is changed is replaced, what is gone is deleted, what is the same stays', PATIENT, async () => {
    const local = at('synced');
    await writeSampleFile(join(local, 'same'), 1000, 'same');
    await writeSampleFile(join(local, 'changed'), 1000, 'before');
    await writeSampleFile(join(local, 'large'), 5 * MIB, 'before');
    await writeSampleFile(join(local, 'sub', 'gone'), 1000, 'gone');
    await rclone('sync', local, 'one:synced');
    const before = bench.mailbox.stat('/synced/changed')?.id;
    await writeSampleFile(join(local, 'changed'), 1200, 'after');
    await writeSampleFile(join(local, 'large'), 6 * MIB, 'after');
    bench.emulator.resetCalls();
    await rclone('sync', '--exclude', 'gone', '--delete-excluded', local, 'one:synced');
    expect(bench.mailbox.stat('/synced/changed')).toMatchObject({ id: before, size: 1200 });
    await expectContent('/synced/large', 6 * MIB, 'after');
    expect(bench.mailbox.stat('/synced/sub/gone')).toBeUndefined();
    expect(operations().filter(operation => operation === 'driveItem-createUploadSession')).toHaveLength(2);
  });

  it.each([
    ['shorter', 2 * MIB],
    ['longer', 21 * MIB],
  ])('updates a file by a session of several fragments; it becomes %s', PATIENT, async (_, size) => {
    await upload('updated', 11 * MIB, 'old');
    const id = bench.mailbox.stat('/updated')?.id;
    bench.emulator.resetCalls();
    await writeSampleFile(at('new'), size, 'new');
    const chunks = ['--onedrive-chunk-size', '5M', '--ignore-times'];
    await rclone('copyto', ...chunks, at('new'), 'one:updated');
    await expectContent('/updated', size, 'new');
    expect(bench.mailbox.stat('/updated')?.id).toBe(id);
    const fragments = operations().filter(operation => operation === 'upload-fragment');
    expect(fragments).toHaveLength(Math.ceil(size / (5 * MIB)));
  });

  it('sees times and QuickXorHash, and sets times', PATIENT, async () => {
    await writeSampleFile(at('dated'), 70_000, 'dated');
    const modified = new Date('2020-02-03T04:05:06Z');
    await utimes(at('dated'), modified, modified);
    await rclone('copyto', at('dated'), 'one:times/dated');
    await rclone('touch', '--timestamp', '2021-03-04T05:06:07', 'one:times/touched');
    const listed = JSON.parse((await rclone('lsjson', '--hash', 'one:times')).stdout) as Record<string, unknown>[];
    const hash = Buffer.from(bench.mailbox.tree()['/times/dated']!.quickXorHash!, 'base64').toString('hex');
    expect(listed).toMatchObject([
      { Path: 'dated', Size: 70_000, ModTime: '2020-02-03T04:05:06Z', Hashes: { quickxor: hash } },
      { Path: 'touched', Size: 0, ModTime: '2021-03-04T05:06:07Z' },
    ]);
    await rclone('touch', '--timestamp', '2022-01-01T00:00:00', 'one:times/dated');
    expect(bench.mailbox.stat('/times/dated')).toMatchObject({ size: 70_000, modified: new Date('2022-01-01') });
  });

  it('copies on the server, keeps the times, and sends no content', PATIENT, async () => {
    await upload('served/sub/a file', 3000);
    await rclone('touch', '--timestamp', '2020-02-03T04:05:06', 'one:served/sub/a file');
    bench.emulator.resetCalls();
    await rclone('copy', 'one:served', 'one:served copy');
    await rclone('copyto', 'one:served/sub/a file', 'one:served/renamed');
    await expectContent('/served copy/sub/a file', 3000, 'served/sub/a file');
    await expectContent('/served/renamed', 3000, 'served/sub/a file');
    expect(bench.mailbox.stat('/served/renamed')?.modified).toEqual(new Date('2020-02-03T04:05:06Z'));
    expect(operations()).toContain('driveItem-copy');
    expect(operations().filter(operation => UPLOADS.test(operation))).toEqual([]);
  });

  it('copies over a file that is there: the old one is replaced on the server', PATIENT, async () => {
    await upload('copied over/from', 3000);
    await upload('copied over/to', 2000);
    await rclone('copyto', 'one:copied over/from', 'one:copied over/to');
    await expectContent('/copied over/to', 3000, 'copied over/from');
  });

  it('moves files and folders on the server and keeps their ids and times', PATIENT, async () => {
    await upload('moving/sub/file', 3000);
    await rclone('touch', '--timestamp', '2020-02-03T04:05:06', 'one:moving/sub/file');
    const { id } = bench.mailbox.stat('/moving/sub/file')!;
    bench.emulator.resetCalls();
    await rclone('moveto', 'one:moving/sub/file', 'one:moving/sub/new name');
    await rclone('move', 'one:moving/sub', 'one:moved');
    const modified = new Date('2020-02-03T04:05:06Z');
    expect(bench.mailbox.stat('/moved/new name')).toMatchObject({ id, modified });
    expect(operations().filter(operation => UPLOADS.test(operation))).toEqual([]);
  });

  it('makes and removes folders; one that holds something is not removed but purged', PATIENT, async () => {
    await rclone('mkdir', 'one:folders/empty/deep');
    await rclone('mkdir', 'one:folders/empty/deep');
    await upload('folders/full/file', 10);
    expect((await bench.rclone.try('rmdir', 'one:folders/full')).code).not.toBe(0);
    await rclone('rmdir', 'one:folders/empty/deep');
    expect(bench.mailbox.stat('/folders/empty/deep')).toBeUndefined();
    expect(bench.mailbox.stat('/folders/full/file')).toBeDefined();
    await rclone('rmdirs', 'one:folders/empty');
    await rclone('purge', 'one:folders/full');
    expect(Object.keys(bench.mailbox.tree()).filter(path => path.startsWith('/folders/'))).toEqual(['/folders/']);
  });

  it('cleans up old versions and never the file itself', PATIENT, async () => {
    for (const seed of ['first', 'second', 'third']) {
      await upload('versions/file', 2000, seed);
    }
    await upload('versions/only one', 100);
    const { id, versions } = bench.mailbox.stat('/versions/file')!;
    expect(versions).toBeGreaterThan(2);
    await rclone('cleanup', 'one:versions');
    expect(bench.mailbox.stat('/versions/file')).toMatchObject({ id, size: 2000, versions: 1 });
    await expectContent('/versions/file', 2000, 'third');
    await expectContent('/versions/only one', 100, 'versions/only one');
  });

  it('with no_versions leaves one version after an update', PATIENT, async () => {
    await upload('unversioned', 2000, 'first');
    await writeSampleFile(at('second'), 3000, 'second');
    await rclone('copyto', '--onedrive-no-versions', at('second'), 'one:unversioned');
    expect(bench.mailbox.stat('/unversioned')).toMatchObject({ size: 3000, versions: 1 });
    await expectContent('/unversioned', 3000, 'second');
  });

  it('makes a link to a file and to a folder', PATIENT, async () => {
    await upload('linked/file', 10);
    for (const path of ['one:linked/file', 'one:linked']) {
      expect((await rclone('link', path)).stdout).toMatch(/^https:\/\/contoso-my\.sharepoint\.com\/\S+\n$/);
    }
    expect(bench.mailbox.stat('/linked/file')).toMatchObject({ size: 10, versions: 1 });
  });

  it('tells the quota', PATIENT, async () => {
    const about = JSON.parse((await rclone('about', '--json', 'one:')).stdout) as Record<string, number>;
    const files = Object.values(bench.mailbox.tree()).reduce((sum, { size }) => sum + size, 0);
    expect(about.total).toBeGreaterThan(1024 ** 4 - 1);
    expect(about.used).toBeGreaterThan(files / 2);
    expect(about.free).toBe(about.total! - about.used!);
  });

  it('removes files that are twice there by their hash', PATIENT, async () => {
    await upload('twice/a', 500, 'same');
    await upload('twice/b', 500, 'same');
    await upload('twice/c', 500, 'other');
    await rclone('dedupe', '--by-hash', '--dedupe-mode', 'first', 'one:twice');
    expect(Object.keys(bench.mailbox.tree()).filter(path => path.startsWith('/twice/'))).toHaveLength(3);
  });

  it('reads a part of a file, and a file as it comes from a pipe', PATIENT, async () => {
    await bench.rclone.fed('from a pipe', 'rcat', 'one:piped');
    const part = await rclone('cat', '--offset', '5', '--count', '3', 'one:piped');
    expect(part.stdout).toBe('a p');
  });

  it('lists more than a page, and the whole tree', PATIENT, async () => {
    for (let index = 0; index < 450; index += 1) {
      bench.mailbox.mkdir(`/many/${index}`);
    }
    expect((await rclone('lsf', '--onedrive-list-chunk', '100', 'one:many')).stdout.trim().split('\n')).toHaveLength(
      450,
    );
  });

  it('goes on after throttled answers', PATIENT, async () => {
    // rclone's pacer waits one call late: the first repetition comes at once, whatever Retry-After says (lib/pacer).
    await using other = await openBench({ ...subject, strict: { ...subject.strict, retryAfter: false } });
    await other.mailbox.put('/throttled/file', 'x');
    let left = 1;
    other.emulator.setFault(operation =>
      operation.startsWith('driveItem-') && left-- > 0 ? { status: 429, retryAfter: '1' } : undefined,
    );
    expect((await other.rclone('lsf', 'one:throttled')).stdout).toBe('file\n');
    const statuses = other.emulator.calls.filter(({ operation }) => operation === 'driveItem-get');
    expect(statuses.map(({ status }) => status).slice(0, 2)).toEqual([429, 200]);
  });

  it('hears of changes that others make', PATIENT, async () => {
    const options = ['--poll-interval', '500ms', '--dir-cache-time', '24h', '--addr', '127.0.0.1:0', '--verbose'];
    bench.emulator.resetCalls();
    await using server = bench.rclone.start('serve', 'webdav', ...options, 'one:');
    const url = await eventually(() => servedAt(server.printed));
    // What is changed before it has its first token is not told. It looks for the token in the query of the deltaLink.
    await eventually(() => expect(deltas()).toContain(200));
    expect(await (await fetch(url)).text()).not.toContain('by others');
    // In the root: a delta of Business has no paths, and rclone makes none of ids (onedrive.go, getItemFullPath).
    await bench.mailbox.put('/by others', 'x');
    await eventually(async () => expect(await (await fetch(url)).text()).toContain('by others'), 250);
  });

  it.runIf(subject.isNew)('lists a whole drive by delta', PATIENT, async () => {
    const listed = async (...options: string[]) =>
      (await rclone('lsf', '-R', ...options, 'one:')).stdout.trim().split('\n').sort();
    bench.emulator.resetCalls();
    const byDelta = await listed('--onedrive-delta', '--fast-list');
    expect(operations()).not.toContain('driveItem-list-children');
    expect(byDelta).toEqual(await listed());
  });

  it.runIf(subject.isNew)('deletes for good', PATIENT, async () => {
    await upload('for good/file', 10);
    bench.emulator.resetCalls();
    await rclone('deletefile', '--onedrive-hard-delete', 'one:for good/file');
    expect(bench.mailbox.stat('/for good/file')).toBeUndefined();
    expect(operations()).toContain('driveItem-permanentDelete');
    expect(operations()).not.toContain('driveItem-delete');
  });

  it.runIf(subject.isNew)('reads metadata and permissions', PATIENT, async () => {
    await upload('described/file', 10);
    const options = ['--metadata', '--onedrive-metadata-permissions', 'read'];
    const [file] = JSON.parse((await rclone('lsjson', ...options, 'one:described')).stdout) as [
      { Metadata: Record<string, string> },
    ];
    // rclone writes the drive's id before an item's.
    expect(file.Metadata.id).toContain(bench.mailbox.stat('/described/file')!.id);
    expect(JSON.parse(file.Metadata.permissions ?? '[]')).toBeInstanceOf(Array);
  });

  it('did nothing wrong besides what is known of it', () => {
    expect(kindsOf(bench.emulator.violations)).toEqual(subject.violations);
  });
}

/** The address in `Serving on http://127.0.0.1:1234/`. */
function servedAt(printed: string): string {
  const url = /(http:\/\/127\.0\.0\.1:[1-9]\d*\/)/.exec(printed)?.[1];
  if (url === undefined) {
    throw new Error(`rclone serves nothing yet:\n${printed}`);
  }
  return url;
}

async function readyToken(emulator: Emulator): Promise<RcloneSignIn> {
  const client = await microsoftClient(emulator);
  try {
    return { accessToken: (await client.token()).json.access_token };
  } finally {
    await client.close();
  }
}

describeWith('rclone', "Debian's rclone with a token that is ready", () =>
  behaviour({
    // 1.60 sends its token to the upload host, which newer ones know better (rclone commit d7cd35e2c).
    strict: { authorizationOnPreAuthenticatedUrl: 'allow' },
    violations: LEFT_TO_DEFAULTS,
    isNew: false,
    signIn: readyToken,
  }),
);

const newest = process.env.RCLONE_NEW;
const newer: Subject = {
  violations: LEFT_TO_DEFAULTS,
  isNew: true,
  signIn: async ({ tenantId, clientId, clientSecret }) => ({ tenantId, clientId, clientSecret }),
};
// Debian has none that knows client_credentials: CI does without, so its absence is no failure there.
if (newest === undefined) {
  it('rclone as an application needs 1.68 or newer', context =>
    context.skip('RCLONE_NEW is not set to the path of an rclone'));
} else {
  describe('the newest rclone, signed in as an application', () => behaviour({ ...newer, program: newest }));
}
