import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SiteHandle } from '../../src/emulator/emulator.ts';
import { CONFLICT, codesOf, type EmulatedDrive, emulatedDrive } from '../support/emulated-drive.ts';

let bench: EmulatedDrive;
let site: SiteHandle;
let plansId: string;
let authorization: string;

beforeAll(async () => {
  bench = await emulatedDrive();
  bench.emulator.setApplication({ roles: ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'User.Read.All'] });
  authorization = `Bearer ${(await bench.client.token()).json.access_token}`;
  site = bench.emulator.addSite({ path: '/sites/team', name: 'Team' });
});
afterAll(() => bench[Symbol.asyncDispose]());

/** `/Plans/a.txt` in a drive that has nothing else. */
beforeEach(async () => {
  for (const drive of [bench.mailbox, site.library('Documents')]) {
    if (drive.stat('/Plans') !== undefined) {
      drive.remove('/Plans');
    }
    await drive.put('/Plans/a.txt', 'alpha');
  }
  plansId = bench.mailbox.stat('/Plans')!.id;
});

const graph = 'https://graph.microsoft.com';

/** Each with an address of `/Plans/a.txt` behind the version; what follows an item is appended by `tail`. */
const FILES: Record<string, (tail: string) => string> = {
  'drive and path': tail => `/v1.0/drives/${bench.mailbox.driveId}/root:/Plans/a.txt${tail === '' ? '' : `:${tail}`}`,
  'a closing colon': tail => `/v1.0/drives/${bench.mailbox.driveId}/root:/Plans/a.txt:${tail}`,
  'path from an item': tail => `/v1.0/drives/${bench.mailbox.driveId}/items/${plansId}:/a.txt:${tail}`,
  'items/root': tail => `/v1.0/drives/${bench.mailbox.driveId}/items/root:/Plans/a.txt:${tail}`,
  'one encoded segment': tail => `/v1.0/drives/${bench.mailbox.driveId}/items/root%3A%2FPlans%2Fa.txt%3A${tail}`,
  'an encoded slash': tail => `/v1.0/drives/${bench.mailbox.driveId}/root:/Plans%2Fa.txt:${tail}`,
  'children by name': tail => `/v1.0/drives/${bench.mailbox.driveId}/items/${plansId}/children('a.txt')${tail}`,
  'children by encoded quotes': tail =>
    `/v1.0/drives/${bench.mailbox.driveId}/items/${plansId}/children(%27a.txt%27)${tail}`,
  'keys in parentheses': tail => `/v1.0/drives('${bench.mailbox.driveId}')/root:/Plans/a.txt:${tail}`,
  'a doubled slash': tail => `/v1.0//drives/${bench.mailbox.driveId}/root:/Plans/a.txt:${tail}`,
  beta: tail => `/beta/drives/${bench.mailbox.driveId}/root:/Plans/a.txt:${tail}`,
  'the drive of a user by name': tail => `/v1.0/users/ada@contoso.com/drive/root:/Plans/a.txt:${tail}`,
  'the drive of a user by id': tail => `/v1.0/users/${bench.mailbox.userId}/drive/root:/Plans/a.txt:${tail}`,
  'the user as a key': tail => `/v1.0/users('ada%40contoso.com')/drive/root:/Plans/a.txt:${tail}`,
  'drives of a user': tail => `/v1.0/users/ada@contoso.com/drives/${bench.mailbox.driveId}/root:/Plans/a.txt:${tail}`,
  'the drive of a site': tail => `/v1.0/sites/${site.siteId}/drive/root:/Plans/a.txt:${tail}`,
  'drives of a site': tail =>
    `/v1.0/sites/${site.siteId}/drives/${site.library('Documents').driveId}/root:/Plans/a.txt:${tail}`,
  'a site by its path': tail => `/v1.0/sites/contoso.sharepoint.com:/sites/team:/drive/root:/Plans/a.txt:${tail}`,
};
const isOfSite = (form: string) => form.includes('site');

describe.each(Object.keys(FILES))('a file addressed by %s', form => {
  const at = (tail: string) => `${graph}${FILES[form]!(tail)}`;
  const handle = () => (isOfSite(form) ? site.library('Documents') : bench.mailbox);

  it('is read, renamed, written and deleted', async () => {
    const { client } = bench;
    const send = (method: string, tail: string, body?: object | string) =>
      client.plain(at(tail), { method, body, headers: { authorization } });
    expect(await send('GET', '')).toMatchObject({ status: 200, json: { name: 'a.txt', size: 5 } });
    expect(codesOf(await send('GET', '/children'))).toEqual([404, 'itemNotFound', undefined]);
    const content = await send('GET', '/content');
    expect([content.status, (await client.plain(String(content.headers.location))).text]).toEqual([302, 'alpha']);
    expect((await send('PUT', `/content?${CONFLICT}=replace`, 'beta!!')).status).toBe(200);
    expect((await handle().read('/Plans/a.txt')).toString()).toBe('beta!!');
    const renamed = await send('PATCH', '', { name: 'A.txt', [CONFLICT]: 'fail' });
    expect([renamed.status, renamed.json.name]).toEqual([200, 'A.txt']);
    expect((await send('DELETE', '')).status).toBe(204);
    expect([handle().stat('/Plans/a.txt'), handle().stat('/Plans')?.isFolder]).toEqual([undefined, true]);
  });

  it('takes a session and a folder takes members', async () => {
    const { client } = bench;
    const item = { [CONFLICT]: 'replace' };
    const opened = await client.plain(at('/createUploadSession'), {
      ...{ method: 'POST', body: { item }, headers: { authorization } },
    });
    expect(opened.status).toBe(200);
    await client.plain(opened.json.uploadUrl, { method: 'DELETE' });
  });
});

describe('a drive and its root', () => {
  it.each([
    ['/drives/{d}/', 'OneDrive'],
    ['/drives/{d}/root', 'root'],
    ['/drives/{d}/root/', 'root'],
    ['/drives/{d}/root:', 'root'],
    ['/drives/{d}/root:/', 'root'],
    ['/drives/{d}/items/root', 'root'],
    ['/users/ada@contoso.com/drive/', 'OneDrive'],
    ['/users/ada@contoso.com/drive/root', 'root'],
    ["/users('ada@contoso.com')/drive", 'OneDrive'],
  ])('%s', async (path, name) => {
    const answer = await bench.client.graph(path.replace('{d}', bench.mailbox.driveId));
    expect([answer.status, answer.json.name]).toEqual([200, name]);
  });

  it('lists by all of them', async () => {
    for (const path of [
      '/root/children',
      '/root:/:/children',
      '/root:/Plans:/children',
      `/items/${plansId}/children`,
    ]) {
      expect([path, (await bench.get(path)).json.value.length]).toEqual([path, 1]);
    }
    const made = await bench.post(`/items/${plansId}/children`, { name: 'sub', folder: {}, [CONFLICT]: 'fail' });
    expect([made.status, bench.mailbox.stat('/Plans/sub')?.isFolder]).toEqual([201, true]);
  });

  it('is no directory: an unknown name is 501, not the user', async () => {
    for (const path of ['/users/ada@contoso.com/drive/nonsense', '/drives/{d}/nonsense', '/sites/{s}/drive/nonsense']) {
      const at = path.replace('{d}', bench.mailbox.driveId).replace('{s}', site.siteId);
      expect([path, (await bench.client.graph(at)).status]).toEqual([path, 501]);
    }
  });
});

/** None of them is Graph's, so that they stay unknown whatever the emulator learns. */
const UNKNOWN = [
  ...['nonsense', 'versions/1.0/nonsense', 'thumbnails/0/nonsense/x', 'listItem/fields', 'permissions/x/nonsense'],
  ...['x/y', 'content/x', 'children/x', 'copy/x', 'createUploadSession/x', 'permanentDelete/x', 'workbook/tables'],
  ...['analytics/allTime', 'nonsense(q=%27x%27)', 'root', 'items/x', 'microsoft.graph.nonsense'],
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe.each(METHODS)('%s of what is not known', method => {
  it.each(UNKNOWN)('%s is 501 and leaves the item above it alone', async action => {
    const { id } = bench.mailbox.stat('/Plans/a.txt')!;
    const before = bench.mailbox.stat('/Plans/a.txt');
    for (const base of [`/items/${id}`, '/root:/Plans/a.txt:', `/items/${plansId}`]) {
      const answer = await bench.call(`${base}/${action}`, {
        method,
        ...(method === 'GET' ? {} : { body: { name: 'stolen', [CONFLICT]: 'replace' } }),
      });
      expect([base, answer.status, answer.json.error.code]).toEqual([base, 501, 'notImplemented']);
    }
    expect(bench.mailbox.stat('/Plans/a.txt')).toEqual(before);
  });

  it.each(['$nonsense=1', '$levels=2'])('%s is 501 for an option', async option => {
    const before = bench.mailbox.stat('/Plans/a.txt');
    const known = { GET: '', POST: '/copy', PUT: '/content', PATCH: '', DELETE: '' }[method];
    const answer = await bench.call(`/root:/Plans/a.txt:${known}?${option}`, {
      method,
      ...(method === 'GET' ? {} : { body: { name: 'stolen', [CONFLICT]: 'replace' } }),
    });
    expect(answer.status).toBe(501);
    expect(bench.mailbox.stat('/Plans/a.txt')).toEqual(before);
  });
});

describe('the names in $select and $orderby', () => {
  it('is refused when no driveItem has it', async () => {
    expect(codesOf(await bench.get('/root:/Plans/a.txt?$select=id,nonsense'))).toEqual([400, 'BadRequest', undefined]);
    expect((await bench.get('/root/children?$orderby=nonsense')).status).toBe(400);
    expect((await bench.get('/root?$expand=nonsense')).status).toBe(501);
  });

  it('is sorted by', async () => {
    await bench.mailbox.put('/Plans/b.txt', 'x');
    const { json } = await bench.get('/root:/Plans:/children?$orderby=size');
    expect(json.value.map(({ name }: { name: string }) => name)).toEqual(['b.txt', 'a.txt']);
  });
});
