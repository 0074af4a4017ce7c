import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type GroupHandle,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import {
  type CallOptions,
  type MicrosoftAnswer,
  type MicrosoftClient,
  microsoftClient,
} from '../support/microsoft-client.ts';

const EVENTUAL = { headers: { consistencylevel: 'eventual' } };

let emulator: Emulator;
let ada: MailboxHandle;
let grace: MailboxHandle;
let inner: GroupHandle;
let outer: GroupHandle;
let client: MicrosoftClient;

async function start(options: EmulatorOptions = {}, roles = ['GroupMember.Read.All', 'User.Read.All']): Promise<void> {
  emulator = await createEmulator(options);
  emulator.setApplication({ roles });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada' });
  grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
  emulator.addMailbox({ upn: 'alan@contoso.com' });
  inner = emulator.addGroup({ displayName: 'Inner', members: [grace] });
  outer = emulator.addGroup({ displayName: 'Outer', members: [ada, inner] });
  client = await microsoftClient(emulator);
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error?.code];
const list = (rest: string, options: CallOptions = {}) => client.graph(`/groups/${outer.groupId}/${rest}`, options);
const ids = ({ json }: MicrosoftAnswer): string[] => json.value.map(({ id }: { id: string }) => id);
const users = (rest = '') => list(`transitiveMembers/microsoft.graph.user?$count=true${rest}`, EVENTUAL);

describe('a group', () => {
  it('is shown by its id, and by no other name', async () => {
    expect((await client.graph(`/groups/${outer.groupId}?$select=id,displayName`)).json).toMatchObject({
      id: outer.groupId,
      displayName: 'Outer',
    });
    for (const id of ['Outer', '00000000-0000-0000-0000-000000000000']) {
      expect(outcome(await client.graph(`/groups/${id}`))).toEqual([404, 'Request_ResourceNotFound']);
      const members = await client.graph(`/groups/${id}/transitiveMembers`);
      expect(outcome(members)).toEqual([404, 'Request_ResourceNotFound']);
    }
  });

  it('lists who was put into it, with types', async () => {
    const { json } = await list('members?$select=id,displayName,userPrincipalName');
    expect(json.value).toEqual([
      {
        '@odata.type': '#microsoft.graph.user',
        id: ada.userId,
        displayName: 'Ada',
        userPrincipalName: 'ada@contoso.com',
      },
      { '@odata.type': '#microsoft.graph.group', id: inner.groupId, displayName: 'Inner' },
    ]);
  });

  it('lists everybody in it and below it, each once', async () => {
    inner.add(ada, outer);
    expect(ids(await list('transitiveMembers'))).toEqual([ada.userId, inner.groupId, grace.userId]);
    expect(ids(await users())).toEqual([ada.userId, grace.userId]);
    expect(ids(await list('transitiveMembers/microsoft.graph.group?$count=true', EVENTUAL))).toEqual([inner.groupId]);
  });

  it('may hold groups that hold each other', async () => {
    const deeper = emulator.addGroup({ displayName: 'Deeper', members: [inner] });
    inner.add(deeper);
    expect(ids(await list('transitiveMembers'))).toEqual([ada.userId, inner.groupId, grace.userId, deeper.groupId]);
  });

  it('lists members of one type without naming it', async () => {
    const { json } = await users('&$select=id,userPrincipalName');
    expect(json.value[0]).toEqual({ id: ada.userId, userPrincipalName: 'ada@contoso.com' });
    expect(json['@odata.count']).toBe(2);
  });

  it('lists members of one type with the advanced query parameters alone, unless that is switched off', async () => {
    const cast = 'transitiveMembers/microsoft.graph.user';
    expect(outcome(await list(cast))).toEqual([400, 'Request_UnsupportedQuery']);
    expect(outcome(await list(`${cast}?$count=true`))).toEqual([400, 'Request_UnsupportedQuery']);
    expect(outcome(await list(cast, EVENTUAL))).toEqual([400, 'Request_UnsupportedQuery']);
    await client.close();
    await emulator.close();
    await start({ castNeedsAdvancedQuery: false });
    expect(ids(await list(cast))).toEqual([ada.userId, grace.userId]);
  });

  it('pages', async () => {
    const first = await users('&$top=1');
    const next = await client.graph(
      first.json['@odata.nextLink'].replace('https://graph.microsoft.com/v1.0', ''),
      EVENTUAL,
    );
    expect([ids(first), ids(next), next.json['@odata.nextLink']]).toEqual([[ada.userId], [grace.userId], undefined]);
    expect(outcome(await users('&$top=1000'))).toEqual([400, 'Request_UnsupportedQuery']);
  });

  it('loses members, by hand or because they are deleted, and can be deleted', async () => {
    outer.remove(inner);
    expect(ids(await users())).toEqual([ada.userId]);
    ada.deleteUser();
    expect(ids(await users())).toEqual([]);
    outer.delete();
    expect(outcome(await users())).toEqual([404, 'Request_ResourceNotFound']);
  });

  it('does not know members of other types', async () => {
    expect((await list('members/microsoft.graph.device?$count=true', EVENTUAL)).status).toBe(501);
  });
});

describe('permissions', () => {
  it.each(['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'])('%s opens a group', async role => {
    await client.close();
    await emulator.close();
    await start({}, [role]);
    expect((await client.graph(`/groups/${outer.groupId}`)).status).toBe(200);
    expect((await list('members')).status).toBe(200);
  });

  it('User.Read.All does not open one', async () => {
    await client.close();
    await emulator.close();
    await start({}, ['User.Read.All']);
    expect(outcome(await client.graph(`/groups/${outer.groupId}`))).toEqual([403, 'Authorization_RequestDenied']);
    expect(outcome(await list('transitiveMembers'))).toEqual([403, 'Authorization_RequestDenied']);
  });

  it('show who is a member, and nothing of the users, where users may not be read', async () => {
    await client.close();
    await emulator.close();
    await start({}, ['GroupMember.Read.All']);
    const { json } = await users('&$select=id,userPrincipalName,accountEnabled');
    expect(json.value[0]).toEqual({ id: ada.userId, userPrincipalName: null, accountEnabled: null });
  });
});

it('does not take members of another tenant', () => {
  const stranger = emulator.addTenant({ name: 'fabrikam' }).addMailbox({ upn: 'stranger@fabrikam.com' });
  expect(() => outer.add(stranger)).toThrow('contoso has no such user or group');
});
