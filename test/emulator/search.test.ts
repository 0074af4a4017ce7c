import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock();
  emulator = await createEmulator({ clock, ...options });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/Reports/Annual report 2026.txt', 'gold and silver');
  await mailbox.put('/Reports/Größe.txt', 'silver');
  await mailbox.put("/Ada's notes.txt", 'tin');
  await mailbox.put('/100% gold.bin', 'gold');
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

const search = (q: string, { at = 'root', rest = '' } = {}) =>
  client.graph(`/drives/${mailbox.driveId}/${at}/search(q='${encodeURIComponent(q)}')${rest}`);
const names = ({ json }: MicrosoftAnswer): string[] => json.value.map(({ name }: { name: string }) => name).sort();

describe('search', () => {
  it.each([
    ['report', ['Annual report 2026.txt', 'Reports']],
    ['REP', ['Annual report 2026.txt', 'Reports']],
    ['annual 2026', ['Annual report 2026.txt']],
    ['GRÖSSE', []],
    ['größe', ['Größe.txt']],
    ['eport', []],
    ["Ada''s", ["Ada's notes.txt"]],
    ['100% gold.bin', ['100% gold.bin']],
    ['_nn', []],
    ['a:b', []],
    ['silver', []],
    ['', ['100% gold.bin', "Ada's notes.txt", 'Annual report 2026.txt', 'Größe.txt', 'Reports']],
  ])('finds by the beginnings of words: %s', async (q, expected) => {
    const answer = await search(q);
    expect([answer.status, names(answer)]).toEqual([200, expected]);
  });

  it('looks below a folder only', async () => {
    const { id } = (await client.graph(`/drives/${mailbox.driveId}/root:/Reports`)).json;
    for (const at of [`items/${id}`, 'root:/Reports:']) {
      expect(names(await search('report', { at }))).toEqual(['Annual report 2026.txt']);
      expect(names(await search('gold', { at }))).toEqual([]);
    }
  });

  it('gives no download URL and no path of the folder', async () => {
    const [hit] = (await search('größe')).json.value;
    expect(hit).toMatchObject({ size: 6, parentReference: { driveId: mailbox.driveId, name: 'Reports' } });
    expect(hit).not.toHaveProperty('@microsoft.graph.downloadUrl');
    expect(hit.parentReference).not.toHaveProperty('path');
    const [selected] = (await search('größe', { rest: '?$select=name,content.downloadUrl' })).json.value;
    expect(selected).toEqual({ '@odata.etag': hit.eTag, name: 'Größe.txt' });
  });

  it('is paged', async () => {
    const found: string[] = [];
    let path: string | undefined = `/drives/${mailbox.driveId}/root/search(q='')?$top=2`;
    const sizes: number[] = [];
    while (path !== undefined) {
      const answer: MicrosoftAnswer = await client.graph(path);
      found.push(...names(answer));
      sizes.push(answer.json.value.length);
      path = answer.json['@odata.nextLink']?.replace('https://graph.microsoft.com/v1.0', '');
    }
    expect([sizes, new Set(found).size]).toEqual([[2, 2, 1], 5]);
    expect((await search('', { rest: '?$skiptoken=bad' })).status).toBe(400);
  });

  it('refuses a slash, and what it does not know', async () => {
    expect((await search('a/b')).status).toBe(400);
    expect((await search('a', { rest: '?$filter=x' })).status).toBe(400);
    expect((await search('a', { rest: '?$expand=thumbnails' })).status).toBe(501);
    expect((await client.graph(`/drives/${mailbox.driveId}/search(x='a')`)).status).toBe(501);
    expect((await search('a', { at: 'root:/nothing:' })).status).toBe(404);
  });

  it('sees no other drive', async () => {
    await emulator.addMailbox({ upn: 'bob@contoso.com' }).put('/report', '');
    expect(names(await search('report'))).toEqual(['Annual report 2026.txt', 'Reports']);
  });

  it('knows of changes when the index does', async () => {
    await stop();
    await start({ searchLagMs: 120_000 });
    expect(names(await search('gold'))).toEqual([]);
    clock.advance(120_000);
    await mailbox.put('/gold 2', '');
    expect(names(await search('gold'))).toEqual(['100% gold.bin']);
    clock.advance(120_000);
    expect(names(await search('gold'))).toEqual(['100% gold.bin', 'gold 2']);
  });

  it('looks into text by switch', async () => {
    await stop();
    await start({ searchesContent: true });
    expect(names(await search('silver'))).toEqual(['Annual report 2026.txt', 'Größe.txt']);
    expect(names(await search('gold'))).toEqual(['100% gold.bin', 'Annual report 2026.txt']);
    expect(names(await search('gold silver'))).toEqual(['Annual report 2026.txt']);
  });
});
