import { afterEach, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import type { HttpCall } from '../../src/graph/transport.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { createWire, type Wire, type WireAnswer } from '../support/wire.ts';

const live = () => ({ signal: new AbortController().signal });
const at = (...names: string[]): DrivePath => toDrivePath(names);
const MODIFIED = new Date('2020-01-02T03:04:05Z');

interface Tenant extends OneDriveUnderTest {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly wire: Wire;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant({ ttlMs }: { ttlMs?: number } = {}): Promise<Tenant> {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const wire = createWire();
  const oneDrive = await openOneDrive(emulator, {
    mailbox: mailbox.upn,
    clock: fakeClock(Date.now()),
    wire: wire.wrap,
    ttlMs,
  });
  open.push(async () => {
    await oneDrive.close();
    expect(emulator.violations).toEqual([]);
    expect(emulator.openUploadSessions()).toBe(0);
    await emulator.close();
  });
  return { ...oneDrive, emulator, mailbox, wire };
}

const isFragment = ({ method, headers }: HttpCall) => method === 'PUT' && headers?.['content-range'] !== undefined;
const isPutContent = ({ method, url }: HttpCall) => method === 'PUT' && url.includes(':/content?');
const isPatch = ({ method }: HttpCall) => method === 'PATCH';
const isDelete = ({ method, url }: HttpCall) => method === 'DELETE' && url.includes('graph.microsoft.com');
const isMkdir = ({ method, url }: HttpCall) => method === 'POST' && url.endsWith('/children');

/** The first `count` requests of a kind are answered so; `Infinity` for all. */
function answering(wire: Wire, is: (call: HttpCall) => boolean, instead: WireAnswer | 'cut', count = 1): () => number {
  let seen = 0;
  wire.script = call => {
    if (!is(call)) {
      return undefined;
    }
    seen += 1;
    return seen <= count ? instead : undefined;
  };
  return () => seen;
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Writes through the simple PUT, or, with a time, through a session. */
const write = ({ drive }: Tenant, name: string, text: string, way: 'simple' | 'session', expect?: { kind: 'absent' }) =>
  drive.write(at(name), bytes(text), {
    ...live(),
    length: text.length,
    expect,
    ...(way === 'session' ? { modified: MODIFIED } : {}),
  });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof DriveError ? error.code : `no DriveError but ${error}`;
}

const WAYS = [
  ['simple', isPutContent],
  ['session', isFragment],
] as const;

describe('A2: success is a status that means it', () => {
  describe.each(WAYS)('a write (%s)', (way, isCommit) => {
    it.each<[string, WireAnswer]>([
      ['204', { status: 204 }],
      ['an empty 200', { status: 200, body: '' }],
      ['302', { status: 302, headers: { location: 'https://login.example/' } }],
      ['200 and a page', { status: 200, body: '<!DOCTYPE html><title>Block</title>' }],
      ['200 and JSON that is no item', { status: 200, body: '{}' }],
    ])('that is answered %s and not done is no success, and the old file stays', async (_, instead) => {
      const tenant = await openTenant();
      await tenant.mailbox.put('/file.bin', 'old');
      answering(tenant.wire, isCommit, instead, Number.POSITIVE_INFINITY);
      expect(await codeOf(write(tenant, 'file.bin', 'new content', way))).toBe('upstream');
      expect((await tenant.mailbox.read('/file.bin')).toString()).toBe('old');
    });

    it('of a new file that is acknowledged and not there is no success, and no absence that a client asked about', async () => {
      const tenant = await openTenant();
      answering(tenant.wire, isCommit, { status: 200, body: '' }, Number.POSITIVE_INFINITY);
      expect(await codeOf(write(tenant, 'file.bin', 'new content', way))).toBe('upstream');
      expect(tenant.mailbox.stat('/file.bin')).toBeUndefined();
    });

    it('of an Office file, whose bytes prove nothing, is done when there is a new version', async () => {
      const tenant = await openTenant();
      await tenant.mailbox.put('/file.docx', 'old');
      answering(tenant.wire, isCommit, { status: 200, body: '' }, Number.POSITIVE_INFINITY);
      expect(await codeOf(write(tenant, 'file.docx', 'new', way))).toBe('upstream');
      answering(tenant.wire, isCommit, { isDone: true, status: 200, body: '' }, Number.POSITIVE_INFINITY);
      expect(await write(tenant, 'file.docx', 'new', way)).toMatchObject({ created: false });
      expect((await tenant.mailbox.read('/file.docx')).toString()).toBe('new');
    });

    it('whose empty answer hides another file of the same length is no success', async () => {
      const tenant = await openTenant();
      answering(tenant.wire, isCommit, { status: 200, body: '' }, Number.POSITIVE_INFINITY);
      const writing = write(tenant, 'file.bin', 'mine', way);
      await tenant.mailbox.put('/file.bin', 'them');
      expect(await codeOf(writing)).toBe('upstream');
      expect((await tenant.mailbox.read('/file.bin')).toString()).toBe('them');
    });

    it.each<[string, WireAnswer]>([
      ['an empty 200', { isDone: true, status: 200, body: '' }],
      ['204', { isDone: true, status: 204, body: '' }],
      ['a page', { isDone: true, status: 200, body: '<html>' }],
    ])('that is done and answered with %s is recognised', async (_, instead) => {
      const tenant = await openTenant();
      await tenant.mailbox.put('/file.bin', 'old');
      answering(tenant.wire, isCommit, instead, Number.POSITIVE_INFINITY);
      const { entry, created } = await write(tenant, 'file.bin', 'new content', way);
      expect([entry.size, created]).toEqual([11, false]);
      expect((await tenant.mailbox.read('/file.bin')).toString()).toBe('new content');
    });
  });

  it.each<[string, WireAnswer]>([
    ['204', { status: 204 }],
    ['302', { status: 302, headers: { location: 'https://login.example/' } }],
    ['202', { status: 202 }],
    ['200 and a page', { status: 200, body: '<html>' }],
  ])('DELETE, rename, times and MKCOL that are answered %s and not done are errors', async (name, instead) => {
    const tenant = await openTenant({ ttlMs: 0 });
    const { drive, mailbox, wire } = tenant;
    await mailbox.put('/file', 'x');
    for (const [operation, is] of [
      [() => drive.remove(at('file'), live()), isDelete],
      [() => drive.move(at('file'), at('other'), { ...live(), overwrite: true }), isPatch],
      [() => drive.setTimes(at('file'), { modified: MODIFIED }, live()), isPatch],
      [() => drive.makeFolder(at('folder'), live()), isMkdir],
    ] as const) {
      if (is === isDelete && name === '204') {
        continue;
      }
      answering(wire, is, instead, Number.POSITIVE_INFINITY);
      expect(await codeOf(operation())).toBe('upstream');
    }
    wire.script = undefined;
    expect(Object.keys(mailbox.tree())).toEqual(['/file']);
    expect(await drive.stat(at('file'), { ...live(), fresh: true })).not.toMatchObject({ modified: MODIFIED });
  });

  it('a part of an upload that is called the whole file ends it', async () => {
    const tenant = await openTenant();
    const size = 12 * 1024 ** 2;
    answering(tenant.wire, isFragment, { isDone: true, status: 201, body: '{"id":"x","file":{}}' });
    const body = async function* () {
      yield Buffer.alloc(size);
    };
    expect(await codeOf(tenant.drive.write(at('big'), body(), { ...live(), length: size }))).toBe('upstream');
    expect(tenant.mailbox.tree()).toEqual({});
  });

  it('a copy that is answered 200 without a monitor is an error', async () => {
    const { drive, mailbox, wire } = await openTenant();
    await mailbox.put('/file', 'x');
    answering(wire, ({ url }) => url.includes('/copy?'), { status: 200 }, Number.POSITIVE_INFINITY);
    const copying = drive.copy(at('file'), at('copy'), { ...live(), overwrite: true, depth: 'infinity' });
    expect(await codeOf(copying)).toBe('upstream');
  });
});

describe('A3: one place reads bodies and retries, and our own retries change no answer', () => {
  it.each<[string, WireAnswer]>([
    ['breaks off', { isDone: true, cutAfter: 20 }],
    ['is no JSON', { isDone: true, body: '{"value":[{"id":' }],
    ['is a page', { status: 200, body: '<html>portal</html>' }],
  ])('a listing whose body %s once is asked for again, and is an error for good', async (_, instead) => {
    const { drive, mailbox, wire } = await openTenant({ ttlMs: 0 });
    await mailbox.put('/file', 'x');
    const isListing = ({ url }: HttpCall) => url.includes('/children?');
    answering(wire, isListing, instead);
    expect(await drive.list(ROOT, live())).toHaveLength(1);
    const seen = answering(wire, isListing, instead, Number.POSITIVE_INFINITY);
    expect(['upstream', 'unavailable']).toContain(await codeOf(drive.list(ROOT, live())));
    expect(seen()).toBe(4);
  });

  describe.each(WAYS)('a write (%s) that is done and', (way, isCommit) => {
    it.each<[string, WireAnswer, number]>([
      ['whose answer is lost', { isDone: true, status: 503 }, 1],
      ['whose answers are all lost', { isDone: true, status: 503 }, Number.POSITIVE_INFINITY],
      ['whose body breaks off', { isDone: true, cutAfter: 5 }, 1],
      ['whose body always breaks off', { isDone: true, cutAfter: 5 }, Number.POSITIVE_INFINITY],
      ['whose body is cut short', { isDone: true, body: '{"id":"0' }, Number.POSITIVE_INFINITY],
    ])('%s is 201, also for who asked for a free name', async (_, instead, count) => {
      const tenant = await openTenant();
      answering(tenant.wire, isCommit, instead, count);
      expect(await write(tenant, 'new.bin', 'content', way, { kind: 'absent' })).toMatchObject({ created: true });
      expect((await tenant.mailbox.read('/new.bin')).toString()).toBe('content');
    });
  });

  it('a name that somebody else has taken meanwhile is a clash all the same', async () => {
    const tenant = await openTenant();
    let isFirst = true;
    tenant.wire.script = call => {
      if (isPutContent(call) && isFirst) {
        isFirst = false;
        void tenant.mailbox.put('/new.bin', 'theirs');
        return { status: 503 };
      }
      return undefined;
    };
    expect(await codeOf(write(tenant, 'new.bin', 'ours..', 'simple', { kind: 'absent' }))).toBe('precondition');
    expect((await tenant.mailbox.read('/new.bin')).toString()).toBe('theirs');
  });

  it.each<[string, WireAnswer, number]>([
    ['was lost', { isDone: true, status: 503 }, 1],
    ['broke off', { isDone: true, status: 200, body: '{"a":1}', cutAfter: 2 }, 1],
    ['is always lost', { isDone: true, status: 504 }, Number.POSITIVE_INFINITY],
  ])('a DELETE, a rename and an MKCOL whose answer %s are done', async (_, instead, count) => {
    const { drive, mailbox, wire } = await openTenant();
    await mailbox.put('/gone', 'x');
    await mailbox.put('/old', 'y');
    await drive.list(ROOT, live());
    answering(wire, isDelete, instead, count);
    await drive.remove(at('gone'), live());
    answering(wire, isPatch, instead, count);
    await drive.move(at('old'), at('new'), { ...live(), overwrite: false });
    await drive.list(ROOT, live());
    answering(wire, isMkdir, instead, count);
    await drive.makeFolder(at('folder'), live());
    wire.script = undefined;
    expect(Object.keys(mailbox.tree()).sort()).toEqual(['/folder/', '/new']);
  });

  it('a folder of somebody else is none of ours', async () => {
    const { drive, mailbox, wire } = await openTenant();
    mailbox.mkdir('/folder');
    answering(wire, isMkdir, { status: 503 });
    expect(await codeOf(drive.makeFolder(at('folder'), live()))).toBe('unavailable');
  });
});

describe('B6: absence is proven', () => {
  const PAGE = { status: 404, body: '<html>Not found. Proxy error</html>' };
  const OTHER = { status: 404, body: '{"error":{"code":"UnknownError","message":"?"}}' };
  const STRAY = { status: 404, body: '{"error":{"code":"itemNotFound","message":"The resource could not be found."}}' };
  const isGraph = ({ url }: HttpCall) => url.includes('graph.microsoft.com');

  it.each([
    ['a page', PAGE],
    ['an empty body', { status: 404 }],
    ['another code', OTHER],
  ])('a 404 with %s proves nothing, and nothing of it is kept', async (_, instead) => {
    const { drive, mailbox, wire } = await openTenant();
    await mailbox.put('/dir/a.txt', 'x');
    await drive.prepare(ROOT, live());
    answering(wire, isGraph, instead, Number.POSITIVE_INFINITY);
    const looks = () => [
      drive.stat(at('dir', 'a.txt'), live()),
      drive.list(at('dir'), live()),
      drive.read(at('dir', 'a.txt'), live()),
      drive.remove(at('dir', 'a.txt'), live()),
      drive.write(at('dir', 'b.txt'), bytes('b'), { ...live(), length: 1 }),
      drive.makeFolder(at('dir', 'c'), live()),
      drive.quota(ROOT, live()),
    ];
    expect(await Promise.all(looks().map(codeOf))).toEqual(Array(7).fill('upstream'));
    wire.script = undefined;
    expect(await drive.stat(at('dir', 'a.txt'), live())).toMatchObject({ size: 1 });
    expect(await drive.list(at('dir'), live())).toHaveLength(1);
  });

  it.each(['ResourceNotFound', 'Request_ResourceNotFound', 'itemNotFound'])(
    'one stray %s of the root does not close a mailbox that was open',
    async code => {
      const { drive, mailbox, wire } = await openTenant({ ttlMs: 0 });
      await mailbox.put('/a.txt', 'x');
      const stray = { status: 404, body: JSON.stringify({ error: { code, message: 'The resource is not there.' } }) };
      await drive.stat(ROOT, live());
      for (const look of [
        () => drive.stat(ROOT, live()),
        () => drive.list(ROOT, live()),
        () => drive.stat(at('a.txt'), live()),
      ]) {
        answering(wire, isGraph, stray);
        await look();
      }
    },
  );

  it('one stray itemNotFound does not remove what was seen before', async () => {
    const { drive, mailbox, wire } = await openTenant({ ttlMs: 0 });
    await mailbox.put('/dir/a.txt', 'x');
    await drive.list(ROOT, live());
    await drive.list(at('dir'), live());
    for (const look of [
      () => drive.stat(at('dir', 'a.txt'), live()),
      () => drive.stat(at('dir'), live()),
      () => drive.list(at('dir'), live()),
    ]) {
      answering(wire, isGraph, STRAY);
      await look();
    }
    answering(wire, ({ url }) => url.includes('/children'), STRAY);
    expect(await drive.list(at('dir'), live())).toHaveLength(1);
    answering(wire, isDelete, STRAY);
    await drive.remove(at('dir', 'a.txt'), live());
    expect(Object.keys(mailbox.tree())).toEqual(['/dir/']);
  });

  it("a known item is 404 after Graph's second answer, an unseen one after the first", async () => {
    const { drive, mailbox, emulator } = await openTenant({ ttlMs: 0 });
    await mailbox.put('/a.txt', 'x');
    await drive.list(ROOT, live());
    mailbox.remove('/a.txt');
    emulator.resetCalls();
    expect(await codeOf(drive.stat(at('a.txt'), live()))).toBe('not-found');
    expect(emulator.calls).toHaveLength(2);
    expect(await codeOf(drive.stat(at('never.txt'), live()))).toBe('not-found');
    expect(emulator.calls).toHaveLength(3);
  });

  it('one stray itemNotFound about what nobody has seen hides it from one request only', async () => {
    const { drive, mailbox, wire, emulator } = await openTenant();
    await mailbox.put('/dir/a.txt', 'x');
    await drive.prepare!(ROOT, live());
    mailbox.mkdir('/other');
    for (const path of [at('dir', 'a.txt'), at('other')]) {
      answering(wire, isGraph, STRAY);
      const request = live();
      expect(await codeOf(drive.stat(path, request))).toBe('not-found');
      wire.script = undefined;
      emulator.resetCalls();
      expect(await codeOf(drive.stat(path, request))).toBe('not-found');
      expect(emulator.calls).toEqual([]);
      expect(await drive.stat(path, live())).toMatchObject({ kind: path.length === 1 ? 'folder' : 'file' });
    }
  });

  it('a stray itemNotFound about a folder does not hide what is in it', async () => {
    const { drive, mailbox, wire } = await openTenant();
    await mailbox.put('/dir/a.txt', 'x');
    await drive.prepare!(ROOT, live());
    answering(wire, isGraph, STRAY);
    expect(await codeOf(drive.list(at('dir'), live()))).toBe('not-found');
    expect(await drive.stat(at('dir', 'a.txt'), live())).toMatchObject({ size: 1 });
    expect(await drive.list(at('dir'), live())).toHaveLength(1);
  });

  it('a stray itemNotFound of a look past the cache takes nothing out of a listing', async () => {
    const { drive, mailbox, wire } = await openTenant();
    await drive.list(ROOT, live());
    await mailbox.put('/a.txt', 'x');
    expect(await drive.stat(at('a.txt'), { ...live(), fresh: true })).toMatchObject({ size: 1 });
    answering(wire, isGraph, STRAY);
    expect(await drive.stat(at('a.txt'), { ...live(), fresh: true })).toMatchObject({ size: 1 });
    expect(await drive.list(ROOT, live())).toHaveLength(1);
  });

  it('a listing shows what an earlier look has called absent', async () => {
    const { drive, mailbox } = await openTenant();
    for (let look = 0; look < 2; look += 1) {
      expect(await codeOf(drive.stat(at('a.txt'), live()))).toBe('not-found');
    }
    await mailbox.put('/a.txt', 'x');
    await drive.list(ROOT, live());
    expect(await drive.stat(at('a.txt'), live())).toMatchObject({ size: 1 });
  });

  it('an absence that two looks have found is kept: what is not there costs two calls, however often it is asked for', async () => {
    const { drive, emulator } = await openTenant();
    await drive.prepare!(ROOT, live());
    emulator.resetCalls();
    for (let look = 0; look < 5; look += 1) {
      expect(await codeOf(drive.stat(at('never.txt'), live()))).toBe('not-found');
    }
    expect(emulator.calls).toHaveLength(2);
  });

  it('one stray itemNotFound about the root does not hide a drive that was found', async () => {
    const { drive, mailbox, wire } = await openTenant();
    await mailbox.put('/a.txt', 'x');
    await drive.prepare!(ROOT, live());
    answering(wire, isGraph, STRAY);
    expect(await drive.list(ROOT, live())).toHaveLength(1);
  });
});
