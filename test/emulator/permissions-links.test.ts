import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const DAY = 86_400_000;

type Json = MicrosoftAnswer['json'];

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock();
  emulator = await createEmulator({ clock, ...options });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada' });
  client = await microsoftClient(emulator);
  await mailbox.put('/folder/file #1.txt', 'hello');
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

const FILE = 'root:/folder/file%20%231.txt';
const FOLDER = 'root:/folder';
const call = (path: string, method = 'GET', body?: object) =>
  client.graph(`/drives/${mailbox.driveId}/${path}`, { method, body });
const createLink = (path: string, body: object) => call(`${path}:/createLink`, 'POST', body);
const permissionsOf = async (path: string): Promise<Json[]> => (await call(`${path}:/permissions`)).json.value;
const sharesOf = (url: string, rest = '') =>
  client.graph(`/shares/u!${Buffer.from(url).toString('base64url')}/driveItem${rest}`);

describe('createLink', () => {
  it('makes a link once: 201, and 200 with the same one', async () => {
    const first = await createLink(FILE, { type: 'view', scope: 'organization' });
    expect([first.status, first.json]).toEqual([
      201,
      expect.objectContaining({
        roles: ['read'],
        hasPassword: false,
        link: expect.objectContaining({ type: 'view', scope: 'organization' }),
      }),
    ]);
    expect(first.json.link.webUrl).toMatch(
      /^https:\/\/contoso-my\.sharepoint\.com\/:u:\/g\/personal\/ada_contoso_com\/E/,
    );
    const again = await createLink(FILE, { type: 'view', scope: 'organization' });
    expect([again.status, again.json.id]).toEqual([200, first.json.id]);
    for (const body of [
      { type: 'edit', scope: 'organization' },
      { type: 'view', scope: 'anonymous' },
      { type: 'view', scope: 'users' },
    ]) {
      const other = await createLink(FILE, body);
      expect([other.status, other.json.link]).toEqual([201, expect.objectContaining(body)]);
      expect(other.json.roles).toEqual([body.type === 'edit' ? 'write' : 'read']);
    }
    expect(await permissionsOf(FILE)).toHaveLength(5);
  });

  it('costs five units, as all calls of permissions do', async () => {
    emulator.resetCalls();
    const { id } = (await createLink(FILE, { type: 'view' })).json;
    await call(`${FILE}:/permissions`);
    await call(`${FILE}:/permissions/${id}`);
    await call(`${FILE}:/permissions/${id}`, 'DELETE');
    expect(emulator.calls.map(each => each.resourceUnits)).toEqual([5, 5, 5, 5]);
  });

  it('takes it that nobody is to be notified', async () => {
    expect((await createLink(FILE, { type: 'view', sendNotification: false })).status).toBe(201);
  });

  it.each([
    ['embed', { type: 'embed' }, 400],
    ['no type', { scope: 'organization' }, 400],
    ['an unknown scope', { type: 'view', scope: 'galaxy' }, 400],
    ['a password', { type: 'view', password: 'x' }, 400],
    ['an end that has passed', { type: 'view', expirationDateTime: '2020-01-01T00:00:00Z' }, 400],
    ['a type that is not modelled', { type: 'review' }, 501],
    ['a property that is not modelled', { type: 'view', somethingElse: true }, 501],
    ['a notification', { type: 'view', sendNotification: true }, 501],
  ])('refuses %s', async (_, body, status) => {
    expect((await createLink(FILE, body)).status).toBe(status);
    expect(await permissionsOf(FILE)).toHaveLength(1);
  });

  it('needs an item that is there, and is not the root', async () => {
    expect((await createLink('root:/nothing', { type: 'view' })).status).toBe(404);
    expect((await call('root/createLink', 'POST', { type: 'view' })).status).toBe(501);
  });

  it.each([
    ['invalid-request', 400, 'invalidRequest'],
    ['access-denied', 403, 'accessDenied'],
  ] as const)('says so where the tenant forbids anonymous links (%s)', async (anonymousLinks, status, code) => {
    await stop();
    await start({ anonymousLinks });
    const { status: given, json } = await createLink(FILE, { type: 'view', scope: 'anonymous' });
    expect([given, json.error.code]).toEqual([status, code]);
    expect((await createLink(FILE, { type: 'view', scope: 'organization' })).status).toBe(201);
  });

  it('takes the default scope of the tenant', async () => {
    expect((await createLink(FILE, { type: 'view' })).json.link.scope).toBe('organization');
    await stop();
    await start({ defaultLinkScope: 'anonymous' });
    expect((await createLink(FILE, { type: 'view' })).json.link.scope).toBe('anonymous');
  });

  it('makes links that end', async () => {
    const expirationDateTime = new Date(clock.now() + DAY).toISOString();
    const { json } = await createLink(FILE, { type: 'view', scope: 'anonymous', expirationDateTime });
    expect(json.expirationDateTime).toBe(expirationDateTime);
    expect((await sharesOf(json.link.webUrl)).status).toBe(200);
    expect((await call(FILE)).json.shared).toEqual({ scope: 'anonymous' });
    clock.advance(DAY);
    const { graph, close } = await microsoftClient(emulator);
    const shares = `/shares/${json.shareId}/driveItem`;
    const item = await graph(`/drives/${mailbox.driveId}/${FILE}`);
    const permissions = await graph(`/drives/${mailbox.driveId}/${FILE}:/permissions`);
    expect([(await graph(shares)).status, item.json.shared, permissions.json.value.length]).toEqual([
      404,
      undefined,
      1,
    ]);
    await close();
  });
});

describe('permissions', () => {
  it('have the owner, who inherits from the root', async () => {
    const [owner, ...others] = await permissionsOf(FILE);
    expect(owner).toMatchObject({
      roles: ['owner'],
      grantedToV2: { user: { id: mailbox.userId, displayName: 'Ada' } },
    });
    expect([owner.inheritedFrom.path, others]).toEqual([`/drives/${mailbox.driveId}/root:`, []]);
    expect((await call('root/permissions')).json.value[0]).not.toHaveProperty('inheritedFrom');
  });

  it('come down from folders, and are deleted where they were made', async () => {
    const folder = (await call(FOLDER)).json;
    const { id } = (await createLink(FOLDER, { type: 'edit', scope: 'users' })).json;
    const inherited = (await permissionsOf(FILE))[0];
    expect(inherited).toMatchObject({ id, roles: ['write'], inheritedFrom: { id: folder.id } });
    expect((await call(`${FILE}:/permissions/${id}`)).json).toMatchObject({ id, inheritedFrom: { id: folder.id } });
    expect((await call(`${FOLDER}:/permissions/${id}`)).json.inheritedFrom).toBeUndefined();
    expect((await call(`${FILE}:/permissions/${id}`, 'DELETE')).status).toBe(400);
    expect((await call(`${FOLDER}:/permissions/${id}`, 'DELETE')).status).toBe(204);
    expect((await call(`${FOLDER}:/permissions/${id}`, 'DELETE')).status).toBe(404);
    expect(await permissionsOf(FILE)).toHaveLength(1);
  });

  it('cannot be taken from the owner, and delete nothing else', async () => {
    const [owner] = await permissionsOf(FILE);
    expect((await call(`${FILE}:/permissions/${owner.id}`, 'DELETE')).status).toBe(403);
    expect((await call(`${FILE}:/permissions/x`, 'DELETE')).status).toBe(404);
    expect((await call(`${FILE}:/permissions/x/y`, 'DELETE')).status).toBe(501);
    expect((await call(`${FILE}:/permissions`, 'DELETE')).status).toBe(501);
    expect((await call(`${FILE}:/permissions/${owner.id}`, 'PATCH', { name: 'x' })).status).toBe(501);
    expect(mailbox.stat('/folder/file #1.txt')).toBeDefined();
  });

  it('go with their item', async () => {
    const { json } = await createLink(FILE, { type: 'view' });
    await call(FILE, 'DELETE');
    await mailbox.put('/folder/file #1.txt', 'new');
    expect(await permissionsOf(FILE)).toHaveLength(1);
    expect((await sharesOf(json.link.webUrl)).status).toBe(404);
  });

  it('are read with a read role, and changed with a write role only', async () => {
    const { clientId, clientSecret } = emulator.addApplication({ roles: ['Files.Read.All'] });
    const reader = await microsoftClient(emulator, { application: { clientId, clientSecret } });
    const path = `/drives/${mailbox.driveId}/${FILE}`;
    const { id } = (await createLink(FILE, { type: 'view' })).json;
    expect((await reader.graph(`${path}:/permissions`)).status).toBe(200);
    const body = { type: 'view' };
    expect((await reader.graph(`${path}:/createLink`, { method: 'POST', body })).status).toBe(403);
    expect((await reader.graph(`${path}:/permissions/${id}`, { method: 'DELETE' })).status).toBe(403);
    await reader.close();
  });

  it('of a site have its owners', async () => {
    const library = emulator.addSite({ path: '/sites/team', name: 'Team' }).library('Documents');
    await library.put('/a', 'a');
    const { value } = (await client.graph(`/drives/${library.driveId}/root:/a:/permissions`)).json;
    expect(value).toMatchObject([{ roles: ['owner'], grantedToV2: { siteGroup: { displayName: 'Team Owners' } } }]);
  });
});

describe('shared', () => {
  it('shows on what is shared and on what lies in it, in the widest scope, and nowhere else', async () => {
    await mailbox.put('/other', '');
    await createLink(FOLDER, { type: 'view', scope: 'organization' });
    await createLink(FILE, { type: 'view', scope: 'users' });
    expect((await call(FOLDER)).json.shared).toEqual({ scope: 'organization' });
    expect((await call(`${FOLDER}:/children`)).json.value[0].shared).toEqual({ scope: 'organization' });
    expect((await call(`${FILE}?$select=shared`)).json.shared).toEqual({ scope: 'organization' });
    await createLink(FILE, { type: 'view', scope: 'anonymous' });
    expect((await call(FILE)).json.shared).toEqual({ scope: 'anonymous' });
    expect((await call('root:/other')).json).not.toHaveProperty('shared');
  });

  it('is a change of the item, not of its content', async () => {
    const before = (await call(FILE)).json;
    const link = (await call('root/delta?token=latest')).json['@odata.deltaLink'];
    await createLink(FILE, { type: 'view' });
    const after = (await call(FILE)).json;
    expect([after.eTag === before.eTag, after.cTag]).toEqual([false, before.cTag]);
    const { value } = (await client.graph(link.replace('https://graph.microsoft.com/v1.0', ''))).json;
    expect(value.at(-1)).toMatchObject({ id: after.id, shared: { scope: 'organization' } });
  });
});

describe('shares', () => {
  it('gives the item of a link, and of its own web address', async () => {
    const { json } = await createLink(FILE, { type: 'view' });
    const item = (await call(FILE)).json;
    for (const shareId of [json.shareId, `u!${Buffer.from(item.webUrl).toString('base64url')}`]) {
      const answer = await client.graph(`/shares/${shareId}/driveItem`);
      expect([answer.status, answer.json.id]).toEqual([200, item.id]);
    }
    expect((await sharesOf(json.link.webUrl, '?$select=name')).json.name).toBe('file #1.txt');
  });

  it('refuses what is no share, what is gone, and what the caller may not see', async () => {
    const { id, link } = (await createLink(FILE, { type: 'view' })).json;
    expect((await client.graph('/shares/nonsense/driveItem')).status).toBe(400);
    expect((await sharesOf('https://contoso-my.sharepoint.com/:u:/g/personal/x/Eaaaaaaaaaaaaaaaaaaaaaa')).status).toBe(
      404,
    );
    const { clientId, clientSecret } = emulator.addApplication({ roles: ['User.Read.All'] });
    const other = await microsoftClient(emulator, { application: { clientId, clientSecret } });
    const path = `/shares/u!${Buffer.from(link.webUrl).toString('base64url')}/driveItem`;
    expect((await other.graph(path)).status).toBe(403);
    await other.close();
    await call(`${FILE}:/permissions/${id}`, 'DELETE');
    expect((await sharesOf(link.webUrl)).status).toBe(404);
  });

  it('does not open another tenant', async () => {
    const { json } = await createLink(FILE, { type: 'view', scope: 'anonymous' });
    const tenant = emulator.addTenant({ name: 'fabrikam' });
    const stranger = await microsoftClient(emulator, { tenant });
    expect((await stranger.graph(`/shares/${json.shareId}/driveItem`)).status).toBe(404);
    await stranger.close();
  });
});
