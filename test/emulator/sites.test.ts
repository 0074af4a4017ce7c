import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions, type SiteHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const HOST = 'contoso.sharepoint.com';
const UNIT = 320 * 1024;

let emulator: Emulator;
let team: SiteHandle;
let client: MicrosoftClient;

async function start(options: EmulatorOptions = {}, roles = ['Files.ReadWrite.All', 'Sites.Read.All']): Promise<void> {
  emulator = await createEmulator(options);
  emulator.setApplication({ roles });
  emulator.addMailbox({ upn: 'ada@contoso.com' });
  emulator.addSite({ path: '/', name: 'Communication site' });
  team = emulator.addSite({ path: '/sites/Team A', name: 'The team', libraries: ['Documents', 'Drawings'] });
  client = await microsoftClient(emulator);
}

async function startAgain(...args: Parameters<typeof start>): Promise<void> {
  await client.close();
  await emulator.close();
  await start(...args);
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error?.code];
const BY_PATH = `/sites/${HOST}:/sites/team%20a`;

describe('a site', () => {
  it('is found by its path, whatever the case', async () => {
    const { status, json } = await client.graph(BY_PATH);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: team.siteId,
      displayName: 'The team',
      name: 'Team A',
      webUrl: `https://${HOST}/sites/Team%20A`,
    });
    expect(json.id).toMatch(/^contoso\.sharepoint\.com,[0-9a-f-]{36},[0-9a-f-]{36}$/);
    expect((await client.graph(`${BY_PATH}:`)).json.id).toBe(team.siteId);
  });

  it('is found by its id, whole or the part of the site collection', async () => {
    expect((await client.graph(`/sites/${team.siteId}`)).json.displayName).toBe('The team');
    expect((await client.graph(`/sites/${team.siteId.split(',')[1]}`)).json.displayName).toBe('The team');
  });

  it('is the root by the host’s name and as root', async () => {
    for (const path of [`/sites/${HOST}`, '/sites/root', `/sites/${HOST}:/`]) {
      const { json } = await client.graph(path);
      expect([json.displayName, json.webUrl]).toEqual(['Communication site', `https://${HOST}`]);
    }
  });

  it('that nobody has made is 404, one of another’s host is 400', async () => {
    const missing = [`/sites/${HOST}:/sites/none`, `/sites/${HOST},x,y`, `/sites/${HOST}:/sites/none:/drives`];
    for (const path of missing) {
      expect(outcome(await client.graph(path))).toEqual([404, 'itemNotFound']);
    }
    const answer = await client.graph('/sites/fabrikam.sharepoint.com:/sites/team');
    expect([...outcome(answer), answer.json.error.message]).toEqual([
      400,
      'invalidRequest',
      'Invalid hostname for this tenancy',
    ]);
    team.delete();
    expect(outcome(await client.graph(BY_PATH))).toEqual([404, 'itemNotFound']);
  });

  it('that is locked says so, and so do its drives', async () => {
    const { driveId } = team.library('Drawings');
    team.setLocked(true);
    for (const path of [BY_PATH, `${BY_PATH}:/drives`, `/drives/${driveId}`, `/drives/${driveId}/root/children`]) {
      const answer = await client.graph(path);
      expect([...outcome(answer), answer.json.error.innerError.code]).toEqual([423, 'notAllowed', 'resourceLocked']);
    }
    team.setLocked(false);
    expect((await client.graph(BY_PATH)).status).toBe(200);
  });

  it('is searched by name and address; personal ones are not among the found', async () => {
    const search = async (query: string) =>
      (await client.graph(`/sites?search=${query}`)).json.value.map(({ name }: { name: string }) => name);
    expect(await search('TEAM')).toEqual(['Team A']);
    expect(await search('communication')).toEqual(['']);
    expect(await search('*')).toEqual(['', 'Team A']);
    expect(await search('nothing')).toEqual([]);
    expect((await client.graph('/sites')).status).toBe(501);
  });
});

describe('document libraries', () => {
  it('are the drives of a site, the first one its drive', async () => {
    const { json } = await client.graph(`/sites/${team.siteId}/drives`);
    expect(json.value).toMatchObject([
      {
        id: team.library('Documents').driveId,
        name: 'Documents',
        driveType: 'documentLibrary',
        webUrl: `https://${HOST}/sites/Team%20A/Shared%20Documents`,
        quota: { used: 0, state: 'normal' },
      },
      { id: team.library('Drawings').driveId, name: 'Drawings', webUrl: `https://${HOST}/sites/Team%20A/Drawings` },
    ]);
    const first = json.value[0].id;
    for (const path of [`/sites/${team.siteId}/drive`, `${BY_PATH}:/drive`, `/drives/${first}`]) {
      const drive = (await client.graph(path)).json;
      expect([drive.id, drive.name]).toEqual([first, 'Documents']);
      expect(drive.owner).not.toHaveProperty('user');
    }
    expect((await client.graph(`${BY_PATH}:/drives?$select=id,name`)).json.value[1]).toEqual({
      id: team.library('Drawings').driveId,
      name: 'Drawings',
    });
  });

  it('are read and written like any drive, on the content host of the sites', async () => {
    const library = team.library('Drawings');
    const put = await client.graph(
      `/drives/${library.driveId}/root:/Plans/a.txt:/content?@microsoft.graph.conflictBehavior=fail`,
      { method: 'PUT', body: 'plan' },
    );
    expect(put.status).toBe(201);
    expect(put.json).toMatchObject({
      webUrl: `https://${HOST}/sites/Team%20A/Drawings/Plans/a.txt`,
      parentReference: { driveType: 'documentLibrary', driveId: library.driveId },
    });
    const url = String(put.json['@microsoft.graph.downloadUrl']);
    expect(url).toMatch(/^https:\/\/contoso\.sharepoint\.com\/sites\/Team%20A\/_layouts\/15\/download\.aspx\?/);
    expect((await client.plain(url)).text).toBe('plan');
    expect(Object.keys(library.tree())).toEqual(['/Plans/', '/Plans/a.txt']);
    expect(team.library('Documents').tree()).toEqual({});
    expect(emulator.violations).toEqual([]);
  });

  it('take upload sessions at the same host', async () => {
    const library = team.library('Documents');
    const { json } = await client.graph(`/drives/${library.driveId}/root:/big.bin:/createUploadSession`, {
      method: 'POST',
      body: { item: { '@microsoft.graph.conflictBehavior': 'fail' } },
    });
    expect(new URL(json.uploadUrl).host).toBe(HOST);
    expect(emulator.openUploadSessions()).toBe(1);
    const { status } = await client.plain(json.uploadUrl, {
      method: 'PUT',
      headers: { 'content-range': `bytes 0-${UNIT - 1}/${UNIT}` },
      body: Buffer.alloc(UNIT),
    });
    expect([status, library.stat('/big.bin')?.size, emulator.openUploadSessions()]).toEqual([201, UNIT, 0]);
  });

  it('give out URLs that are good on their own host only', async () => {
    const library = team.library('Documents');
    await library.put('/a.txt', 'a');
    const { json } = await client.graph(`/drives/${library.driveId}/root:/a.txt`);
    const elsewhere = json['@microsoft.graph.downloadUrl'].replace(HOST, 'contoso-my.sharepoint.com');
    expect((await client.plain(elsewhere)).status).toBe(401);
    expect(emulator.violations.map(({ rule }) => rule)).toEqual(['altered-url']);
  });

  it('copy between each other and to a user’s drive', async () => {
    const [from, to] = [team.library('Documents'), emulator.addMailbox({ upn: 'grace@contoso.com' })];
    await from.put('/a.txt', 'a');
    const root = (await client.graph(`/drives/${to.driveId}/root`)).json.id;
    const { status, headers } = await client.graph(
      `/drives/${from.driveId}/items/${from.stat('/a.txt')!.id}/copy?@microsoft.graph.conflictBehavior=fail`,
      { method: 'POST', body: { name: 'b.txt', parentReference: { driveId: to.driveId, id: root } } },
    );
    expect([status, new URL(String(headers.location)).host]).toEqual([202, HOST]);
    await client.plain(String(headers.location));
    expect((await client.plain(String(headers.location))).json.status).toBe('completed');
    expect((await to.read('/b.txt')).toString()).toBe('a');
  });

  it('have a handle by name only', () => {
    expect(() => team.library('Pictures')).toThrow('has no library Pictures');
  });
});

describe('permissions', () => {
  it('on files open the drives of a site, and the site itself only where that is switched on', async () => {
    await startAgain({}, ['Files.Read.All']);
    expect((await client.graph(`${BY_PATH}:/drives`)).status).toBe(200);
    expect((await client.graph(`/sites/${team.siteId}/drive`)).status).toBe(200);
    expect(outcome(await client.graph(BY_PATH))).toEqual([403, 'accessDenied']);
    expect(outcome(await client.graph('/sites?search=*'))).toEqual([403, 'accessDenied']);
    await startAgain({ filesRolesReadSites: true }, ['Files.Read.All']);
    expect((await client.graph(BY_PATH)).status).toBe(200);
  });

  it('on selected sites open those, and no search', async () => {
    await startAgain({}, ['Sites.Selected']);
    expect(outcome(await client.graph(BY_PATH))).toEqual([403, 'accessDenied']);
    team.grant('write');
    const { driveId } = team.library('Documents');
    for (const path of [BY_PATH, `${BY_PATH}:/drives`, `/drives/${driveId}/root/children`]) {
      expect((await client.graph(path)).status).toBe(200);
    }
    const put = `/drives/${driveId}/root:/a.txt:/content?@microsoft.graph.conflictBehavior=fail`;
    expect((await client.graph(put, { method: 'PUT', body: 'a' })).status).toBe(201);
    expect(outcome(await client.graph('/sites/root'))).toEqual([403, 'accessDenied']);
    expect(outcome(await client.graph('/sites?search=*'))).toEqual([403, 'accessDenied']);
    const { value } = (await client.graph(`${BY_PATH}:/drives`)).json;
    expect(value).toHaveLength(2);
  });
});
