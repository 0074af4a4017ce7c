import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator();
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/folder/file', 'x');
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

/** Its id is in every folder's `parentReference`, so that a client can come to it by mistake. */
describe('the root of a drive', () => {
  const paths = async () => {
    const { json } = await client.graph(`/drives/${mailbox.driveId}/root`);
    return ['/root', `/items/${json.id}`, '/items/root'].map(rest => `/drives/${mailbox.driveId}${rest}`);
  };

  it('cannot be deleted, by whatever name', async () => {
    for (const path of await paths()) {
      for (const [method, action] of [
        ['DELETE', ''],
        ['POST', '/permanentDelete'],
      ] as const) {
        const { status, json } = await client.graph(path + action, { method });
        expect([path, status, json.error.code]).toEqual([path, 403, 'accessDenied']);
      }
    }
    expect((await mailbox.read('/folder/file')).toString()).toBe('x');
  });

  it('cannot be renamed, moved or given times', async () => {
    const folder = mailbox.stat('/folder')!;
    const changes = [
      { name: 'other' },
      { parentReference: { id: folder.id } },
      { fileSystemInfo: { lastModifiedDateTime: '2020-01-01T00:00:00Z' } },
    ];
    for (const path of await paths()) {
      for (const change of changes) {
        const body = { '@microsoft.graph.conflictBehavior': 'fail', ...change };
        const { status, json } = await client.graph(path, { method: 'PATCH', body });
        expect([path, status, json.error.code]).toEqual([path, 403, 'accessDenied']);
      }
    }
  });
});
