import { describe, expect, it } from 'vitest';
import { makeDoctorTenant } from '../support/doctor.ts';

const URL_OF_SERVER = 'https://files.example';
const CALLBACK = `${URL_OF_SERVER}/-/account/callback`;
const ROLES = ['Files.ReadWrite.All', 'User.Read.All', 'Application.Read.All'];
const PEOPLE = { mounts: [{ mailboxes: {} }], people: [{}], publicUrls: [URL_OF_SERVER] };

async function tenantWithAda(application: object = {}) {
  const tenant = await makeDoctorTenant();
  tenant.emulator.addMailbox({ upn: 'ada@contoso.com' });
  tenant.emulator.setApplication({
    ...{ roles: ROLES, redirectUris: ['http://localhost', CALLBACK], requiredScopes: ['openid', 'profile'] },
    ...application,
  });
  const signIn = async (change: object = {}) => {
    const { blocks } = await tenant.doctor({ ...PEOPLE, ...change });
    return blocks.filter(block => /^. sign in/.test(block));
  };
  return { ...tenant, signIn };
}

describe('the check sign-in', () => {
  it('is content with a registration that has all', async () => {
    const { signIn } = await tenantWithAda();
    expect(await signIn()).toEqual([`✓ sign in: people can sign in at ${URL_OF_SERVER}`]);
  });

  it('is only made where people may sign in with Microsoft', async () => {
    const { signIn } = await tenantWithAda();
    expect(await signIn({ people: [], mounts: [{ mailbox: 'ada@contoso.com' }] })).toEqual([]);
    expect(await signIn({ signIn: { issuer: 'https://login.example', clientId: 'c' } })).toEqual([]);
  });

  it('names each redirect URI that is missing, exactly, and where to add it', async () => {
    const { signIn } = await tenantWithAda({ redirectUris: [CALLBACK, 'https://dav.example/-/account/callback'] });
    const publicUrls = [`${URL_OF_SERVER}/`, 'https://dav.example/dav'];
    const [block, ...others] = await signIn({ publicUrls });
    expect(others).toEqual([]);
    expect(block).toMatch(/^✗ sign in: the application has no redirect URI https:\/\/dav\.example\/dav\/-\/account/);
    expect(block).toMatch(/AADSTS50011[\s\S]*for Web[\s\S]*~\/Authentication\/appId\//);
  });

  it('wants public URLs, and https', async () => {
    const { signIn } = await tenantWithAda({ redirectUris: ['http://files.example/-/account/callback'] });
    expect(await signIn({ publicUrls: [] })).toEqual([expect.stringMatching(/^✗ sign in: publicUrls is empty/)]);
    expect(await signIn({ publicUrls: ['http://files.example'] })).toEqual([
      expect.stringMatching(/^✗ sign in: http:\/\/files\.example is plain http/),
    ]);
  });

  it('takes plain http on this machine', async () => {
    const { signIn } = await tenantWithAda({ redirectUris: ['http://localhost:8080/-/account/callback'] });
    expect(await signIn({ publicUrls: ['http://localhost:8080'] })).toEqual([
      '✓ sign in: people can sign in at http://localhost:8080',
    ]);
  });

  it('warns of delegated permissions that are not ticked', async () => {
    const { signIn } = await tenantWithAda({ requiredScopes: ['openid'] });
    const [block] = await signIn();
    expect(block).toMatch(/^! sign in: the application does not ask for profile\n[\s\S]*AADSTS90094[\s\S]*CallAnAPI/);
  });

  it('names roles of rules that the application does not have', async () => {
    const appRoles = [{ id: crypto.randomUUID(), value: 'Files.User', displayName: 'Users' }];
    const { signIn } = await tenantWithAda({ appRoles });
    expect(await signIn({ people: [{ appRole: 'Files.User' }] })).toEqual([expect.stringMatching(/^✓/)]);
    expect(await signIn({ people: [{ appRole: 'Files.User' }, { appRole: 'File.User' }] })).toEqual([
      expect.stringMatching(/^✗ sign in: the application has no role "File\.User" for people; it has: Files\.User/),
    ]);
  });

  it('says what to look at itself where it may not read the registration', async () => {
    const { signIn } = await tenantWithAda({ roles: ['Files.ReadWrite.All', 'User.Read.All'] });
    const [block] = await signIn();
    expect(block).toMatch(/^– sign in: the registration cannot be examined: .*Application\.Read\.All/);
    expect(block).toContain(CALLBACK);
  });
});

describe('the check directory-permissions', () => {
  it('is made for people by rule, with the permissions of their rules', async () => {
    const { doctor, emulator } = await tenantWithAda();
    const find = async (people: object[]) =>
      (await doctor({ ...PEOPLE, mounts: [{ mailbox: 'ada@contoso.com' }], people })).blocks.find(block =>
        block.includes('directory permissions'),
      );
    expect(await find([{}])).toMatch(/^✓/);
    emulator.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All'] });
    const group = '5b567255-7703-4780-807c-7be8301ae99b';
    expect(await find([{ group, appRole: 'x' }])).toMatch(
      /^✗ .*: the token lacks GroupMember\.Read\.All and Application\.Read\.All/,
    );
  });
});
