import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { seedSampleTenant } from '../../src/emulator/sample-tenant.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const ROLES = ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Directory.Read.All', 'Application.Read.All'];

/** Everything that Graph shows of a tenant with these addresses. */
async function look(emulator: Emulator, paths: readonly string[]): Promise<unknown[]> {
  const client = await microsoftClient(emulator);
  const seen = [];
  for (const path of paths) {
    const { status, json } = await client.graph(path, { headers: { consistencylevel: 'eventual' } });
    // What a drive says of its last change is the time of asking.
    seen.push([status, JSON.parse(JSON.stringify(json).replaceAll(/"lastModifiedDateTime":"[^"]+",/g, ''))]);
  }
  await client.close();
  return seen;
}

it('keeps users, groups, sites, applications and tenants', async () => {
  await using folder = await makeTempDir();
  const before = await createEmulator({ dataDir: folder.path });
  before.setApplication({ roles: ROLES, displayName: 'Kept', redirectUris: ['http://localhost/kept'] });
  const ada = before.addMailbox({ upn: 'ada@contoso.com', mail: null });
  const gone = before.addMailbox({ upn: 'gone@contoso.com', licensed: false, accountEnabled: false });
  await gone.put('/left.txt', 'behind');
  const inner = before.addGroup({ displayName: 'Inner', members: [ada] });
  const outer = before.addGroup({ displayName: 'Outer', members: [inner] });
  inner.add(outer);
  const site = before.addSite({ path: '/sites/team', name: 'Team', libraries: ['Documents', 'Drawings'] });
  await site.library('Drawings').put('/Plans/a.txt', 'plan');
  const locked = before.addSite({ path: '/sites/locked', name: 'Locked' });
  locked.setLocked(true);
  const selected = before.addApplication({ roles: ['Sites.Selected'] });
  site.grant('read', selected.clientId);
  const other = before.addTenant({ name: 'fabrikam', cloud: 'usgov', displayName: 'Fabrikam Inc.' });
  await other.addMailbox({ upn: 'bob@fabrikam.us' }).put('/b.txt', 'bob');
  gone.deleteUser();
  const paths = [
    '/users?$select=id,userPrincipalName,mail,accountEnabled,assignedLicenses&$count=true',
    `/groups/${outer.groupId}/transitiveMembers`,
    `/groups/${inner.groupId}/members`,
    `/sites/${site.siteId}/drives`,
    `/sites/${locked.siteId}/drives`,
    `/drives/${site.library('Drawings').driveId}/root:/Plans:/children?$select=id,name,size,file`,
    `/drives/${gone.driveId}/root/children?$select=id,name`,
    '/sites?search=*',
    `/applications(appId='${before.clientId}')`,
    '/organization',
  ];
  const seen = await look(before, paths);
  await before.close();

  const after = await createEmulator({ dataDir: folder.path });
  expect(after.restored).toBe(true);
  expect(after.mailboxes).toEqual(['ada@contoso.com']);
  const again = await look(after, paths);
  expect(again.map(answer => withoutErrorIds(answer))).toEqual(seen.map(answer => withoutErrorIds(answer)));
  const client = await microsoftClient(after, { application: selected });
  expect((await client.graph(`/sites/${site.siteId}`)).status).toBe(200);
  await client.close();
  const restored = await microsoftClient(after, { tenant: other });
  const { json } = await restored.graph('/users/bob@fabrikam.us/drive');
  expect(json.webUrl).toBe('https://fabrikam-my.sharepoint.us/personal/bob_fabrikam_us/Documents');
  expect((await restored.graph(`/drives/${json.id}/root:/b.txt`)).json.size).toBe(3);
  await restored.close();
  await after.close();
});

/** Errors carry ids of their requests. */
function withoutErrorIds(answer: unknown): unknown {
  const text = JSON.stringify(answer);
  return JSON.parse(text.replaceAll(/"(?:request-id|client-request-id|date)":"[^"]+"/g, '"id":""'));
}

it.each([
  ['a newer', 1000],
  ['an older', 1],
])('refuses what %s one has written, with a sentence', async (which, format) => {
  await using folder = await makeTempDir();
  const database = new DatabaseSync(join(folder.path, 'tenant.sqlite'));
  database.exec(`PRAGMA user_version = ${format}`);
  database.close();
  await expect(createEmulator({ dataDir: folder.path })).rejects.toThrow(
    `tenant.sqlite was written by ${which} emulator (format ${format}); use that one, or another folder`,
  );
});

it('the sample tenant has a group of two and a site with two libraries beside its four mailboxes', async () => {
  const emulator = await createEmulator();
  await seedSampleTenant(emulator);
  emulator.setApplication({ roles: ROLES });
  const client = await microsoftClient(emulator);
  expect(emulator.mailboxes).toHaveLength(4);
  expect(emulator.sites).toEqual(['https://contoso.sharepoint.com/sites/engineering']);
  const [group] = emulator.groups;
  const members = await client.graph(`/groups/${group!.groupId}/members?$select=userPrincipalName`);
  expect(members.json.value).toMatchObject([
    { userPrincipalName: 'ada@contoso.com' },
    { userPrincipalName: 'grace@contoso.com' },
  ]);
  const { value } = (await client.graph('/sites/contoso.sharepoint.com:/sites/engineering:/drives')).json;
  expect(value.map(({ name }: { name: string }) => name)).toEqual(['Documents', 'Drawings']);
  const items = await Promise.all(
    value.map(async ({ id }: { id: string }) => (await client.graph(`/drives/${id}/root/children`)).json.value.length),
  );
  expect(items).toEqual([1, 1]);
  await client.close();
  await emulator.close();
});
