import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { expect, it, vi } from 'vitest';
import { createEmulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { CONFLICT, type EmulatedDrive, emulatedDrive } from '../support/emulated-drive.ts';
import { OWNER, startEmulatorProcess } from '../support/emulator-process.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { type Acknowledged, killInTheMiddle } from '../support/mixed-workload.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** What was acknowledged and is not so. */
async function lost(mailbox: MailboxHandle, { known, unsure }: Acknowledged): Promise<string[]> {
  const wrong: string[] = [];
  for (const [path, content] of known) {
    const there = mailbox.stat(path);
    const found = there === undefined ? undefined : there.isFolder ? null : (await mailbox.read(path)).toString();
    if (!unsure.has(path) && found !== content) {
      wrong.push(path);
    }
  }
  return wrong;
}

it('five kills in the middle of writes: nothing that was acknowledged is lost, and all counts are right', {
  timeout: 300_000,
}, async () => {
  await using folder = await makeTempDir();
  const all: Acknowledged = { known: new Map(), unsure: new Set(), count: 0 };
  for (let round = 0; round < 5; round += 1) {
    await using running = await startEmulatorProcess(folder.path);
    const seen = await killInTheMiddle(running, { folder: `/round${round}`, writes: 30 + 7 * round });
    expect(seen.count).toBeGreaterThanOrEqual(30);
    for (const [path, content] of seen.known) {
      all.known.set(path, content);
    }
    for (const path of seen.unsure) {
      all.unsure.add(path);
    }
  }
  const emulator = await createEmulator({ dataDir: folder.path });
  const mailbox = emulator.mailbox(OWNER);
  expect(await lost(mailbox, all)).toEqual([]);
  expect(await mailbox.check()).toEqual([]);
  await emulator.close();
  const database = new DatabaseSync(join(folder.path, 'tenant.sqlite'));
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  database.close();
});

it('an upload session goes on after a kill where its last fragment ended', async () => {
  await using folder = await makeTempDir();
  const unit = 320 * 1024;
  const fragment = (start: number, bytes: Buffer, total: number) => ({
    ...{ method: 'PUT', body: bytes },
    headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}` },
  });
  let uploadUrl: string;
  {
    await using running = await startEmulatorProcess(folder.path);
    const client = await microsoftClient(running.address);
    const opened = await client.graph(`/drives/${running.driveId}/root:/big:/createUploadSession`, {
      ...{ method: 'POST', body: { item: { [CONFLICT]: 'replace' } } },
    });
    uploadUrl = opened.json.uploadUrl;
    expect((await client.plain(uploadUrl, fragment(0, Buffer.alloc(unit, 'a'), unit + 3))).status).toBe(202);
    await client.close();
  }
  await using running = await startEmulatorProcess(folder.path);
  const client = await microsoftClient(running.address);
  const last = await client.plain(uploadUrl, fragment(unit, Buffer.from('end'), unit + 3));
  expect([last.status, last.json.size]).toEqual([201, unit + 3]);
  await client.close();
});

it('an upload session goes on after a restart', async () => {
  await using folder = await makeTempDir();
  const before = await emulatedDrive({ dataDir: folder.path });
  const url = await before.session('/big');
  await before.fragment(url, Buffer.alloc(320 * 1024), 0, 320 * 1024 + 3);
  const { driveId } = before.mailbox;
  await before[Symbol.asyncDispose]();
  const after = await createEmulator({ dataDir: folder.path });
  const client = await microsoftClient(after);
  expect((await client.plain(url)).json.nextExpectedRanges).toEqual([`${320 * 1024}-${320 * 1024 + 2}`]);
  expect(after.mailbox(OWNER).driveId).toBe(driveId);
  await client.close();
  await after.close();
});

it('quirks, facets and the counts of drives outlive a restart', async () => {
  await using folder = await makeTempDir();
  const before = await createEmulator({ dataDir: folder.path });
  const ada = before.addMailbox({ upn: OWNER });
  await ada.put('/a.txt', 'alpha');
  await ada.put('/a.txt', 'beta');
  ada.setQuirks({ requiresCheckOut: true });
  ada.setFacets('/a.txt', { shownSize: -1 });
  await before.close();
  await using bench = await emulatedDrive({ dataDir: folder.path });
  const again = bench.emulator.mailbox(OWNER);
  expect(await again.check()).toEqual([]);
  const { json } = await bench.client.graph(`/drives/${again.driveId}/root:/a.txt`);
  expect([json.size, again.stat('/a.txt')?.versions]).toEqual([-1, 2]);
  const put = await bench.client.graph(`/drives/${again.driveId}/root:/a.txt:/content?${CONFLICT}=replace`, {
    ...{ method: 'PUT', body: 'x' },
  });
  expect(put.status).toBe(423);
  expect(() => bench.emulator.mailbox('nobody@contoso.com')).toThrow(/has no user nobody@contoso.com/);
});

it('the check finds every inconsistency', async () => {
  await using folder = await makeTempDir();
  const emulator = await createEmulator({ dataDir: folder.path });
  await emulator.addMailbox({ upn: OWNER }).put('/folder/a.bin', Buffer.alloc(100_000));
  await emulator.close();
  const database = new DatabaseSync(join(folder.path, 'tenant.sqlite'));
  database.exec(`UPDATE drive SET usedBytes = 1, fileCount = 7, sequence = 1;
    UPDATE item SET childCount = 9, size = size + 1 WHERE name = 'folder'; UPDATE item SET blob = 'gone' WHERE blob <> ''`);
  database.close();
  const again = await createEmulator({ dataDir: folder.path });
  const found = (await again.mailbox(OWNER).check()).join('\n');
  for (const part of ['usedBytes is 1', 'fileCount is 7', 'the feed ends', 'childCount of folder', 'size of folder']) {
    expect(found).toContain(part);
  }
  expect(found).toContain('content gone is gone');
  await again.close();
});

/** One of each call that a client makes again and again. */
async function ordinaryCalls({ mailbox, put, get, patch, session, fragment, delete: remove }: EmulatedDrive) {
  await put('/seed/new.txt', 'new');
  await put('/seed/new.txt', 'newer');
  await get('/root:/seed/new.txt');
  await get(`/items/${mailbox.stat('/seed/new.txt')!.id}`);
  await get('/root:/seed:/children?$top=10');
  await patch('/root:/seed/new.txt', { name: 'renamed.txt' });
  await fragment(await session('/seed/big.txt'), Buffer.from('big'), 0, 3);
  await remove('/root:/seed/renamed.txt');
  await remove('/root:/seed/big.txt');
}

it('calls cost as much in a drive of 2,000 items as in one of 20: by key, never by reading all', {
  timeout: 300_000,
}, async () => {
  await using folder = await makeTempDir();
  await using bench = await emulatedDrive({ dataDir: folder.path });
  const texts = new Set<string>();
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const runs = (['run', 'get', 'all'] as const).map(name => vi.spyOn(StatementSync.prototype, name));
  const statementsOf = async (): Promise<number> => {
    for (const spy of runs) {
      spy.mockClear();
    }
    await ordinaryCalls(bench);
    return runs.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  };
  bench.mailbox.putAll(Array.from({ length: 20 }, (_, index) => [`/seed/${index}`, `${index}`] as const));
  await statementsOf();
  const few = await statementsOf();
  bench.mailbox.putAll(Array.from({ length: 2000 }, (_, index) => [`/seed/${index}`, `${index}`] as const));
  expect(await statementsOf()).toBe(few);
  for (const [text] of prepare.mock.calls) {
    texts.add(text);
  }
  vi.restoreAllMocks();
  expect(texts.size).toBeGreaterThan(10);
  const database = new DatabaseSync(join(folder.path, 'tenant.sqlite'));
  database.exec('CREATE TEMP TABLE doomed (key INTEGER PRIMARY KEY, depth INTEGER NOT NULL)');
  const scans = [...texts]
    .filter(text => /^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(text))
    .flatMap(text =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map(row => `${row.detail} in ${text}`),
    )
    .filter(detail => /^SCAN (item|version|tombstone|content|session|permission)\b/.test(detail));
  database.close();
  expect(scans).toEqual([]);
  expect(await bench.mailbox.check()).toEqual([]);
});

it('a tree is deleted as a whole: counts are right, and each item is in the feed', async () => {
  await using bench = await emulatedDrive();
  bench.mailbox.putAll(
    Array.from({ length: 1000 }, (_, index) => [`/tree/${index % 7}/${index % 3}/${index}`, 'x'] as const),
  );
  await bench.mailbox.put('/tree/0/0/0', 'version');
  await bench.mailbox.put('/other/a.txt', 'stays');
  expect(await bench.mailbox.check()).toEqual([]);
  expect((await bench.delete('/root:/tree')).status).toBe(204);
  expect(await bench.mailbox.check()).toEqual([]);
  expect(Object.keys(bench.mailbox.tree()).sort()).toEqual(['/other/', '/other/a.txt']);
  const { quota } = (await bench.client.graph(`/drives/${bench.mailbox.driveId}`)).json;
  expect(quota).toMatchObject({ used: 5, fileCount: 1 });
});
