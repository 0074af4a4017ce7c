import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import {
  type CallOptions,
  type MicrosoftAnswer,
  type MicrosoftClient,
  microsoftClient,
} from '../support/microsoft-client.ts';

let emulator: Emulator;
let ada: MailboxHandle;
let grace: MailboxHandle;
const clients: MicrosoftClient[] = [];

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await createEmulator(options);
  ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
  await ada.put('/note.txt', 'text');
}

/** Another application with these permissions and no others. */
async function withRoles(...roles: string[]): Promise<MicrosoftClient> {
  const client = await microsoftClient(emulator, { application: emulator.addApplication({ roles }) });
  clients.push(client);
  return client;
}

beforeEach(() => start());
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()));
  await emulator.close();
});

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error?.code];
const upload = (path: string): [string, CallOptions] => [
  `/drives/${ada.driveId}/root:${path}:/content?@microsoft.graph.conflictBehavior=replace`,
  { method: 'PUT', body: 'new' },
];
const read = (mailbox = ada): string => `/drives/${mailbox.driveId}/root/children`;
const DENIED = [403, 'accessDenied'];
const NO_ROLES = 'Either scp or roles claim need to be present in the token.';

describe('files', () => {
  it.each(['Files.Read.All', 'Sites.Read.All'])('are read and not written with %s', async role => {
    const client = await withRoles(role);
    expect((await client.graph(read())).status).toBe(200);
    expect((await client.graph('/users/ada@contoso.com/drive')).status).toBe(200);
    expect(outcome(await client.graph(...upload('/note.txt')))).toEqual(DENIED);
    const item = `/drives/${ada.driveId}/items/${ada.stat('/note.txt')!.id}`;
    expect(outcome(await client.graph(item, { method: 'DELETE' }))).toEqual(DENIED);
    expect((await ada.read('/note.txt')).toString()).toBe('text');
  });

  it.each(['Files.ReadWrite.All', 'Sites.ReadWrite.All'])('are read and written with %s', async role => {
    const client = await withRoles(role);
    expect((await client.graph(...upload('/note.txt'))).status).toBe(200);
    expect((await client.graph(read())).status).toBe(200);
  });

  it('are closed to permissions of the directory', async () => {
    const client = await withRoles('User.Read.All', 'Directory.Read.All');
    expect(outcome(await client.graph(read()))).toEqual(DENIED);
    expect(outcome(await client.graph(`/drives/${ada.driveId}`))).toEqual(DENIED);
  });

  it('are closed, whether they are there or not, to a token without roles', async () => {
    const client = await withRoles();
    const paths = [read(), '/users/ada@contoso.com/drive', '/users/nobody@contoso.com/drive', '/drives/x/root'];
    for (const path of paths) {
      const answer = await client.graph(path);
      expect([...outcome(answer), answer.json.error.message]).toEqual([403, 'AccessDenied', NO_ROLES]);
    }
  });
});

describe('roles', () => {
  it('are each application’s own, and those of the token', async () => {
    const reader = emulator.addApplication({ roles: ['Files.Read.All'] });
    const client = await microsoftClient(emulator, { application: reader });
    clients.push(client);
    reader.set({ roles: ['Files.ReadWrite.All'] });
    expect(outcome(await client.graph(...upload('/a.txt')))).toEqual(DENIED);
    const later = await microsoftClient(emulator, { application: reader });
    clients.push(later);
    expect((await later.graph(...upload('/a.txt'))).status).toBe(201);
    reader.set({ roles: [] });
    expect((await later.graph(...upload('/b.txt'))).status).toBe(201);
  });

  it('are in the token as a claim, which is not there without consent', async () => {
    const claims = async (application: { clientId: string; clientSecret: string }) => {
      const { json } = await (await withRoles()).token({
        client_id: application.clientId,
        client_secret: application.clientSecret,
      });
      return JSON.parse(Buffer.from(json.access_token.split('.')[1], 'base64url').toString());
    };
    const { clientId, clientSecret } = emulator.addApplication({ roles: ['Files.Read.All'] });
    expect(await claims({ clientId, clientSecret })).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: clientId,
      tid: emulator.tenantId,
      idtyp: 'app',
      roles: ['Files.Read.All'],
    });
    expect(await claims(emulator.addApplication())).not.toHaveProperty('roles');
  });

  it('are of no use without the secret of the application', async () => {
    const [one, other] = [emulator.addApplication(), emulator.addApplication()];
    const client = await withRoles();
    const { json } = await client.token({ client_id: one.clientId, client_secret: other.clientSecret });
    expect(json.error_codes).toEqual([7000215]);
  });
});

describe('the directory', () => {
  it.each([
    ['/users', 'User.ReadBasic.All'],
    ['/users', 'User.Read.All'],
    ['/users', 'Directory.Read.All'],
    ['/users/ada@contoso.com', 'User.Read.All'],
    ['/organization', 'Organization.Read.All'],
    ['/organization', 'Directory.Read.All'],
  ])('shows %s to %s and not to Files.ReadWrite.All', async (path, role) => {
    expect((await (await withRoles(role)).graph(path)).status).toBe(200);
    const answer = await (await withRoles('Files.ReadWrite.All')).graph(path);
    expect(outcome(answer)).toEqual([403, 'Authorization_RequestDenied']);
  });

  it('does not show the organization to User.Read.All', async () => {
    const answer = await (await withRoles('User.Read.All')).graph('/organization');
    expect(outcome(answer)).toEqual([403, 'Authorization_RequestDenied']);
  });

  it.each([
    ['roles-claim', 'AccessDenied'],
    ['request-denied', 'Authorization_RequestDenied'],
  ] as const)('says to a token without roles what %s says', async (directoryWithoutRoles, code) => {
    await emulator.close();
    await start({ directoryWithoutRoles });
    const client = await withRoles();
    expect(outcome(await client.graph('/users'))).toEqual([403, code]);
    expect(outcome(await client.graph(read()))).toEqual([403, 'AccessDenied']);
  });
});

describe('Sites.Selected', () => {
  it('opens nothing by itself', async () => {
    const client = await withRoles('Sites.Selected');
    expect(outcome(await client.graph(read()))).toEqual(DENIED);
  });

  it('opens the granted OneDrive alone, as far as it is granted', async () => {
    const application = emulator.addApplication({ roles: ['Sites.Selected'] });
    const client = await microsoftClient(emulator, { application });
    clients.push(client);
    ada.grant('read', application.clientId);
    expect((await client.graph(read())).status).toBe(200);
    expect((await client.graph('/users/ada@contoso.com/drive')).status).toBe(200);
    expect(outcome(await client.graph(...upload('/note.txt')))).toEqual(DENIED);
    expect(outcome(await client.graph(read(grace)))).toEqual(DENIED);
    ada.grant('write', application.clientId);
    expect((await client.graph(...upload('/note.txt'))).status).toBe(200);
  });

  it('is needed besides the grant', async () => {
    const application = emulator.addApplication({ roles: ['User.Read.All'] });
    const client = await microsoftClient(emulator, { application });
    clients.push(client);
    ada.grant('write', application.clientId);
    expect(outcome(await client.graph(read()))).toEqual(DENIED);
  });

  it('does not take a grant for another application', async () => {
    ada.grant('write');
    expect(outcome(await (await withRoles('Sites.Selected')).graph(read()))).toEqual(DENIED);
  });

  it('is asked of both ends of a copy', async () => {
    const application = emulator.addApplication({ roles: ['Sites.Selected'] });
    const client = await microsoftClient(emulator, { application });
    clients.push(client);
    ada.grant('write', application.clientId);
    const root = async (mailbox: MailboxHandle) =>
      (await (await withRoles('Files.Read.All')).graph(`/drives/${mailbox.driveId}/root`)).json.id;
    const copyTo = async (mailbox: MailboxHandle) =>
      client.graph(
        `/drives/${ada.driveId}/items/${ada.stat('/note.txt')!.id}/copy?@microsoft.graph.conflictBehavior=fail`,
        {
          method: 'POST',
          body: { name: 'copy.txt', parentReference: { driveId: mailbox.driveId, id: await root(mailbox) } },
        },
      );
    expect(outcome(await copyTo(grace))).toEqual(DENIED);
    expect((await copyTo(ada)).status).toBe(202);
  });
});
