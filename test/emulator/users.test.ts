import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const EVENTUAL = { headers: { consistencylevel: 'eventual' } };

let emulator: Emulator;
let ada: MailboxHandle;
let client: MicrosoftClient;

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await createEmulator(options);
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' });
  emulator.addMailbox({ upn: 'grace@fabrikam.com', displayName: "Grace O'Hopper", mail: null });
  emulator.addMailbox({ upn: 'x_y.org#EXT#@contoso.com', displayName: 'A guest', licensed: false });
  emulator.addMailbox({ upn: 'off@contoso.com', displayName: 'Off', accountEnabled: false });
  client = await microsoftClient(emulator);
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error?.code];

/** The local parts of the users that a filter finds. */
async function found(filter: string, options = {}, more = ''): Promise<string[]> {
  const { json } = await client.graph(`/users?$filter=${encodeURIComponent(filter)}${more}`, options);
  return json.value.map(({ userPrincipalName }: { userPrincipalName: string }) => userPrincipalName.split(/[@_]/)[0]);
}

const advanced = (filter: string) => found(filter, EVENTUAL, '&$count=true');

describe('a filter on users', () => {
  it.each([
    ["startsWith(userPrincipalName,'A')", ['ada']],
    ["startswith(displayName, 'a')", ['ada', 'x']],
    ["startsWith(mail,'grace')", []],
    ["userPrincipalName eq 'ADA@contoso.com'", ['ada']],
    ["displayName eq 'Grace O''Hopper'", ['grace']],
    ['mail eq null', ['grace']],
    ['accountEnabled eq false', ['off']],
    ["userType eq 'Guest'", ['x']],
    ["mail in ('ada@contoso.com','off@contoso.com')", ['ada', 'off']],
    ["startsWith(displayName,'A') and userType eq 'Member'", ['ada']],
    ["displayName eq 'Off' or displayName eq 'A guest'", ['x', 'off']],
    ["displayName eq 'Off' or displayName eq 'A guest' and accountEnabled eq false", ['off']],
    ["displayName eq 'Off' and accountEnabled eq true or displayName eq 'A guest'", ['x']],
    ["(displayName eq 'Off' or displayName eq 'A guest') and accountEnabled eq true", ['x']],
  ])('%s', async (filter, users) => {
    expect(await found(filter)).toEqual(users);
  });

  it.each([
    ["endsWith(userPrincipalName,'@CONTOSO.com')", ['ada', 'x', 'off']],
    ["endsWith(mail,'@contoso.com') and accountEnabled eq true", ['ada', 'x']],
    ["userType ne 'Guest'", ['ada', 'grace', 'off']],
    ["not startsWith(displayName,'A')", ['grace', 'off']],
    ["not (displayName eq 'Off' or displayName eq 'A guest')", ['ada', 'grace']],
    ['assignedLicenses/$count ne 0', ['ada', 'grace', 'off']],
  ])('%s needs the advanced query parameters', async (filter, users) => {
    expect(await advanced(filter)).toEqual(users);
    const url = `/users?$filter=${encodeURIComponent(filter)}`;
    const answers = [
      await client.graph(url),
      await client.graph(url, EVENTUAL),
      await client.graph(`${url}&$count=true`),
    ];
    for (const answer of answers) {
      expect(outcome(answer)).toEqual([400, 'Request_UnsupportedQuery']);
      expect(answer.json.error.message).toContain('ConsistencyLevel:eventual');
    }
  });

  it.each(["endsWith(displayName,'x')", "startsWith(userType,'M')", "startsWith(id,'1')"])(
    '%s is refused: the property is not indexed for it',
    async filter => {
      const url = `/users?$count=true&$filter=${encodeURIComponent(filter)}`;
      expect(outcome(await client.graph(url, EVENTUAL))).toEqual([400, 'Request_UnsupportedQuery']);
    },
  );

  it.each(["jobTitle eq 'x'", 'displayName', "displayName eq 'x' displayName", "displayName gt 'x'", '(', "id eq 'x"])(
    '%s is 501 or refused, and never everybody',
    async filter => {
      const { status } = await client.graph(`/users?$filter=${encodeURIComponent(filter)}`);
      expect([400, 501]).toContain(status);
    },
  );

  it('is kept by the link to the next page', async () => {
    const first = await client.graph(`/users?$top=1&$filter=${encodeURIComponent("startsWith(displayName,'A')")}`);
    const next = await client.graph(first.json['@odata.nextLink'].replace('https://graph.microsoft.com/v1.0', ''));
    const names = [first, next].map(({ json }) => json.value.map((user: { displayName: string }) => user.displayName));
    expect(names).toEqual([['Ada Lovelace'], ['A guest']]);
    expect(next.json).not.toHaveProperty('@odata.nextLink');
  });
});

describe('users', () => {
  it('are counted with the advanced query parameters alone', async () => {
    expect((await client.graph('/users?$count=true&$top=1', EVENTUAL)).json['@odata.count']).toBe(4);
    expect((await client.graph('/users?$count=true')).json).not.toHaveProperty('@odata.count');
  });

  it('are a hundred on a page without a requested size', async () => {
    for (let index = 0; index < 100; index += 1) {
      emulator.addMailbox({ upn: `person${index}@contoso.com` });
    }
    const { json } = await client.graph('/users');
    expect([json.value.length, json['@odata.nextLink']]).toEqual([100, expect.stringContaining('skiptoken=')]);
    expect((await client.graph('/users?$top=999')).json.value).toHaveLength(104);
  });

  it('show their licences when they are selected', async () => {
    const { json } = await client.graph('/users?$select=displayName,assignedPlans,assignedLicenses');
    const [licensed, , guest] = json.value;
    expect(licensed.assignedPlans).toMatchObject([{ service: 'SharePoint', capabilityStatus: 'Enabled' }]);
    expect(licensed.assignedLicenses).toHaveLength(1);
    expect([guest.assignedPlans, guest.assignedLicenses]).toEqual([[], []]);
  });

  it('are found by a name with # in it', async () => {
    const { json } = await client.graph('/users/x_y.org%23EXT%23@contoso.com?$select=userType,userPrincipalName');
    expect(json).toMatchObject({ userType: 'Guest', userPrincipalName: 'x_y.org#EXT#@contoso.com' });
  });

  it('are 404 when nobody knows them, or they were deleted', async () => {
    expect(outcome(await client.graph('/users/nobody@contoso.com'))).toEqual([404, 'Request_ResourceNotFound']);
    ada.deleteUser();
    for (const path of ['/users/ada@contoso.com', `/users/${ada.userId}`, `/users/${ada.userId}/drive`]) {
      expect(outcome(await client.graph(path))).toEqual([404, 'Request_ResourceNotFound']);
    }
    expect(emulator.mailboxes).not.toContain('ada@contoso.com');
  });

  it('leave their drive behind when they are deleted, unless it went too', async () => {
    ada.deleteUser();
    expect((await client.graph(`/drives/${ada.driveId}/root/children`)).status).toBe(200);
    await client.close();
    await emulator.close();
    await start();
    ada.deleteUser({ drive: 'gone' });
    expect(outcome(await client.graph(`/drives/${ada.driveId}/root/children`))).toEqual([404, 'itemNotFound']);
  });

  it('have the other name from now on when they are renamed, and the drive that they had', async () => {
    ada.rename('countess@contoso.com');
    expect((await client.graph('/users/ada@contoso.com')).status).toBe(404);
    const { json } = await client.graph('/users/countess@contoso.com/drive');
    expect([json.id, json.webUrl]).toEqual([
      ada.driveId,
      'https://contoso-my.sharepoint.com/personal/ada_contoso_com/Documents',
    ]);
  });

  it('can be disabled, and lose their drive or get it', async () => {
    ada.setAccountEnabled(false);
    expect((await client.graph('/users/ada@contoso.com?$select=accountEnabled')).json.accountEnabled).toBe(false);
    ada.setDrive('no-mysite');
    expect(outcome(await client.graph('/users/ada@contoso.com/drive'))).toEqual([404, 'ResourceNotFound']);
    ada.setDrive('ready');
    expect((await client.graph('/users/ada@contoso.com/drive')).status).toBe(200);
  });

  it('list one drive each', async () => {
    const { json } = await client.graph('/users/ada@contoso.com/drives');
    expect(json.value).toMatchObject([{ id: ada.driveId, driveType: 'business' }]);
    ada.setDrive('no-mysite-url');
    expect(outcome(await client.graph('/users/ada@contoso.com/drives'))).toEqual([400, 'BadRequest']);
  });
});

describe('a drive', () => {
  it.each([
    [423, 423],
    [403, 403],
    [undefined, 423],
  ] as const)('whose site is locked answers %s when that is asked for', async (lockedSiteStatus, status) => {
    await client.close();
    await emulator.close();
    await start({ lockedSiteStatus });
    ada.setDrive('locked');
    for (const path of ['/users/ada@contoso.com/drive', `/drives/${ada.driveId}`, `/drives/${ada.driveId}/root`]) {
      const answer = await client.graph(path);
      expect([...outcome(answer), answer.json.error.innerError.code]).toEqual([status, 'notAllowed', 'resourceLocked']);
    }
  });

  it.each([
    ['no-mysite', 404, 'ResourceNotFound', "User's mysite not found."],
    ['no-mysite-url', 400, 'BadRequest', "Unable to retrieve user's mysite URL."],
    ['file-not-found', 404, 'UnknownError', '404 FILE NOT FOUND'],
    ['no-licence', 400, 'BadRequest', 'Tenant does not have a SPO license.'],
  ] as const)('that is not there may be %s, by its user and by its id', async (condition, status, code, message) => {
    ada.setDrive(condition);
    for (const path of ['/users/ada@contoso.com/drive', `/drives/${ada.driveId}`]) {
      const answer = await client.graph(path);
      expect([...outcome(answer), answer.json.error.message]).toEqual([status, code, message]);
    }
    ada.setDrive('ready');
    expect((await client.graph('/users/ada@contoso.com/drive')).status).toBe(200);
  });

  it('distinguishes a malformed id from an unknown one', async () => {
    expect(outcome(await client.graph('/drives/Documents'))).toEqual([400, 'invalidRequest']);
    expect(outcome(await client.graph('/drives/Documents/root'))).toEqual([400, 'invalidRequest']);
    const other = `b!${Buffer.alloc(48).toString('base64url')}`;
    expect(outcome(await client.graph(`/drives/${other}`))).toEqual([404, 'itemNotFound']);
  });

  it('that is full says so, and refuses bytes', async () => {
    await ada.put('/a.txt', 'x'.repeat(1000));
    const state = async () => (await client.graph(`/drives/${ada.driveId}`)).json.quota;
    ada.setQuota(1_050);
    expect(await state()).toMatchObject({ state: 'nearing', remaining: 50 });
    ada.setQuota(1_005);
    expect(await state()).toMatchObject({ state: 'critical', remaining: 5 });
    ada.setQuota(500);
    expect(await state()).toMatchObject({ state: 'exceeded', total: 500, used: 1000, remaining: 0 });
    const put = `/drives/${ada.driveId}/root:/b.txt:/content?@microsoft.graph.conflictBehavior=fail`;
    expect(outcome(await client.graph(put, { method: 'PUT', body: 'y' }))).toEqual([507, 'quotaLimitReached']);
  });
});

describe('the organization', () => {
  it('is the one of the token, with its domains', async () => {
    const client = await microsoftClient(emulator, {
      application: emulator.addApplication({ roles: ['Organization.Read.All'] }),
    });
    const { json } = await client.graph('/organization?$select=id,displayName,verifiedDomains');
    await client.close();
    expect(json.value).toHaveLength(1);
    const [{ id, displayName, verifiedDomains }] = json.value;
    expect([id, displayName]).toEqual([emulator.tenantId, 'Contoso']);
    expect(
      verifiedDomains.map(({ name, isInitial, isDefault }: Record<string, unknown>) => [name, isInitial, isDefault]),
    ).toEqual([
      ['contoso.onmicrosoft.com', true, false],
      ['contoso.com', false, true],
      ['fabrikam.com', false, false],
    ]);
  });
});
