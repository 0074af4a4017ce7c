import { describe, expect, it } from 'vitest';
import { CONFLICT, codesOf, type EmulatedDrive, emulatedDrive, namesOf } from '../support/emulated-drive.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { microsoftClient } from '../support/microsoft-client.ts';

const DOWNLOAD = '@microsoft.graph.downloadUrl';
const sessionOf = ({ post }: EmulatedDrive, path: string, conflict = 'replace') =>
  post(`/root:${path}:/createUploadSession`, { item: { [CONFLICT]: conflict } });

describe('upload sessions', () => {
  it('a second one for a name is 409 whatever conflictBehavior says, until the first is gone', async () => {
    await using bench = await emulatedDrive();
    const first = await sessionOf(bench, '/Big.bin');
    for (const conflict of ['replace', 'fail', 'rename']) {
      expect(codesOf(await sessionOf(bench, '/big.BIN', conflict))).toEqual([409, 'nameAlreadyExists', undefined]);
    }
    expect((await sessionOf(bench, '/other')).status).toBe(200);
    await bench.client.plain(first.json.uploadUrl, { method: 'DELETE' });
    expect((await sessionOf(bench, '/big.bin')).status).toBe(200);
  });

  it('a second one is allowed by switch', async () => {
    await using bench = await emulatedDrive({ secondSession: 'allowed' });
    await sessionOf(bench, '/big');
    expect((await sessionOf(bench, '/big')).status).toBe(200);
  });

  it('without conflictBehavior they replace by default', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/a.txt', 'alpha');
    const { uploadUrl } = (await bench.post('/root:/a.txt:/createUploadSession', { item: {} })).json;
    expect((await bench.fragment(uploadUrl, Buffer.from('beta'), 0, 4)).status).toBe(200);
    expect((await bench.mailbox.read('/a.txt')).toString()).toBe('beta');
  });

  it.each([
    ['replace', 200],
    ['fail', 409],
  ] as const)('without conflictBehavior they %s by switch', async (sessionConflictDefault, status) => {
    await using bench = await emulatedDrive({ sessionConflictDefault });
    await bench.mailbox.put('/a.txt', 'alpha');
    expect((await bench.post('/root:/a.txt:/createUploadSession', { item: {} })).status).toBe(status);
  });
});

describe('a look-up by path that ends in photo', () => {
  it('is 400 without its closing colon', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/Photo', 'x');
    expect((await bench.get('/root:/photo')).status).toBe(400);
    expect((await bench.get('/root:/Photo:')).json.name).toBe('Photo');
    expect((await bench.get('/root:/photo:/content')).status).toBe(302);
    expect((await bench.get('/root:/photos')).status).toBe(404);
  });

  it('is like any other by switch', async () => {
    await using bench = await emulatedDrive({ photoNeedsColon: false });
    await bench.mailbox.put('/photo', 'x');
    expect((await bench.get('/root:/photo')).status).toBe(200);
  });
});

describe('items that no client can make', () => {
  it.each([[-1], [0], [170], [99_999], [null]])(
    'size %s is shown, and the content host serves what is there',
    async size => {
      await using bench = await emulatedDrive();
      await bench.mailbox.plant('/notes.one', { content: '0123456789', shownSize: size, isHashless: true });
      const { json } = await bench.get('/root:/notes.one');
      expect([json.size, json.file.hashes]).toEqual([size ?? undefined, undefined]);
      const served = await bench.client.plain(json[DOWNLOAD]);
      expect([served.text, served.headers['content-length']]).toEqual(['0123456789', '10']);
    },
  );

  it('has no name, or one that is not allowed today, or no facet', async () => {
    await using bench = await emulatedDrive();
    const nameless = await bench.mailbox.plant('/x1', { content: 'x', isNameless: true });
    await bench.mailbox.plant('/a"b:c.txt', { content: 'old' });
    await bench.mailbox.plant('/ ~$lead.txt ', { content: 'old' });
    await bench.mailbox.plant('/bare', { isBare: true });
    const { json } = await bench.get('/root/children');
    const byName = new Map(json.value.map((item: { name?: string }) => [item.name, item]));
    expect([...byName.keys()].sort()).toEqual([' ~$lead.txt ', 'a"b:c.txt', 'bare', undefined]);
    expect(byName.get(undefined)).toMatchObject({ id: nameless, size: 1 });
    for (const facet of ['file', 'folder', 'package', 'remoteItem']) {
      expect(byName.get('bare')).not.toHaveProperty(facet);
    }
    expect((await bench.put('/a"b', 'new')).status).toBe(400);
  });

  it('is a OneNote notebook: it has members, no content, and is not written over', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.plant('/Notebook', { kind: 'package', packageType: 'oneNote' });
    await bench.mailbox.plant('/Notebook/Section.one', { content: 'ink' });
    const { json } = await bench.get('/root:/Notebook');
    expect([json.package, json.file, json.folder, json[DOWNLOAD]]).toEqual([{ type: 'oneNote' }, ...Array(3)]);
    expect(namesOf(await bench.get('/root:/Notebook:/children'))).toEqual(['Section.one']);
    expect((await bench.get('/root:/Notebook:/content')).status).toBe(400);
    expect(codesOf(await bench.put('/Notebook', 'x'))).toEqual([409, 'nameAlreadyExists', undefined]);
    expect(codesOf(await sessionOf(bench, '/Notebook'))).toEqual([409, 'nameAlreadyExists', undefined]);
    expect((await bench.delete('/root:/Notebook')).status).toBe(204);
    const { quota } = (await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).json;
    expect(quota).toMatchObject({ used: 0, fileCount: 0 });
  });

  it('is a shortcut, hidden unless it is asked for', async () => {
    await using bench = await emulatedDrive();
    const bob = bench.emulator.addMailbox({ upn: 'bob@contoso.com' });
    bob.mkdir('/Shared');
    const remoteItem = { driveId: bob.driveId, itemId: bob.stat('/Shared')!.id };
    await bench.mailbox.plant('/Link', { kind: 'remoteItem', remoteItem });
    expect(namesOf(await bench.get('/root/children'))).toEqual([]);
    const shown = await bench.get('/root/children', { prefer: 'Include-Feature=AddToOneDrive' });
    expect(shown.json.value).toMatchObject([
      {
        name: 'Link',
        remoteItem: { id: remoteItem.itemId, name: 'Shared', parentReference: { driveId: bob.driveId } },
      },
    ]);
    expect((await bench.delete('/root:/Link')).status).toBe(204);
    expect(bob.stat('/Shared')?.isFolder).toBe(true);
  });

  it('is a shortcut, and listed by switch', async () => {
    await using bench = await emulatedDrive({ shortcutsNeedPrefer: false });
    await bench.mailbox.plant('/Link', { kind: 'remoteItem', remoteItem: { driveId: 'b!x', itemId: '01X' } });
    expect(namesOf(await bench.get('/root/children'))).toEqual(['Link']);
  });
});

it('malware is reported, and neither host serves it', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/virus.exe', 'EICAR');
  const url = (await bench.get('/root:/virus.exe')).json[DOWNLOAD];
  bench.mailbox.setFacets('/virus.exe', { malware: 'EICAR test' });
  expect((await bench.get('/root:/virus.exe')).json.malware).toEqual({ description: 'EICAR test' });
  expect(codesOf(await bench.get('/root:/virus.exe:/content'))).toEqual([403, 'accessDenied', 'malwareDetected']);
  const refused = await bench.client.plain(url);
  expect([refused.status, refused.headers['x-virus-infected']]).toEqual([403, 'true']);
});

/** Every way to change `/a.txt`. */
const CHANGES: Record<string, (bench: EmulatedDrive) => Promise<{ status: number; json: unknown }>> = {
  'simple PUT': bench => bench.put('/a.txt', 'new'),
  session: bench => sessionOf(bench, '/a.txt'),
  rename: bench => bench.patch('/root:/a.txt', { name: 'b.txt' }),
  times: bench => bench.patch('/root:/a.txt', { fileSystemInfo: { lastModifiedDateTime: '2020-01-01T00:00:00Z' } }),
  delete: bench => bench.delete('/root:/a.txt'),
  permanentDelete: bench => bench.call('/root:/a.txt:/permanentDelete', { method: 'POST' }),
  'a move over it': async bench => {
    await bench.mailbox.put('/other.txt', 'x');
    return bench.patch('/root:/other.txt', { name: 'a.txt', [CONFLICT]: 'replace' });
  },
};

describe.each(Object.keys(CHANGES))('a file that somebody else holds: %s', change => {
  it('is 423 while it is open in Office', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/a.txt', 'alpha');
    bench.mailbox.setFacets('/a.txt', { isLocked: true });
    expect(codesOf((await CHANGES[change]!(bench)) as never)).toEqual([423, 'resourceLocked', 'lockMismatch']);
    expect((await bench.mailbox.read('/a.txt')).toString()).toBe('alpha');
    bench.mailbox.setFacets('/a.txt', { isLocked: undefined });
    expect((await CHANGES[change]!(bench)).status).toBeLessThan(300);
  });

  it('is 409 resourceCheckedOut while somebody has checked it out', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/a.txt', 'alpha');
    bench.mailbox.setFacets('/a.txt', { checkedOutBy: 'Grace' });
    expect(codesOf((await CHANGES[change]!(bench)) as never)).toEqual([409, 'notAllowed', 'resourceCheckedOut']);
    expect((await bench.get('/root:/a.txt:/content')).status).toBe(302);
  });
});

it('an item that is locked during a session is 423 at its end, and the session lives', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  const url = await bench.session('/a.txt');
  bench.mailbox.setFacets('/a.txt', { isLocked: true });
  expect((await bench.fragment(url, Buffer.from('beta'), 0, 4)).status).toBe(423);
  expect((await bench.client.plain(url)).status).toBe(200);
  expect((await bench.mailbox.read('/a.txt')).toString()).toBe('alpha');
});

describe('check-out', () => {
  const post = (bench: EmulatedDrive, action: string, body?: object) =>
    bench.call(`/root:/a.txt:/${action}`, { method: 'POST', body });
  const levelOf = async (bench: EmulatedDrive) =>
    (await bench.get('/root:/a.txt?$select=name,publication')).json.publication.level;

  it('by the application holds the file for it alone, and shows when it is selected', async () => {
    await using bench = await emulatedDrive();
    const other = bench.emulator.addApplication({ roles: ['Files.ReadWrite.All'] });
    await bench.mailbox.put('/a.txt', 'alpha');
    expect([await levelOf(bench), (await post(bench, 'checkin', {})).status]).toEqual(['published', 400]);
    expect((await post(bench, 'checkout')).status).toBe(204);
    expect(await levelOf(bench)).toBe('checkout');
    expect((await bench.get('/root:/a.txt')).json).not.toHaveProperty('publication');
    expect((await bench.put('/a.txt', 'mine')).status).toBe(200);
    const stranger = await microsoftClient(bench.emulator, { application: other });
    const at = `/drives/${bench.mailbox.driveId}/root:/a.txt`;
    expect(codesOf(await stranger.graph(at, { method: 'DELETE' }))).toEqual([409, 'notAllowed', 'resourceCheckedOut']);
    expect((await stranger.graph(`${at}:/checkout`, { method: 'POST' })).status).toBe(500);
    expect((await post(bench, 'checkin', { checkInAs: 'nonsense' })).status).toBe(400);
    expect((await post(bench, 'checkin', { checkInAs: 'published', comment: 'done' })).status).toBe(204);
    expect([await levelOf(bench), (await stranger.graph(at, { method: 'DELETE' })).status]).toEqual(['published', 204]);
    await stranger.close();
  });

  it.each([423, 409] as const)('where a library requires it, a file must be checked out first: %d', async status => {
    await using bench = await emulatedDrive({ notCheckedOutStatus: status });
    await bench.mailbox.put('/a.txt', 'alpha');
    bench.mailbox.setQuirks({ requiresCheckOut: true });
    expect((await bench.put('/a.txt', 'beta')).status).toBe(status);
    expect((await sessionOf(bench, '/a.txt')).status).toBe(status);
    await post(bench, 'checkout');
    expect((await bench.put('/a.txt', 'beta')).status).toBe(200);
    expect((await post(bench, 'checkin', {})).status).toBe(204);
    // A new file is checked out to the one who made it.
    bench.mailbox.remove('/a.txt');
    expect([(await bench.put('/a.txt', 'new')).status, await levelOf(bench)]).toEqual([201, 'checkout']);
    bench.mailbox.remove('/a.txt');
    const url = await bench.session('/a.txt');
    await bench.fragment(url, Buffer.from('x'), 0, 1);
    expect(await levelOf(bench)).toBe('checkout');
  });
});

describe('Office files', () => {
  const rewritesOffice = { afterMs: 3000, extensions: ['.docx'] };

  it.each(['PUT', 'session'])(
    'are rewritten a while after a %s: size, hash and cTag move, no version comes',
    async by => {
      const { promise: later, resolve } = Promise.withResolvers<void>();
      await using bench = await emulatedDrive({ rewritesOffice, timers: { now: () => 0, sleep: () => later } });
      const write = async (path: string) =>
        by === 'PUT'
          ? (await bench.put(path, 'office bytes')).json
          : (await bench.fragment(await bench.session(path), Buffer.from('office bytes'), 0, 12)).json;
      const before = await write('/report.DOCX');
      const plain = await write('/plain.txt');
      expect((await bench.get('/root:/report.docx')).json.cTag).toBe(before.cTag);
      resolve();
      await expect.poll(() => bench.mailbox.stat('/report.docx')?.size).toBeGreaterThan(12);
      const after = (await bench.get('/root:/report.docx')).json;
      expect(after.cTag).not.toBe(before.cTag);
      expect(after.file.hashes).not.toEqual(before.file.hashes);
      expect(after.fileSystemInfo).toEqual(before.fileSystemInfo);
      expect(bench.mailbox.stat('/report.docx')?.versions).toBe(1);
      expect((await bench.client.plain(after[DOWNLOAD])).text).toMatch(/^office bytes/);
      expect((await bench.get('/root:/plain.txt')).json.cTag).toBe(plain.cTag);
      // A save with the first tag is too late.
      expect((await bench.put('/report.docx', 'x', { 'if-match': before.cTag })).status).toBe(412);
    },
  );

  it('are left alone by default', async () => {
    await using bench = await emulatedDrive({ timers: { now: () => 0, sleep: async () => undefined } });
    const { cTag } = (await bench.put('/report.docx', 'office bytes')).json;
    expect((await bench.get('/root:/report.docx')).json.cTag).toBe(cTag);
  });
});

describe('consistency', () => {
  it('a listing lags behind: new items are missing, deleted ones are still there', async () => {
    const clock = fakeClock();
    await using bench = await emulatedDrive({ clock, listingLagMs: 5000 });
    await bench.mailbox.put('/old', 'x');
    await bench.mailbox.put('/z', 'x');
    clock.advance(6000);
    await bench.put('/new', 'x');
    await bench.delete('/root:/old');
    expect(namesOf(await bench.get('/root/children'))).toEqual(['old', 'z']);
    expect([(await bench.get('/root:/new')).status, (await bench.get('/root:/old')).status]).toEqual([200, 404]);
    clock.advance(5000);
    expect(namesOf(await bench.get('/root/children'))).toEqual(['new', 'z']);
  });

  it.each([
    ['path', 404, 200],
    ['id', 200, 404],
  ] as const)('a new item is not found by its %s for a while', async (lookupLagBy, byPath, byId) => {
    const clock = fakeClock();
    await using bench = await emulatedDrive({ clock, lookupLagMs: 5000, lookupLagBy });
    const { id } = (await bench.put('/new', 'x')).json;
    const look = async () => [(await bench.get('/root:/new')).status, (await bench.get(`/items/${id}`)).status];
    expect([await look(), (await bench.get('/root')).status]).toEqual([[byPath, byId], 200]);
    clock.advance(5000);
    expect(await look()).toEqual([200, 200]);
  });

  it('folders are not found now and then, by a seed', async () => {
    const seen = async (seed: number): Promise<number[]> => {
      await using bench = await emulatedDrive({ strayNotFound: { ratio: 0.3, seed } });
      await bench.mailbox.put('/a.txt', 'x');
      const statuses = [];
      for (let call = 0; call < 40; call += 1) {
        statuses.push((await bench.get(call % 2 === 0 ? '/root' : '/root/children')).status);
        expect((await bench.get('/root:/a.txt')).status).toBe(200);
      }
      return statuses;
    };
    const first = await seen(1);
    expect(new Set(first)).toEqual(new Set([200, 404]));
    expect(await seen(1)).toEqual(first);
    expect(await seen(2)).not.toEqual(first);
  });
});

describe('quota', () => {
  it('that is exceeded is 507 for a PUT, a session and its commit', async () => {
    await using bench = await emulatedDrive({ quotaBytes: 100 });
    const full = [507, 'quotaLimitReached', 'insufficientStorage'];
    expect(codesOf(await bench.put('/a', Buffer.alloc(101)))).toEqual(full);
    const url = await bench.session('/b');
    expect(codesOf(await bench.fragment(url, Buffer.alloc(101), 0, 101))).toEqual(full);
    await bench.put('/c', Buffer.alloc(50));
    bench.mailbox.setQuota(40);
    expect(codesOf(await sessionOf(bench, '/d'))).toEqual(full);
    const { quota } = (await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).json;
    expect(quota).toMatchObject({ used: 50, remaining: 0, state: 'exceeded' });
  });

  it('is unknown by a quirk of the drive', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/a', 'x');
    bench.mailbox.setQuirks({ quotaIsUnknown: true });
    const { quota } = (await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).json;
    expect(quota).toMatchObject({ total: 0, used: 0, remaining: 0 });
    expect((await bench.put('/b', 'x')).status).toBe(201);
  });
});

describe('a drive', () => {
  it('is 404 by its id while its items are there', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/a', 'x');
    bench.mailbox.setQuirks({ isMissingById: true });
    expect((await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).status).toBe(404);
    expect(namesOf(await bench.get('/root/children'))).toEqual(['a']);
    bench.mailbox.setQuirks({ isMissingById: false });
    expect((await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).status).toBe(200);
  });

  it('has folders of negative size', async () => {
    await using bench = await emulatedDrive();
    await bench.mailbox.put('/folder/a', 'x');
    bench.mailbox.setQuirks({ hasNegativeFolderSizes: true });
    expect((await bench.get('/root:/folder')).json.size).toBe(-1);
    expect((await bench.get('/root:/folder/a')).json.size).toBe(1);
  });
});
