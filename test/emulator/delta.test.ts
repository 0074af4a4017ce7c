import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const GRAPH = 'https://graph.microsoft.com/v1.0';

type Json = MicrosoftAnswer['json'];

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock();
  emulator = await createEmulator({ clock, ...options });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  mailbox.mkdir('/a/deep');
  await mailbox.put('/a/deep/one.txt', 'one');
  await mailbox.put('/two.txt', 'two');
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

async function restart(options: EmulatorOptions): Promise<void> {
  await stop();
  await start(options);
}

beforeEach(() => start());
afterEach(stop);

const delta = (rest = '') => `/drives/${mailbox.driveId}/root/delta${rest}`;
const follow = (link: string, headers: Record<string, string> = {}) =>
  client.graph(link.slice(GRAPH.length), { headers });
const shown = (items: Json[]): string[] => items.map(item => item.name ?? (item.deleted ? 'gone' : '?'));

/** All pages from a link on, and the link to what comes later. */
async function run(
  first: string,
  headers: Record<string, string> = {},
): Promise<{ pages: Json[][]; items: Json[]; link: string }> {
  const pages: Json[][] = [];
  for (let link = first; ; ) {
    const { status, json } = await follow(link, headers);
    expect(status).toBe(200);
    pages.push(json.value);
    if (json['@odata.deltaLink'] !== undefined) {
      expect(json['@odata.nextLink']).toBeUndefined();
      return { pages, items: pages.flat(), link: json['@odata.deltaLink'] };
    }
    link = json['@odata.nextLink'];
  }
}

const all = (rest = '') => run(`${GRAPH}${delta(rest)}`);

describe('a full run', () => {
  it('gives the root and every item once, and then nothing', async () => {
    const { items, link } = await all();
    expect(shown(items)).toEqual(['root', 'a', 'deep', 'one.txt', 'two.txt']);
    expect(items[0]).toHaveProperty('root');
    const next = await run(link);
    expect([next.items, next.link]).toEqual([[], link]);
  });

  it('leaves out what Business leaves out', async () => {
    const { items } = await all();
    const file = items.at(-1);
    expect(file).toMatchObject({ name: 'two.txt', size: 3, parentReference: { driveId: mailbox.driveId } });
    expect(file['@microsoft.graph.downloadUrl']).toMatch(/^https:/);
    expect([file.cTag, file.parentReference.path]).toEqual([undefined, undefined]);
    const selected = (await all('?$select=id,cTag,parentReference')).items.at(-1);
    expect([selected.id, selected.cTag, selected.parentReference.path]).toEqual([file.id, undefined, undefined]);
  });

  it.each([1, 2, 200])('gives a folder before what is in it, whenever it changed, with %i a page', async size => {
    const { id } = (await client.graph(`/drives/${mailbox.driveId}/root:/a`)).json;
    const body = { name: 'renamed', '@microsoft.graph.conflictBehavior': 'fail' };
    await client.graph(`/drives/${mailbox.driveId}/items/${id}`, { method: 'PATCH', body });
    const names = shown((await all(`?$top=${size}`)).items);
    expect(new Set(names)).toEqual(new Set(['root', 'renamed', 'deep', 'one.txt', 'two.txt']));
    expect(names.indexOf('renamed')).toBeLessThan(names.indexOf('deep'));
  });

  it('is paged by $top, which goes along in the links', async () => {
    const { pages, link } = await all('?$top=2');
    expect(pages.map(shown)).toEqual([['root', 'a'], ['deep', 'one.txt'], ['two.txt']]);
    await mailbox.put('/x', '');
    await mailbox.put('/y', '');
    await mailbox.put('/z', '');
    expect((await run(link)).pages.map(page => page.length)).toEqual([3, 2]);
  });

  it('goes on behind the page before, whatever changes meanwhile', async () => {
    const first = (await client.graph(delta('?$top=2'))).json;
    await mailbox.put('/two.txt', 'changed');
    mailbox.remove('/a/deep/one.txt');
    await mailbox.put('/new', 'new');
    const rest = await run(first['@odata.nextLink']);
    expect(shown(rest.items)).toEqual(['deep']);
    expect(shown((await run(rest.link)).items)).toEqual(expect.arrayContaining(['two.txt', 'gone', 'new']));
  });

  it.each([
    ['/drives/{drive}/root/microsoft.graph.delta()'],
    ['/users/{user}/drive/root/delta'],
    ['/users/ada@contoso.com/drive/root/delta()'],
    ['/drives/{drive}/items/{root}/delta'],
    ['/drives/{drive}/items/root/delta'],
    ['/drives/{drive}/root/delta?token='],
  ])('is had by %s', async path => {
    const root = (await client.graph(`/drives/${mailbox.driveId}/root`)).json.id;
    const { status, json } = await client.graph(
      path.replace('{drive}', mailbox.driveId).replace('{user}', mailbox.userId).replace('{root}', root),
    );
    expect([status, json.value.length]).toEqual([200, 5]);
    expect(json['@odata.deltaLink']).toMatch(new RegExp(`^${GRAPH}${delta()}\\?token=[\\w-]+`.replace('!', '\\!')));
  });

  it('costs two units without a token and one with it', async () => {
    const { link } = await all();
    await run(link);
    await client.graph(delta('?token=latest'));
    expect(emulator.calls.filter(call => call.operation === 'driveItem-delta').map(call => call.resourceUnits)).toEqual(
      [2, 1, 1],
    );
  });
});

describe('a run from a token', () => {
  it('gives the changes with the folders above them, or without these', async () => {
    const { link } = await all();
    await mailbox.put('/a/deep/one.txt', 'other');
    expect(shown((await run(link)).items)).toEqual(['root', 'a', 'deep', 'one.txt']);
    expect(shown((await run(link, { deltaExcludeParent: 'true' })).items)).toEqual(['one.txt']);
  });

  it('gives an item once, as it is now', async () => {
    const { link } = await all();
    await mailbox.put('/two.txt', '12');
    await mailbox.put('/two.txt', '1234');
    mailbox.move('/two.txt', '/2.txt');
    const { items } = await run(link, { deltaExcludeParent: '1' });
    expect(items).toMatchObject([{ name: '2.txt', size: 4 }]);
  });

  it('gives a renamed folder without its members', async () => {
    const { link } = await all();
    mailbox.move('/a', '/b');
    expect(shown((await run(link)).items)).toEqual(['root', 'b']);
  });

  it('gives deletions by id, without a name', async () => {
    const { items, link } = await all();
    mailbox.remove('/two.txt');
    const gone = (await run(link)).items.at(-1);
    expect(gone).toMatchObject({ id: items.at(-1).id, deleted: { state: 'deleted' }, file: {} });
    expect([gone.name, gone.cTag, gone.parentReference.id]).toEqual([undefined, undefined, items[0].id]);
    expect((await run(link)).items).toHaveLength(2);
  });

  it.each([
    ['reported', 3],
    ['left-out', 1],
  ] as const)('has what was in a deleted folder %s', async (deltaDescendants, count) => {
    await restart({ deltaDescendants });
    const { items, link } = await all();
    mailbox.remove('/a');
    const gone = (await run(link)).items.filter(item => item.deleted);
    expect(gone).toHaveLength(count);
    expect(gone.at(-1)).toMatchObject({ id: items[1].id, folder: {} });
  });

  it('begins now with latest, and at a time with that time', async () => {
    const { json } = await client.graph(delta('?token=latest'));
    expect(json).toMatchObject({ value: [], '@odata.deltaLink': expect.stringContaining('token=') });
    clock.advance(60_000);
    const time = new Date(clock.now()).toISOString();
    clock.advance(60_000);
    await mailbox.put('/three.txt', '3');
    expect(shown((await run(json['@odata.deltaLink'])).items)).toEqual(['root', 'three.txt']);
    for (const rest of [`?token=${encodeURIComponent(time)}`, `(token='${time}')`]) {
      expect(shown((await all(rest)).items)).toEqual(['root', 'three.txt']);
    }
    expect((await all(`?token=${encodeURIComponent(new Date(clock.now()).toISOString())}`)).items).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('is a token that is none: 400, or 410', async () => {
    const other = emulator.addMailbox({ upn: 'bob@contoso.com' });
    const foreign = (await client.graph(`/drives/${other.driveId}/root/delta`)).json['@odata.deltaLink'];
    const token = /token=([^&]+)/.exec(foreign)![1];
    for (const each of ['nonsense', token]) {
      const { status, json } = await client.graph(delta(`?token=${each}`));
      expect([status, json.error.code]).toEqual([400, 'invalidRequest']);
    }
    await restart({ deltaInvalidTokenStatus: 410 });
    expect((await client.graph(delta('?token=nonsense'))).json.error.code).toBe('resyncRequired');
  });

  it.each([
    [undefined, 'resyncChangesApplyDifferences'],
    ['resyncChangesApplyDifferences', 'resyncChangesApplyDifferences'],
    ['resyncChangesUploadDifferences', 'resyncChangesUploadDifferences'],
  ] as const)('is 410 once all links are refused (%s), with the link to a fresh run', async (kind, inner) => {
    const { link } = await all('?$top=2');
    mailbox.expireChanges(kind);
    const { status, json, headers } = await follow(link);
    expect([status, json.error.code, json.error.innerError.code]).toEqual([410, 'resyncRequired', inner]);
    const fresh = await run(String(headers.location));
    expect(shown(fresh.items)).toEqual(['root', 'a', 'deep', 'one.txt', 'two.txt']);
    expect((await follow(fresh.link)).status).toBe(200);
  });

  it('is a folder, on Business', async () => {
    for (const path of ['root:/a:/delta', 'root:/two.txt:/delta']) {
      const { status, json } = await client.graph(`/drives/${mailbox.driveId}/${path}`);
      expect([status, json.error.code]).toEqual([501, 'notSupported']);
    }
  });

  it('is a national cloud, unless the switch says that it has delta', async () => {
    const statusIn = async (cloud: 'china' | 'usgov', deltaSupported?: boolean) => {
      await restart({ deltaSupported, tenant: { name: 'contoso', cloud } });
      return (await client.graph(delta())).status;
    };
    expect([await statusIn('china'), await statusIn('usgov'), await statusIn('china', true)]).toEqual([400, 400, 200]);
  });

  it('is a cloud that has no delta', async () => {
    await restart({ deltaSupported: false });
    expect((await client.graph(delta())).status).toBe(400);
    await restart({ deltaSupported: false, deltaUnsupportedStatus: 501 });
    expect((await client.graph(delta('?token=latest'))).status).toBe(501);
  });

  it.each(['$expand=children', '$filter=x', '$orderby=name', '$count=true'])('is %s', async query => {
    expect((await client.graph(delta(`?${query}`))).status).toBeGreaterThanOrEqual(400);
  });
});

describe('switches', () => {
  it('make changes show late, and never get lost', async () => {
    await restart({ deltaLagMs: 30_000 });
    clock.advance(60_000);
    const { items, link } = await all();
    expect(items).toHaveLength(5);
    await mailbox.put('/three.txt', '3');
    mailbox.remove('/two.txt');
    await mailbox.put('/a/deep/one.txt', 'other');
    const soon = await run(link);
    expect([soon.items, soon.link]).toEqual([[], link]);
    const full = await all();
    expect(shown(full.items)).toEqual(['root', 'a', 'deep', 'one.txt']);
    clock.advance(30_000);
    for (const each of [link, full.link]) {
      const late = shown((await run(each, { deltaExcludeParent: '' })).items);
      expect(late.sort()).toEqual(['gone', 'one.txt', 'three.txt']);
    }
  });

  it('repeat the last item of a page on the next one', async () => {
    await restart({ deltaRepeats: true });
    const { pages } = await all('?$top=2');
    expect(pages.map(shown)).toEqual([
      ['root', 'a'],
      ['a', 'deep', 'one.txt'],
      ['one.txt', 'two.txt'],
    ]);
  });

  it('give pages without items between the others', async () => {
    await restart({ deltaEmptyPages: true });
    const { pages, link } = await all('?$top=3');
    expect(pages.map(page => page.length)).toEqual([0, 3, 0, 2]);
    expect((await run(link)).pages).toEqual([[], []]);
  });
});
