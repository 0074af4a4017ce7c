/**
 * The process that `world.ts` starts: an emulated Microsoft with one mailbox, filled with the files that the rows read.
 */
import { createEmulator, type FaultRule, type MailboxHandle } from '../../../src/emulator/emulator.ts';
import { microsoftClient } from '../../support/microsoft-client.ts';
import type { WorldOptions } from './world.ts';

const TREE_FOLDERS = 300;
const FILES_A_FOLDER = 5;

const options = JSON.parse(process.argv[2]!) as WorldOptions;
const emulator = await createEmulator({
  downloadBase: 'loopback',
  latencyMs: options.latencyMs,
  // rclone 1.60 sends its token to upload sessions as well, and OneDrive lets it.
  strict: { authorizationOnPreAuthenticatedUrl: 'allow' },
});
const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
await fill(mailbox);
if (options.faults !== undefined) {
  emulator.setFaults(faultsAt(options.faults));
}

function* files(folder: string, count: number): Generator<readonly [string, string]> {
  for (let index = 0; index < count; index += 1) {
    yield [`${folder}/file number ${index}.txt`, `content ${index}`];
  }
}

async function fill(drive: MailboxHandle): Promise<void> {
  await drive.put('/small.txt', 'small');
  await drive.put('/film.mkv', Buffer.alloc(4 * 1024 ** 2));
  await drive.put('/large.bin', Buffer.alloc(options.largeBytes, 'large'));
  drive.mkdir('/up');
  for (const entries of options.growing ?? []) {
    drive.putAll(files(`/entries-${entries}`, entries));
  }
  for (let copy = 0; copy < options.copies; copy += 1) {
    drive.putAll(files(`/thousand-${copy}`, 1_000));
    drive.putAll(files(`/ten-thousand-${copy}`, 10_000));
    for (let folder = 0; folder < TREE_FOLDERS; folder += 1) {
      drive.putAll(files(`/tree-${copy}/${Math.floor(folder / 20)}/${folder}`, FILES_A_FOLDER));
    }
  }
}

/** Errors, lies and lost answers in equal parts, and now and then a wait of a second for all. */
function faultsAt(rate: number): FaultRule[] {
  const met = [
    ...['error-500', 'error-502-html', 'error-503', 'error-504', 'error-503-done', 'error-504-done'],
    ...['absent-html', 'absent-empty', 'lie-200-empty', 'lie-302', 'reset-before', 'reset-in-body'],
  ];
  const rules = met.map((fault, index) => ({ fault, probability: rate / met.length, seed: index + 1 }));
  return [...rules, { fault: 'throttle-429', every: 5_000 }];
}

const client = await microsoftClient(emulator);
const accessToken = (await client.token()).json.access_token as string;
const item = await client.graph(`/drives/${mailbox.driveId}/root:/large.bin`);
const { proxy, caFile, tenantId, clientId, clientSecret } = emulator;
const contentUrl = item.json['@microsoft.graph.downloadUrl'] as string;
const { driveId } = mailbox;
console.log(JSON.stringify({ proxy, caFile, tenantId, clientId, clientSecret, driveId, accessToken, contentUrl }));
await client.close();
process.once('SIGTERM', () => void emulator.close().then(() => process.exit(0)));
