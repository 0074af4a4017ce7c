import { expect, it } from 'vitest';
import { CONFLICT, codesOf, emulatedDrive } from '../support/emulated-drive.ts';
import { fakeClock } from '../support/fake-clock.ts';

const HOUR = 60 * 60 * 1000;
const KIB = 1024;
const UNIT = 320 * KIB;

it('NFC and NFD are one name, as case is; the name stays as it was given', async () => {
  await using bench = await emulatedDrive();
  const [composed, decomposed] = ['Caf\u00e9.txt', 'Cafe\u0301.txt'];
  expect((await bench.put(`/${encodeURIComponent(decomposed)}`, 'one')).status).toBe(201);
  expect((await bench.put(`/${encodeURIComponent(composed)}`, 'two')).status).toBe(200);
  expect((await bench.get(`/root:/${encodeURIComponent(composed.toUpperCase())}`)).json.name).toBe(decomposed);
  expect(Object.keys(bench.mailbox.tree())).toEqual([`/${decomposed}`]);
});

it('a token is refused after its hour, and not before', async () => {
  const clock = fakeClock();
  await using bench = await emulatedDrive({ clock });
  clock.advance(3598_000);
  expect((await bench.get('/root')).status).toBe(200);
  clock.advance(2000);
  const expired = await bench.get('/root');
  expect(codesOf(expired)).toEqual([401, 'InvalidAuthenticationToken', undefined]);
  expect(expired.json.error.message).toContain('expired');
});

it('a page has at most 1000 items, whatever $top says', async () => {
  await using bench = await emulatedDrive();
  bench.mailbox.putAll(Array.from({ length: 1001 }, (_, index) => [`/${index}`, ''] as const));
  const pages = [];
  for (const query of ['', '?$top=1', '?$top=1000', '?$top=5000']) {
    const { json, status } = await bench.get(`/root/children${query}`);
    pages.push(status === 200 ? json.value.length : status);
  }
  expect(pages.slice(0, 3)).toEqual([200, 1, 1000]);
  expect([1000, 400]).toContain(pages[3]);
});

it('pages continue after the last name: items written in between appear exactly once', async () => {
  await using bench = await emulatedDrive();
  bench.mailbox.putAll(['b', 'd', 'f', 'h'].map(name => [`/${name}`, ''] as const));
  const first = (await bench.get('/root/children?$top=2')).json;
  await bench.mailbox.put('/a', '');
  bench.mailbox.remove('/b');
  const second = await bench.client.graph(first['@odata.nextLink'].replace('https://graph.microsoft.com/v1.0', ''));
  const names = [...first.value, ...second.json.value].map(({ name }: { name: string }) => name);
  expect(names).toEqual(['b', 'd', 'f', 'h']);
});

it('positional pages, by switch, show an item twice when another was put before it', async () => {
  await using bench = await emulatedDrive({ childrenPaging: 'positional' });
  bench.mailbox.putAll(['b', 'd', 'f'].map(name => [`/${name}`, ''] as const));
  const first = (await bench.get('/root/children?$top=2')).json;
  await bench.mailbox.put('/a', '');
  const second = await bench.client.graph(first['@odata.nextLink'].replace('https://graph.microsoft.com/v1.0', ''));
  expect(second.json.value.map(({ name }: { name: string }) => name)).toEqual(['d', 'f']);
});

it('If-Match of a session is checked when it is opened and when it is committed', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  const { eTag } = (await bench.get('/root:/a.txt')).json;
  const open = (headers: Record<string, string>) =>
    bench.call('/root:/a.txt:/createUploadSession', {
      ...{ method: 'POST', headers, body: { item: { [CONFLICT]: 'replace' } } },
    });
  expect(codesOf(await open({ 'if-match': '"{0},1"' }))).toEqual([412, 'resourceModified', 'entityTagDoesNotMatch']);
  const { uploadUrl } = (await open({ 'if-match': eTag })).json;
  await bench.mailbox.put('/a.txt', 'somebody else');
  expect(codesOf(await bench.fragment(uploadUrl, Buffer.from('mine!'), 0, 5)).slice(0, 2)).toEqual([
    412,
    'resourceModified',
  ]);
  expect((await bench.mailbox.read('/a.txt')).toString()).toBe('somebody else');
});

it('a fragment is shorter than 60 MiB', async () => {
  await using bench = await emulatedDrive();
  const url = await bench.session('/big');
  const [limit, total] = [192 * UNIT, 400 * UNIT];
  expect(codesOf(await bench.fragment(url, Buffer.alloc(limit), 0, total))).toEqual([
    416,
    'invalidRange',
    'maxFragmentLengthExceeded',
  ]);
  expect((await bench.fragment(url, Buffer.alloc(limit - UNIT), 0, total)).status).toBe(202);
});

it('If-None-Match with the eTag is 304, of an item and of its content', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  const { eTag } = (await bench.get('/root:/a.txt')).json;
  for (const path of ['/root:/a.txt', '/root:/a.txt:/content']) {
    const same = await bench.get(path, { 'if-none-match': eTag });
    expect([path, same.status, same.text]).toEqual([path, 304, '']);
    expect((await bench.get(path, { 'if-none-match': '"{0},1"' })).status).not.toBe(304);
  }
});

it('versions cost quota: of contents, and of a change of times', async () => {
  await using bench = await emulatedDrive({ quotaBytes: 3000 });
  const used = async () => (await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).json.quota.used as number;
  await bench.put('/a.txt', Buffer.alloc(1000));
  await bench.put('/a.txt', Buffer.alloc(500));
  expect(await used()).toBe(1500);
  await bench.patch('/root:/a.txt', { fileSystemInfo: { lastModifiedDateTime: '2020-01-01T00:00:00Z' } });
  expect(await used()).toBe(2000);
  expect(codesOf(await bench.put('/a.txt', Buffer.alloc(1001)))).toEqual([
    507,
    'quotaLimitReached',
    'insufficientStorage',
  ]);
  expect((await bench.put('/a.txt', Buffer.alloc(1000))).status).toBe(200);
  expect(await used()).toBe(3000);
  expect((await bench.get('/root:/a.txt:/versions')).json.value.map(({ size }: { size: number }) => size)).toEqual([
    1000, 500, 500, 1000,
  ]);
});

it('a session ends at its time, which each fragment moves on', async () => {
  const clock = fakeClock();
  await using bench = await emulatedDrive({ clock, sessionLifeMs: HOUR / 4 });
  const opened = await bench.post('/root:/big:/createUploadSession', { item: { [CONFLICT]: 'replace' } });
  const { uploadUrl, expirationDateTime } = opened.json;
  expect(Date.parse(expirationDateTime)).toBe(clock.now() + HOUR / 4);
  clock.advance(HOUR / 4 - 1000);
  const stored = await bench.fragment(uploadUrl, Buffer.alloc(UNIT), 0, 2 * UNIT);
  expect([stored.status, Date.parse(stored.json.expirationDateTime)]).toEqual([202, clock.now() + HOUR / 4]);
  clock.advance(HOUR / 4 - 1000);
  expect((await bench.client.plain(uploadUrl)).status).toBe(200);
  clock.advance(1000);
  expect(codesOf(await bench.client.plain(uploadUrl))).toEqual([404, 'itemNotFound', 'uploadSessionNotFound']);
  expect(bench.emulator.openUploadSessions()).toBe(0);
  // The name is free again.
  expect(await bench.session('/big')).toContain('uploadSession');
});

it('delete fills the recycle bin and permanentDelete does not', async () => {
  await using bench = await emulatedDrive();
  const quota = async () => (await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).json.quota;
  await bench.mailbox.put('/gone/a.txt', Buffer.alloc(100));
  await bench.mailbox.put('/burnt/b.txt', Buffer.alloc(10));
  expect((await bench.delete('/root:/gone')).status).toBe(204);
  expect(await quota()).toMatchObject({ used: 10, deleted: 100, fileCount: 1 });
  expect((await bench.call('/root:/burnt:/permanentDelete', { method: 'POST' })).status).toBe(204);
  expect(await quota()).toMatchObject({ used: 0, deleted: 100, fileCount: 0 });
});

it('nextExpectedRanges are closed once the total is known, and open before', async () => {
  await using bench = await emulatedDrive();
  const opened = await bench.post('/root:/big:/createUploadSession', { item: { [CONFLICT]: 'replace' } });
  expect(opened.json.nextExpectedRanges).toEqual(['0-']);
  const { uploadUrl } = opened.json;
  expect((await bench.client.plain(uploadUrl)).json.nextExpectedRanges).toEqual(['0-']);
  const stored = await bench.fragment(uploadUrl, Buffer.alloc(UNIT), 0, UNIT + 10);
  expect(stored.json.nextExpectedRanges).toEqual([`${UNIT}-${UNIT + 9}`]);
});

it('an uploadUrl works as a WHATWG parser writes it', async () => {
  await using bench = await emulatedDrive();
  const url = new URL(await bench.session('/a.txt')).href;
  expect(url).toContain('%27');
  expect((await bench.fragment(url, Buffer.from('alpha'), 0, 5)).status).toBe(201);
  expect(bench.emulator.violations).toEqual([]);
});

it('tempauth ends in whole seconds, an hour on', async () => {
  const clock = fakeClock();
  await using bench = await emulatedDrive({ clock });
  await bench.mailbox.put('/a.txt', 'alpha');
  const url = new URL((await bench.get('/root:/a.txt')).json['@microsoft.graph.downloadUrl']);
  const [, claims] = url.searchParams.get('tempauth')!.split('.');
  const { exp } = JSON.parse(Buffer.from(claims!, 'base64url').toString());
  expect(exp).toBe(Math.floor((clock.now() + HOUR) / 1000));
});

it('createdBy and lastModifiedBy are who created and who changed last', async () => {
  await using bench = await emulatedDrive();
  bench.emulator.setApplication({ displayName: 'My program' });
  const { json } = await bench.put('/a.txt', 'alpha');
  const application = { id: bench.emulator.clientId, displayName: 'My program' };
  expect([json.createdBy, json.lastModifiedBy]).toEqual([{ application }, { application }]);
  await bench.mailbox.put('/a.txt', 'by the service');
  const { createdBy, lastModifiedBy } = (await bench.get('/root:/a.txt')).json;
  expect([createdBy, lastModifiedBy]).toEqual([{ application }, { user: { displayName: 'System Account' } }]);
});

it('the file of the CA ends with a line break', async () => {
  await using bench = await emulatedDrive();
  expect(bench.emulator.caPem).toMatch(/-----END CERTIFICATE-----\n$/);
});

it('a move without fileSystemInfo resets the client times; a folder does not move into itself', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha', { modified: new Date('2020-01-01T00:00:00Z') });
  bench.mailbox.mkdir('/x/y');
  const moved = await bench.patch('/root:/a.txt', { name: 'b.txt' });
  expect(Date.parse(moved.json.fileSystemInfo.lastModifiedDateTime)).toBeGreaterThan(Date.parse('2021-01-01'));
  const reference = { path: '/drive/root:/x/y' };
  expect((await bench.patch('/root:/x', { parentReference: reference })).status).toBe(400);
  const byPath = await bench.patch('/root:/b.txt', { parentReference: { path: `/drive/root:/x` } });
  expect([byPath.status, bench.mailbox.stat('/x/b.txt')?.size]).toEqual([200, 5]);
});

it('PATCH with replace replaces a file with all its versions, and no folder', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  await bench.mailbox.put('/b.txt', 'beta');
  bench.mailbox.mkdir('/folder');
  const { id } = bench.mailbox.stat('/a.txt')!;
  const over = await bench.patch('/root:/a.txt', { name: 'B.txt', [CONFLICT]: 'replace' });
  expect([over.status, over.json.id, Object.keys(bench.mailbox.tree()).length]).toEqual([200, id, 2]);
  expect(codesOf(await bench.patch(`/items/${id}`, { name: 'folder', [CONFLICT]: 'replace' }))).toEqual([
    409,
    'nameAlreadyExists',
    undefined,
  ]);
});

it('folders sum up their members, and their eTag does not change with them', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a/b/c.txt', Buffer.alloc(100));
  const before = (await bench.get('/root:/a')).json;
  await bench.put('/a/b/d.txt', Buffer.alloc(11));
  const after = (await bench.get('/root:/a')).json;
  expect([before.size, after.size, after.folder.childCount, after.cTag]).toEqual([100, 111, 1, undefined]);
  expect(after.eTag).toBe(before.eTag);
  expect((await bench.get('/root')).json.size).toBe(111);
});
