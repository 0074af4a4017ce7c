import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { CALLBACK, type SignInBench, signInBench, VERIFIER } from '../support/sign-in.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const SCOPE = 'openid profile email User.Read';
const ROLES = [
  { id: '11111111-1111-4111-8111-111111111111', value: 'Files.Admin', displayName: 'Administrators' },
  { id: '22222222-2222-4222-8222-222222222222', value: 'Files.User', displayName: 'Users' },
];

let emulator: Emulator;
let ada: MailboxHandle;
let bench: SignInBench;

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await createEmulator(options);
  emulator.setApplication({ redirectUris: [CALLBACK], appRoles: ROLES });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada' });
  bench = await signInBench(emulator);
}

async function stop(): Promise<void> {
  await bench.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
}

async function tokensOf(who = 'ada@contoso.com', scope = SCOPE): Promise<Tokens> {
  emulator.setSignIn({ as: who });
  const { sent } = await bench.open({ scope, prompt: 'login' });
  const form = { code: sent!.parameters.code!, redirect_uri: CALLBACK, code_verifier: VERIFIER };
  return (await bench.token({ grant_type: 'authorization_code', ...form })).json;
}

const claimsOf = async (who?: string) => decodeJwt((await tokensOf(who)).id_token);

/** A call of Graph with a token that is not the application's own. */
function graph(token: string, path: string, body?: object) {
  return bench.client.plain(`https://graph.microsoft.com/v1.0${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  });
}

/** One of the application itself, with these permissions. */
async function ownGraph(roles: readonly string[], path: string, body?: object) {
  emulator.setApplication({ roles });
  return graph((await bench.client.token()).json.access_token, path, body);
}

describe('the claim roles', () => {
  it('has the roles of the person and of their groups, each once; not those of groups in groups', async () => {
    expect(await claimsOf()).not.toHaveProperty('roles');
    const inner = emulator.addGroup({ displayName: 'Inner', members: [ada] });
    const outer = emulator.addGroup({ displayName: 'Outer', members: [inner] });
    emulator.assign(outer, { role: 'Files.Admin' });
    expect(await claimsOf()).not.toHaveProperty('roles');
    emulator.assign(inner, { role: 'Files.User' });
    emulator.assign(ada, { role: 'Files.User' });
    expect((await claimsOf()).roles).toEqual(['Files.User']);
    emulator.assign(ada, { role: 'Files.Admin' });
    expect((await claimsOf()).roles).toEqual(['Files.Admin', 'Files.User']);
  });

  it('is absent of an assignment without a role', async () => {
    emulator.assign(ada);
    expect(await claimsOf()).not.toHaveProperty('roles');
  });

  it('cannot be of a role or an application that does not exist', () => {
    expect(() => emulator.assign(ada, { role: 'x' })).toThrow('has no role x');
    expect(() => emulator.assign(ada, { clientId: 'x' })).toThrow('has no application x');
  });
});

describe('the claim groups', () => {
  it('is there when the application asks for it, with groups of groups', async () => {
    const inner = emulator.addGroup({ displayName: 'Inner', members: [ada] });
    const outer = emulator.addGroup({ displayName: 'Outer', members: [inner] });
    emulator.addGroup({ displayName: 'Others' });
    expect(await claimsOf()).not.toHaveProperty('groups');
    emulator.setApplication({ groupMembershipClaims: 'SecurityGroup' });
    expect((await claimsOf()).groups).toEqual([inner.groupId, outer.groupId]);
    emulator.setApplication({ groupMembershipClaims: 'ApplicationGroup' });
    emulator.assign(outer);
    expect((await claimsOf()).groups).toEqual([outer.groupId]);
  });

  it('of more than 200 groups is an overage, which Graph resolves for the person and for the application', async () => {
    emulator.setApplication({ groupMembershipClaims: 'All' });
    const groups = Array.from({ length: 200 }, (_, index) =>
      emulator.addGroup({ displayName: `Group ${index}`, members: [ada] }),
    );
    expect((await claimsOf()).groups).toHaveLength(200);
    groups.push(emulator.addGroup({ displayName: 'One more', members: [groups[0]!] }));
    const { access_token, id_token } = await tokensOf();
    const claims = decodeJwt(id_token);
    expect(claims.groups).toBeUndefined();
    expect([claims._claim_names, claims._claim_sources]).toEqual([
      { groups: 'src1' },
      {
        src1: {
          endpoint: `https://graph.windows.net/${emulator.tenantId}/users/${ada.userId}/getMemberObjects`,
        },
      },
    ]);
    const all = groups.map(({ groupId }) => groupId);
    const asked = { securityEnabledOnly: false };
    expect((await graph(access_token, '/me/getMemberGroups', asked)).json.value).toEqual(all);
    const roles = ['User.Read.All', 'GroupMember.Read.All'];
    for (const action of ['getMemberGroups', 'getMemberObjects']) {
      expect((await ownGraph(roles, `/users/${ada.userId}/${action}`, asked)).json.value).toEqual(all);
    }
  });

  it('may point to Graph’s own address', async () => {
    await stop();
    await start({ groupsOverageEndpoint: 'graph.microsoft.com' });
    emulator.setApplication({ groupMembershipClaims: 'All' });
    for (let index = 0; index < 201; index += 1) {
      emulator.addGroup({ displayName: `Group ${index}`, members: [ada] });
    }
    expect((await claimsOf())._claim_sources).toEqual({
      src1: { endpoint: `https://graph.microsoft.com/v1.0/users/${ada.userId}/getMemberObjects` },
    });
  });
});

describe('Graph for a person', () => {
  it('says who they are by User.Read, and nobody else', async () => {
    const grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
    const { access_token } = await tokensOf();
    const { status, json } = await graph(access_token, '/me?$select=id,displayName,userPrincipalName');
    expect([status, json]).toMatchObject([200, { id: ada.userId, displayName: 'Ada' }]);
    expect((await graph(access_token, `/users/${ada.userId}`)).status).toBe(200);
    for (const path of [`/users/${grace.userId}`, '/users']) {
      const refused = await graph(access_token, path);
      expect([refused.status, refused.json.error.code]).toEqual([403, 'Authorization_RequestDenied']);
    }
    expect(emulator.violations).toEqual([]);
  });

  it('lists their groups', async () => {
    const inner = emulator.addGroup({ displayName: 'Inner', members: [ada] });
    const outer = emulator.addGroup({ displayName: 'Outer', members: [inner] });
    const { access_token } = await tokensOf();
    const names = async (path: string) =>
      (await graph(access_token, path)).json.value.map((each: Record<string, string>) => each.id);
    expect(await names('/me/memberOf?$select=id')).toEqual([inner.groupId]);
    expect(await names('/me/transitiveMemberOf?$select=id')).toEqual([inner.groupId, outer.groupId]);
  });

  it('needs User.Read for all of it', async () => {
    const { access_token } = await tokensOf('ada@contoso.com', 'openid profile');
    for (const path of ['/me', '/me/memberOf']) {
      expect((await graph(access_token, path)).status).toBe(403);
    }
    expect((await graph(access_token, '/me/getMemberGroups', { securityEnabledOnly: true })).status).toBe(403);
  });

  it('does not find a deleted user', async () => {
    const { access_token } = await tokensOf();
    ada.deleteUser();
    expect((await graph(access_token, '/me')).status).toBe(404);
  });

  it('takes no id_token', async () => {
    const { id_token } = await tokensOf();
    expect((await graph(id_token, '/me')).json.error.message).toContain('Invalid audience');
  });

  it('gives no files: by User.Read it is refused, by Files.Read.All the emulator does not know', async () => {
    const { access_token } = await tokensOf();
    expect((await graph(access_token, `/drives/${ada.driveId}/root`)).status).toBe(403);
    const scope = `${SCOPE} Files.Read.All`;
    const token = (await tokensOf('ada@contoso.com', scope)).access_token;
    expect((await graph(token, `/drives/${ada.driveId}/root`)).status).toBe(501);
  });

  it('is not there for an application alone: 400, and a violation', async () => {
    for (const path of ['/me', '/me/memberOf']) {
      const { status, json } = await ownGraph(['Directory.Read.All'], path);
      expect([status, json.error.code]).toEqual([400, 'BadRequest']);
    }
    await ownGraph(['Directory.Read.All'], '/me/getMemberGroups', { securityEnabledOnly: true });
    expect(emulator.violations.map(({ rule }) => rule)).toEqual(['me', 'me', 'me']);
  });
});

describe('userinfo', () => {
  it('is what openid-client expects of it', async () => {
    const { access_token, id_token } = await tokensOf();
    const info = await openid.fetchUserInfo(bench.party.config, access_token, decodeJwt(id_token).sub!);
    expect(info).toMatchObject({ name: 'Ada', email: 'ada@contoso.com' });
  });

  it('says as much as the scopes allow, and nothing to an application', async () => {
    const url = 'https://graph.microsoft.com/oidc/userinfo';
    const get = (token: string) => bench.client.plain(url, { headers: { authorization: `Bearer ${token}` } });
    const { access_token } = await tokensOf('ada@contoso.com', 'openid');
    expect(Object.keys((await get(access_token)).json)).toEqual(['sub']);
    expect((await get((await tokensOf('ada@contoso.com', 'User.Read')).access_token)).status).toBe(403);
    expect((await get((await bench.client.token()).json.access_token)).status).toBe(400);
    expect((await get('x')).status).toBe(401);
  });
});

describe('the directory', () => {
  it('lists a user’s groups to callers that may read users and memberships', async () => {
    const inner = emulator.addGroup({ displayName: 'Inner', members: [ada] });
    const outer = emulator.addGroup({ displayName: 'Outer', members: [inner] });
    const path = `/users/${ada.userId}`;
    const { json } = await ownGraph(['Directory.Read.All'], `${path}/memberOf`);
    expect(json.value).toMatchObject([{ '@odata.type': '#microsoft.graph.group', id: inner.groupId }]);
    const all = await ownGraph(['Directory.Read.All'], `${path}/transitiveMemberOf?$select=id`);
    expect(all.json.value.map(({ id }: { id: string }) => id)).toEqual([inner.groupId, outer.groupId]);
    for (const roles of [['User.Read.All'], ['GroupMember.Read.All']]) {
      expect((await ownGraph(roles, `${path}/memberOf`)).status).toBe(403);
      const asked = await ownGraph(roles, `${path}/getMemberGroups`, { securityEnabledOnly: true });
      expect(asked.status).toBe(403);
    }
  });

  it('wants to be told which groups, and knows nobody else', async () => {
    const roles = ['Directory.Read.All'];
    expect((await ownGraph(roles, `/users/${ada.userId}/getMemberGroups`, {})).status).toBe(400);
    const nobody = await ownGraph(roles, '/users/nobody/getMemberGroups', { securityEnabledOnly: true });
    expect(nobody.status).toBe(404);
  });

  it('shows the assignments of an application, and those of a user', async () => {
    const group = emulator.addGroup({ displayName: 'Everybody', members: [ada] });
    emulator.assign(group, { role: 'Files.User' });
    emulator.assign(ada);
    const roles = ['Application.Read.All'];
    const sp = (await ownGraph(roles, `/servicePrincipals(appId='${emulator.clientId}')`)).json;
    expect(sp.appRoles.map(({ value }: { value: string }) => value)).toEqual(['Files.Admin', 'Files.User']);
    const assigned = (await ownGraph(roles, `/servicePrincipals/${sp.id}/appRoleAssignedTo`)).json.value;
    expect(assigned).toMatchObject([
      { principalType: 'Group', principalId: group.groupId, appRoleId: ROLES[1]!.id, resourceId: sp.id },
      { principalType: 'User', principalDisplayName: 'Ada', appRoleId: '00000000-0000-0000-0000-000000000000' },
    ]);
    const own = (await ownGraph(['Directory.Read.All'], `/users/${ada.userId}/appRoleAssignments`)).json.value;
    expect(own.map(({ id }: { id: string }) => id)).toEqual(assigned.map(({ id }: { id: string }) => id));
    expect((await ownGraph(roles, `/users/${ada.userId}/appRoleAssignments`)).status).toBe(403);
    expect((await ownGraph(roles, '/servicePrincipals/x/appRoleAssignedTo')).status).toBe(404);
    group.delete();
    ada.deleteUser();
    expect((await ownGraph(roles, `/servicePrincipals/${sp.id}/appRoleAssignedTo`)).json.value).toEqual([]);
  });

  it('shows what an application asks of people', async () => {
    emulator.setApplication({ requiredScopes: ['openid', 'User.Read'], requiredRoles: [], assignmentRequired: true });
    const roles = ['Application.Read.All'];
    const { json } = await ownGraph(roles, `/applications(appId='${emulator.clientId}')`);
    expect(json.requiredResourceAccess[0].resourceAccess).toEqual([
      { id: '37f7f235-527c-4136-accd-4a02d197296e', type: 'Scope' },
      { id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', type: 'Scope' },
    ]);
    const sp = (await ownGraph(roles, `/servicePrincipals(appId='${emulator.clientId}')`)).json;
    expect(sp.appRoleAssignmentRequired).toBe(true);
  });
});

it('people, their security and assignments outlive the emulator when it keeps its state', async () => {
  await stop();
  await using folder = await makeTempDir();
  await start({ dataDir: folder.path });
  emulator.addMailbox({ upn: 'eve@fabrikam.com', guest: true, mfa: 'required' });
  emulator.assign(ada, { role: 'Files.Admin' });
  await stop();
  emulator = await createEmulator({ dataDir: folder.path });
  bench = await signInBench(emulator);
  expect((await claimsOf()).roles).toEqual(['Files.Admin']);
  emulator.setSignIn('page');
  const page = await bench.open({ scope: SCOPE, login_hint: 'eve@fabrikam.com', prompt: 'login' });
  expect((await bench.browser.press(page, 'eve')).title).toBe('Approve sign in request');
  await stop();
  await start();
});
