import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenedUpload } from '../../src/drive/direct-upload.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import type { OpenWorkStore } from '../../src/state/open-work-store.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { openMemoryState } from '../support/state-engines.ts';
import { createWire, type Wire } from '../support/wire.ts';

const LIFE_MS = 600_000;
const UNIT = 327_680;
const OWNER = 'ada';
const live = () => ({ signal: new AbortController().signal });
const path = toDrivePath(['file.bin']);

let clock: FakeClock;
let emulator: Emulator;
let store: OpenWorkStore;
let wire: Wire;
let microsoft: MicrosoftClient;
let one: OneDriveUnderTest;

beforeEach(async () => {
  clock = fakeClock(Date.now());
  emulator = await createEmulator({ clock, sessionLifeMs: LIFE_MS, secondSession: 'allowed' });
  const { upn } = emulator.addMailbox({ upn: 'ada@contoso.com' });
  store = openMemoryState().uploadSessions;
  wire = createWire();
  microsoft = await microsoftClient(emulator);
  one = await openOneDrive(emulator, { mailbox: upn, clock, sessions: store, wire: wire.wrap });
});
afterEach(async () => {
  expect(emulator.violations).toEqual([]);
  await one.close();
  await microsoft.close();
  await emulator.close();
});

const open = (size = 2 * UNIT, at = path) => one.drive.openUpload(at, { ...live(), owner: OWNER, size });
const records = () => store.list(emulator.tenantId);

async function send({ url }: OpenedUpload, start: number, total: number): Promise<void> {
  const headers = { 'content-range': `bytes ${start}-${start + UNIT - 1}/${total}` };
  const { status } = await microsoft.plain(url, { method: 'PUT', headers, body: Buffer.alloc(UNIT) });
  expect(status).toBe(202);
}

describe('the record of a direct upload', () => {
  it('is left alone by the cleanup until its session ends, and forgotten then', async () => {
    await open();
    one.recovery.start();
    await eventually(() => expect(emulator.openUploadSessions()).toBe(1));
    expect(await records()).toHaveLength(1);
    await one.recovery.stop();
  });

  it('is forgotten when its session has ended', async () => {
    await open();
    clock.advance(LIFE_MS + 1);
    one.recovery.start();
    await eventually(async () => expect(await records()).toEqual([]));
  });

  it('lives as long as bytes come', async () => {
    const opened = (await open())!;
    clock.advance(LIFE_MS - 1_000);
    await send(opened, 0, 2 * UNIT);
    clock.advance(2_000);
    one.recovery.start();
    const endOf = async () => JSON.parse((await records())[0]!.plan).expires as number;
    await eventually(async () => expect(await endOf()).toBeGreaterThan(clock.now()));
    await send(opened, UNIT, 2 * UNIT);
    const options = { ...live(), id: opened.id, owner: OWNER };
    expect(await one.drive.commitUpload(path, options)).toMatchObject({ created: true, entry: { size: 2 * UNIT } });
    expect(await records()).toEqual([]);
  });

  it('is handed to the cleanup when its session cannot be cancelled', async () => {
    const { id } = (await open())!;
    wire.script = ({ method }) => (method === 'DELETE' ? { status: 500, body: '' } : undefined);
    await one.drive.cancelUpload(path, { ...live(), id, owner: OWNER });
    expect(await records()).toMatchObject([{ id, plan: expect.stringMatching(/^https:/) }]);
    await expect(one.drive.uploadStatus(path, { ...live(), id, owner: OWNER })).rejects.toMatchObject({
      code: 'not-found',
    });
    wire.script = undefined;
    one.recovery.start();
    await eventually(() => expect(emulator.openUploadSessions()).toBe(0));
  });
});

it('an owner has so many direct uploads at once; then bytes go through this server', async () => {
  for (let index = 0; index < 50; index += 1) {
    expect(await open(UNIT, toDrivePath([`${index}.bin`]))).toBeDefined();
  }
  expect(await open()).toBeUndefined();
  const other = await one.drive.openUpload(path, { ...live(), owner: 'grace', size: UNIT });
  expect(other).toBeDefined();
});

it.each([
  ['throttles', { status: 429, headers: { 'retry-after': '60' }, body: '' }, 'throttled'],
  ['is a page of a proxy', { status: 502, body: '<html>' }, 'upstream'],
])('a commit can be repeated when Microsoft %s', async (_, answer, code) => {
  const opened = (await open(UNIT))!;
  await send(opened, 0, UNIT);
  const commit = () => one.drive.commitUpload(path, { ...live(), id: opened.id, owner: OWNER });
  wire.script = ({ method, url }) => (method === 'POST' && url === opened.url ? answer : undefined);
  await expect(commit()).rejects.toMatchObject({ code });
  expect(emulator.openUploadSessions()).toBe(1);
  wire.script = undefined;
  clock.advance(60_000);
  await expect(commit()).resolves.toMatchObject({ created: true });
});

it('a commit is no success, and the upload is over, when its session has ended', async () => {
  const opened = (await open(UNIT))!;
  await send(opened, 0, UNIT);
  clock.advance(LIFE_MS + 1);
  const commit = one.drive.commitUpload(path, { ...live(), id: opened.id, owner: OWNER });
  await expect(commit).rejects.toMatchObject({ code: 'not-found' });
  expect(await records()).toEqual([]);
});

it('a commit is refused when the folder of the upload has gone elsewhere', async () => {
  const mailbox = emulator.mailbox('ada@contoso.com')!;
  mailbox.mkdir('/folder');
  const at = toDrivePath(['folder', 'file.bin']);
  const opened = (await open(UNIT, at))!;
  await send(opened, 0, UNIT);
  await one.drive.move(toDrivePath(['folder']), toDrivePath(['moved']), { ...live(), overwrite: false });
  await one.drive.makeFolder(toDrivePath(['folder']), live());
  const commit = one.drive.commitUpload(at, { ...live(), id: opened.id, owner: OWNER });
  await expect(commit).rejects.toMatchObject({ code: 'no-parent' });
  expect(Object.keys(mailbox.tree()).toSorted()).toEqual(['/folder/', '/moved/']);
});
