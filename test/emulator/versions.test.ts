import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;

beforeEach(async () => {
  clock = fakeClock();
  emulator = await createEmulator({ clock });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com', quotaBytes: 1000 });
  client = await microsoftClient(emulator);
  for (const content of ['1', '22', '333']) {
    await mailbox.put('/file.txt', content);
    clock.advance(60_000);
  }
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const file = (rest = '') => `/drives/${mailbox.driveId}/root:/file.txt${rest && `:/${rest}`}`;
const call = (method: string, rest: string) => client.graph(file(rest), { method });
const ids = async (): Promise<string[]> =>
  (await call('GET', 'versions')).json.value.map(({ id }: { id: string }) => id);
const used = async (): Promise<number> => (await client.graph(`/drives/${mailbox.driveId}`)).json.quota.used;

describe('versions', () => {
  it('are listed newest first, and had one by one', async () => {
    const { value } = (await call('GET', 'versions')).json;
    expect(value.map(({ id, size }: { id: string; size: number }) => [id, size])).toEqual([
      ['3.0', 3],
      ['2.0', 2],
      ['1.0', 1],
    ]);
    const { status, json } = await call('GET', 'versions/2.0');
    expect([status, json]).toEqual([200, expect.objectContaining(value[1])]);
    expect(json.lastModifiedBy).toEqual({ user: { displayName: 'System Account' } });
    for (const id of ['9.0', '2', 'current', '02.0']) {
      expect((await call('GET', `versions/${id}`)).status).toBe(404);
    }
  });

  it('give their content by a URL of their own, with ranges, but the current one does not', async () => {
    const { status, headers } = await call('GET', 'versions/2.0/content');
    expect(status).toBe(302);
    const url = String(headers.location);
    const whole = await client.plain(url);
    expect([whole.status, whole.text, whole.headers['content-length']]).toEqual([200, '22', '2']);
    const part = { range: 'bytes=1-', 'if-range': String(whole.headers.etag) };
    expect((await client.plain(url, { headers: part })).status).toBe(206);
    const other = { range: 'bytes=1-', 'if-range': (await client.graph(file())).json.eTag };
    expect((await client.plain(url, { headers: other })).status).toBe(200);
    const current = await call('GET', 'versions/3.0/content');
    expect([current.status, current.json.error.message]).toEqual([
      400,
      'You cannot get the content of the current version.',
    ]);
  });

  it('are no longer to be had once they are deleted', async () => {
    const url = String((await call('GET', 'versions/1.0/content')).headers.location);
    expect((await call('DELETE', 'versions/1.0')).status).toBe(204);
    expect(await ids()).toEqual(['3.0', '2.0']);
    expect((await client.plain(url)).status).toBe(404);
    expect((await call('DELETE', 'versions/1.0')).status).toBe(404);
    expect((await mailbox.read('/file.txt')).toString()).toBe('333');
  });

  it('cost quota, and free it', async () => {
    expect(await used()).toBe(6);
    await call('DELETE', 'versions/2.0');
    expect(await used()).toBe(4);
    await call('POST', 'versions/1.0/restoreVersion');
    expect(await used()).toBe(5);
    await client.graph(file(), { method: 'DELETE' });
    expect(await used()).toBe(0);
  });

  it('but not the current one, which cannot be deleted or restored', async () => {
    expect((await call('DELETE', 'versions/3.0')).status).toBe(400);
    expect((await call('POST', 'versions/3.0/restoreVersion')).status).toBe(400);
    expect(await ids()).toEqual(['3.0', '2.0', '1.0']);
  });

  it('are restored as a new version that has the old content', async () => {
    const before = (await client.graph(file())).json;
    const { status, text } = await call('POST', 'versions/1.0/restoreVersion');
    expect([status, text]).toEqual([204, '']);
    const after = (await client.graph(file())).json;
    expect([after.id, after.size]).toEqual([before.id, 1]);
    expect([after.eTag === before.eTag, after.cTag === before.cTag]).toEqual([false, false]);
    expect(after.file.hashes).not.toEqual(before.file.hashes);
    expect((await mailbox.read('/file.txt')).toString()).toBe('1');
    expect(await ids()).toEqual(['4.0', '3.0', '2.0', '1.0']);
    expect((await client.plain(String((await call('GET', 'versions/3.0/content')).headers.location))).text).toBe('333');
  });

  it('are not restored beyond the quota, nor while somebody holds the file', async () => {
    mailbox.setQuota(6);
    expect((await call('POST', 'versions/2.0/restoreVersion')).status).toBe(507);
    mailbox.setQuota(1000);
    mailbox.setFacets('/file.txt', { isLocked: true });
    expect((await call('POST', 'versions/2.0/restoreVersion')).status).toBe(423);
    expect((await call('DELETE', 'versions/2.0')).status).toBe(423);
    expect(await ids()).toEqual(['3.0', '2.0', '1.0']);
  });

  it('are none of a folder, and not below a version', async () => {
    mailbox.mkdir('/folder');
    const folder = `/drives/${mailbox.driveId}/root:/folder:/versions`;
    expect((await client.graph(folder)).json.value).toEqual([]);
    expect((await client.graph(`${folder}/1.0`)).status).toBe(404);
    expect((await call('DELETE', 'versions/1.0/content')).status).toBe(501);
    expect((await call('POST', 'versions/1.0')).status).toBe(501);
  });

  it('go past the bin with the file when it is deleted for good', async () => {
    const bin = async () => (await client.graph(`/drives/${mailbox.driveId}`)).json.quota.deleted;
    expect((await call('POST', 'permanentDelete')).status).toBe(204);
    expect([await bin(), await used()]).toEqual([0, 0]);
    await mailbox.put('/file.txt', 'again');
    await client.graph(file(), { method: 'DELETE' });
    expect(await bin()).toBe(5);
  });
});
