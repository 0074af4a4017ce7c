import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const REPLACE = '@microsoft.graph.conflictBehavior=replace';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator();
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/file', 'old');
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const drive = (rest: string) => `/drives/${mailbox.driveId}${rest}`;
const put = async (name: string, tag: string) =>
  (
    await client.graph(drive(`/root:/${name}:/content?${REPLACE}`), {
      method: 'PUT',
      headers: { 'if-match': tag },
      body: 'new',
    })
  ).status;

describe('If-Match', () => {
  it('is good for the eTag and for the cTag of now, and 412 for those of before', async () => {
    const before = (await client.graph(drive('/root:/file'))).json;
    expect(await put('file', before.cTag)).toBe(200);
    expect(await put('file', before.cTag)).toBe(412);
    expect(await put('file', before.eTag)).toBe(412);
    const now = (await client.graph(drive('/root:/file'))).json;
    expect(await put('file', now.eTag)).toBe(200);
  });

  it('of * matches an existing item, and nothing else', async () => {
    expect(await put('file', '*')).toBe(200);
    expect(await put('new', '*')).toBe(412);
    expect(mailbox.stat('/new')).toBeUndefined();
  });
});
