import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator, type EmulatorOptions, type MailboxHandle } from '../../src/emulator/emulator.ts';
import type { HttpCall } from '../../src/graph/transport.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { openOneDrive } from '../support/one-drive.ts';
import { createWire, showing, type Wire, type WireAnswer } from '../support/wire.ts';

const TEXT = 'the bytes of the file';
const PAGE = '<!DOCTYPE html><title>Blocked</title>';

interface Tenant {
  readonly ada: MailboxHandle;
  readonly grace: MailboxHandle;
  readonly wire: Wire;
  readonly dav: Dav;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

/** Two mailboxes behind HTTP, and a wire to Microsoft on which other things can come. */
async function openTenant(options: EmulatorOptions = {}): Promise<Tenant> {
  const emulator = await createEmulator(options);
  const wire = createWire();
  const clock = fakeClock(Date.now());
  const openMailbox = async (name: string) => {
    const mailbox = emulator.addMailbox({ upn: `${name}@contoso.com` });
    const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, clock, wire: wire.wrap, ttlMs: 0 });
    open.push(close);
    return { mailbox, mount: { name, drive, readOnly: false } };
  };
  open.push(() => emulator.close());
  const [ada, grace] = [await openMailbox('ada'), await openMailbox('grace')];
  const door = await startFrontDoor({ mounts: [ada.mount, grace.mount] });
  open.push(() => door.stop());
  return { ada: ada.mailbox, grace: grace.mailbox, wire, dav: davClient(door) };
}

const isDownload = ({ url }: HttpCall) => url.includes('/download.aspx');

/** Every download is answered so. */
function downloads(wire: Wire, instead: WireAnswer): void {
  wire.script = call => (isDownload(call) ? instead : undefined);
}

interface Lie {
  readonly size?: number | undefined;
  readonly hash?: undefined;
}

/** What Graph reports of the file of this name: `undefined` leaves a member out. */
function reporting(name: string, changes: Lie): Wire['wrap'] {
  return showing(item =>
    item.name === name && item.file !== undefined
      ? { ...item, ...('size' in changes ? { size: changes.size } : {}), ...('hash' in changes ? { file: {} } : {}) }
      : item,
  );
}

describe("A1: a client gets the content host's bytes of the file, or nothing", () => {
  const WRONG: [string, WireAnswer][] = [
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: PAGE }],
    ['an empty body', { status: 200, body: '' }],
    ['a cut body of a matching length', { isDone: true, body: TEXT.slice(0, 7) }],
    ['a longer body', { isDone: true, body: `${TEXT} and more` }],
    ['coded bytes', { isDone: true, headers: { 'content-encoding': 'gzip' } }],
    [
      'a page of the very same length',
      { status: 200, headers: { 'content-type': 'text/html' }, body: PAGE.slice(0, 21) },
    ],
  ];

  it.each(WRONG)('GET of %s instead is 502, whole and in part', async (_, instead) => {
    const { ada, wire, dav } = await openTenant();
    await ada.put('/a.bin', TEXT);
    downloads(wire, instead);
    for (const headers of [{}, { Range: 'bytes=0-3' }, { Range: 'bytes=-2' }]) {
      const answer = await dav('GET', '/ada/a.bin', headers as Record<string, string>);
      expect([answer.status, answer.headers.get('etag')]).toEqual([502, null]);
    }
  });

  it('the same bytes without a tag are not of a host that gives tags', async () => {
    const { ada, wire, dav } = await openTenant();
    await ada.put('/a.bin', TEXT);
    expect((await dav('GET', '/ada/a.bin')).text).toBe(TEXT);
    downloads(wire, { status: 200, body: 'x'.repeat(TEXT.length) });
    expect((await dav('GET', '/ada/a.bin')).status).toBe(502);
  });

  it('another range than was asked for is none', async () => {
    const { ada, wire, dav } = await openTenant();
    await ada.put('/a.bin', TEXT);
    downloads(wire, { isDone: true, status: 206, headers: { 'content-range': `bytes 5-8/${TEXT.length}` } });
    expect((await dav('GET', '/ada/a.bin', { Range: 'bytes=0-3' })).status).toBe(502);
  });

  it.each(WRONG)('%s once is looked at afresh, and the file comes', async (_, instead) => {
    const { ada, wire, dav } = await openTenant();
    await ada.put('/a.bin', TEXT);
    let isFirst = true;
    wire.script = call => {
      const answer = isDownload(call) && isFirst ? instead : undefined;
      isFirst &&= !isDownload(call);
      return answer;
    };
    expect(await dav('GET', '/ada/a.bin')).toMatchObject({ status: 200, text: TEXT });
  });

  it.each(['item', 'none', 'weak', 'unquoted', 'other'] as const)(
    'a host whose tags are "%s" is believed by the length',
    async contentHostTag => {
      const { ada, wire, dav } = await openTenant({ contentHostTag });
      await ada.put('/a.bin', TEXT);
      expect(await dav('GET', '/ada/a.bin')).toMatchObject({ status: 200, text: TEXT });
      downloads(wire, { status: 200, body: PAGE });
      expect((await dav('GET', '/ada/a.bin')).status).toBe(502);
    },
  );

  it.each(WRONG)('COPY and MOVE between mounts neither keep %s nor remove the source', async (_, instead) => {
    const { ada, grace, wire, dav } = await openTenant();
    await ada.put('/a.bin', TEXT);
    await ada.put('/folder/b.bin', TEXT);
    await grace.put('/a.bin', 'old');
    downloads(wire, instead);
    for (const [method, name] of [
      ['MOVE', 'a.bin'],
      ['COPY', 'a.bin'],
      ['MOVE', 'folder'],
    ] as const) {
      const answer = await dav(method, `/ada/${name}`, { Destination: `/grace/${name}`, Overwrite: 'T' });
      expect(answer.status).toBe(502);
    }
    expect(Object.keys(ada.tree()).sort()).toEqual(['/a.bin', '/folder/', '/folder/b.bin']);
    expect(Object.keys(grace.tree())).toEqual(['/a.bin']);
    expect((await grace.read('/a.bin')).toString()).toBe('old');
  });

  it('MOVE between mounts compares the hash of what came with that of the source', async () => {
    const { ada, grace, wire, dav } = await openTenant({ contentHostTag: 'none' });
    await ada.put('/a.bin', TEXT);
    downloads(wire, { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: 'x'.repeat(21) });
    expect((await dav('MOVE', '/ada/a.bin', { Destination: '/grace/a.bin' })).status).toBe(502);
    expect([Object.keys(ada.tree()), Object.keys(grace.tree())]).toEqual([['/a.bin'], []]);
  });

  it.each(['MOVE', 'COPY'])('%s of other bytes over a file between mounts leaves the old file', async method => {
    const { ada, grace, wire, dav } = await openTenant({ contentHostTag: 'none' });
    await ada.put('/a.bin', TEXT);
    await grace.put('/a.bin', 'old');
    downloads(wire, { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: 'x'.repeat(21) });
    expect((await dav(method, '/ada/a.bin', { Destination: '/grace/a.bin' })).status).toBe(502);
    expect([(await ada.read('/a.bin')).toString(), (await grace.read('/a.bin')).toString()]).toEqual([TEXT, 'old']);
    expect([Object.keys(ada.tree()), Object.keys(grace.tree())]).toEqual([['/a.bin'], ['/a.bin']]);
  });

  it('MOVE of intact files between mounts succeeds, including Office files', async () => {
    const { ada, grace, dav } = await openTenant();
    await ada.put('/folder/a.bin', TEXT);
    await ada.put('/folder/b.docx', TEXT);
    await ada.put('/folder/empty', '');
    expect((await dav('MOVE', '/ada/folder', { Destination: '/grace/folder' })).status).toBe(201);
    expect(Object.keys(ada.tree())).toEqual([]);
    expect((await grace.read('/folder/b.docx')).toString()).toBe(TEXT);
  });
});

describe('A4: sizes that are not true', () => {
  const LIES = [
    ['is negative', 'page.aspx', { size: -4783 }],
    ['is absent', 'note.bin', { size: undefined }],
    ['is 0', 'zero.bin', { size: 0 }],
    ['is 0 and there is no hash', 'zero.one', { size: 0, hash: undefined }],
    ['is too small', 'book.one', { size: 3, hash: undefined }],
    ['is too small and there is no hash', 'other.bin', { size: 3, hash: undefined }],
  ] as const;

  async function lyingTenant(name: string, changes: Lie): Promise<Dav> {
    const emulator = await createEmulator();
    const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
    await mailbox.put(`/${name}`, TEXT);
    const wire = reporting(name, changes);
    const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, clock: fakeClock(Date.now()), wire });
    const door = await startFrontDoor({ mounts: [{ name: 'ada', drive, readOnly: false }] });
    open.push(
      () => emulator.close(),
      close,
      () => door.stop(),
    );
    return davClient(door);
  }

  it.each(LIES)('a file whose size %s comes whole, with its true length', async (_, name, changes) => {
    const dav = await lyingTenant(name, changes);
    const answer = await dav('GET', `/ada/${name}`);
    expect([answer.status, answer.headers.get('content-length'), answer.text]).toEqual([200, '21', TEXT]);
    expect((await dav('HEAD', `/ada/${name}`)).headers.get('content-length')).toBe('21');
  });

  it.each(LIES)('ranges of a file whose size %s are those of its bytes', async (_, name, changes) => {
    const dav = await lyingTenant(name, changes);
    const ranges = [
      ['bytes=0-3', 206, 'the ', 'bytes 0-3/21'],
      ['bytes=4-', 206, TEXT.slice(4), 'bytes 4-20/21'],
      ['bytes=-4', 206, 'file', 'bytes 17-20/21'],
      ['bytes=10-99', 206, TEXT.slice(10), 'bytes 10-20/21'],
    ] as const;
    for (const [range, status, text, contentRange] of ranges) {
      const answer = await dav('GET', `/ada/${name}`, { Range: range });
      expect([answer.status, answer.text, answer.headers.get('content-range')]).toEqual([status, text, contentRange]);
    }
    const beyond = await dav('GET', `/ada/${name}`, { Range: 'bytes=21-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */21']);
  });

  it.each(LIES)('the first request for a range of a file whose size %s is right at once', async (_, name, changes) => {
    const dav = await lyingTenant(name, changes);
    const answer = await dav('GET', `/ada/${name}`, { Range: 'bytes=4-8' });
    expect([answer.status, answer.text]).toEqual([206, TEXT.slice(4, 9)]);
  });

  it('PROPFIND leaves out a length that nobody can know, until the bytes have come', async () => {
    const dav = await lyingTenant('page.aspx', { size: -4783 });
    const propfind = async () => (await dav('PROPFIND', '/ada/page.aspx', { Depth: '0' })).text;
    expect(await propfind()).not.toContain('<D:getcontentlength>');
    await dav('GET', '/ada/page.aspx');
    expect(await propfind()).toContain('<D:getcontentlength>21</D:getcontentlength>');
  });

  it('a file that is empty is empty, without another call when its hash says so', async () => {
    const dav = await lyingTenant('other', {});
    await dav('PUT', '/ada/empty', {}, '');
    const answer = await dav('GET', '/ada/empty');
    expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([200, '', '0']);
  });
});
