import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator({ strict: { conflictBehavior: false } });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/taken', 'old');
  await mailbox.put('/other', 'other');
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const drive = (rest: string) => `/drives/${mailbox.driveId}${rest}`;

/** What an operation does about a name that is taken when it is not told. */
describe('the default', () => {
  it('of a simple PUT is replace', async () => {
    const { status } = await client.graph(drive('/root:/taken:/content'), { method: 'PUT', body: 'new' });
    expect([status, (await mailbox.read('/taken')).toString()]).toEqual([200, 'new']);
  });

  it('of PATCH is fail', async () => {
    const { status, json } = await client.graph(drive('/root:/other'), { method: 'PATCH', body: { name: 'taken' } });
    expect([status, json.error.code]).toEqual([409, 'nameAlreadyExists']);
    expect((await mailbox.read('/taken')).toString()).toBe('old');
  });

  it('of a new folder is fail', async () => {
    const body = { name: 'taken', folder: {} };
    const { status, json } = await client.graph(drive('/root/children'), { method: 'POST', body });
    expect([status, json.error.code]).toEqual([409, 'nameAlreadyExists']);
    expect(mailbox.stat('/taken 1')).toBeUndefined();
  });
});

it('rename takes the first number that is free, before the extension', async () => {
  await mailbox.put('/a.b.txt', 'x');
  await mailbox.put('/a.b 1.txt', 'x');
  const query = '@microsoft.graph.conflictBehavior=rename';
  const { json } = await client.graph(drive(`/root:/a.b.txt:/content?${query}`), { method: 'PUT', body: 'new' });
  expect(json.name).toBe('a.b 2.txt');
});
