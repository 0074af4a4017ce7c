import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const CONFLICT = '@microsoft.graph.conflictBehavior';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator();
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  mailbox.mkdir('/in');
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const drive = (rest: string) => `/drives/${mailbox.driveId}${rest}`;

async function putFile(path: string): Promise<unknown[]> {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const address = drive(`/root:/${encoded}:/content?${CONFLICT}=replace`);
  const { status, json } = await client.graph(address, { method: 'PUT', body: 'x' });
  return [status, json.error?.innerError?.code];
}

async function makeFolder(parent: string, name: string): Promise<number> {
  const body = { name, folder: {}, [CONFLICT]: 'fail' };
  return (await client.graph(drive(`/root${parent}/children`), { method: 'POST', body })).status;
}

/**
 * What depends on what is named, and where (support page "Restrictions and limitations in OneDrive and SharePoint").
 */
describe('a name', () => {
  it.each(['~$owner.docx', '~$x', 'a_VTI_b', 'com1', 'Desktop.ini', 'x ', 'x.'])('%j is none of a file', async name => {
    expect(await putFile(name)).toEqual([400, 'invalidPath']);
  });

  it.each(['~x', 'forms.txt', 'COM10', '.locks', 'x.lock', 'a~$b'])('%j is one of a file', async name => {
    expect((await putFile(name))[0]).toBe(201);
  });

  it('with a tilde before it is none of a folder', async () => {
    expect(await makeFolder('', '~x')).toBe(400);
    expect(await makeFolder('', 'x~')).toBe(201);
  });

  it('forms is taken in the root, and free below', async () => {
    expect(await makeFolder('', 'Forms')).toBe(400);
    expect(await makeFolder(':/in:', 'Forms')).toBe(201);
  });

  it('has 255 characters at most, and its path fewer than 400', async () => {
    expect((await putFile('n'.repeat(255)))[0]).toBe(201);
    expect(await putFile('n'.repeat(256))).toEqual([400, 'pathIsTooLong']);
    const folder = 'f'.repeat(200);
    expect((await putFile(`${folder}/${'n'.repeat(198)}`))[0]).toBe(201);
    expect(await putFile(`${folder}/${'n'.repeat(199)}`)).toEqual([400, 'pathIsTooLong']);
  });
});
