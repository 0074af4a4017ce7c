import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const UNIT = 320 * 1024;

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator();
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

async function open(more: object = {}): Promise<string> {
  const { json } = await client.graph(`/drives/${mailbox.driveId}/root:/file:/createUploadSession`, {
    method: 'POST',
    body: { item: { '@microsoft.graph.conflictBehavior': 'replace' }, ...more },
  });
  return json.uploadUrl;
}

const put = (url: string, start: number, bytes: Buffer, total: number) =>
  client.plain(url, {
    method: 'PUT',
    body: bytes,
    headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}` },
  });
const commit = (url: string) => client.plain(url, { method: 'POST', headers: { 'content-length': '0' } });

describe('a commit by request', () => {
  it('of a session that has not got all of its bytes is refused, and the session goes on', async () => {
    const url = await open({ deferCommit: true });
    expect((await commit(url)).status).toBe(400);
    await put(url, 0, Buffer.alloc(UNIT, 'a'), UNIT + 3);
    const early = await commit(url);
    expect([early.status, early.json.error.innerError.code]).toEqual([400, 'uploadSessionIncomplete']);
    expect(mailbox.stat('/file')).toBeUndefined();
    await put(url, UNIT, Buffer.from('end'), UNIT + 3);
    expect((await commit(url)).status).toBe(201);
    expect((await mailbox.read('/file')).subarray(UNIT).toString()).toBe('end');
  });

  it('is none of a session that commits by itself', async () => {
    const url = await open();
    await put(url, 0, Buffer.alloc(UNIT), UNIT + 3);
    expect((await commit(url)).status).toBe(400);
    expect((await put(url, UNIT, Buffer.from('end'), UNIT + 3)).status).toBe(201);
  });
});
