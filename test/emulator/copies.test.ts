import { expect, it } from 'vitest';
import { CONFLICT, codesOf, type EmulatedDrive, emulatedDrive } from '../support/emulated-drive.ts';

/** Starts a copy and gives its monitor. */
async function copy({ post }: EmulatedDrive, path: string, body: object): Promise<string> {
  const answer = await post(`${path}:/copy`, { [CONFLICT]: 'fail', ...body });
  expect([answer.status, answer.text]).toEqual([202, '']);
  return String(answer.headers.location);
}

/** Polls until the copy has an end; the clock of these tests does not wait. */
async function outcome({ client }: EmulatedDrive, monitor: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { json } = await client.plain(monitor);
    if (json.status !== 'inProgress') {
      return json;
    }
  }
}

it('a copy is done whether its monitor is asked or not', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  await copy(bench, '/root:/a.txt', { name: 'b.txt' });
  await expect.poll(() => bench.mailbox.stat('/b.txt')?.size).toBe(5);
});

it('a copy goes on at its time, once, however many ask for it', async () => {
  const { promise: time, resolve } = Promise.withResolvers<void>();
  const waits: number[] = [];
  const sleep = (milliseconds: number) => {
    waits.push(milliseconds);
    return time;
  };
  await using bench = await emulatedDrive({ copyDelayMs: 5000, copyPolls: 0, timers: { now: () => 0, sleep } });
  await bench.mailbox.put('/a.txt', 'alpha');
  const monitor = await copy(bench, '/root:/a.txt', { name: 'b.txt', [CONFLICT]: 'rename' });
  expect((await bench.client.plain(monitor)).json.status).toBe('inProgress');
  expect(bench.mailbox.stat('/b.txt')).toBeUndefined();
  expect(waits).toEqual([5000]);
  resolve();
  const seen = await Promise.all(Array.from({ length: 8 }, () => outcome(bench, monitor)));
  expect(new Set(seen.map(({ resourceId }) => resourceId))).toEqual(new Set([bench.mailbox.stat('/b.txt')!.id]));
  expect(Object.keys(bench.mailbox.tree()).sort()).toEqual(['/a.txt', '/b.txt']);
});

it('a monitor says how far it is as often as the switch says', async () => {
  await using bench = await emulatedDrive({ copyPolls: 3 });
  await bench.mailbox.put('/a.txt', 'alpha');
  const monitor = await copy(bench, '/root:/a.txt', { name: 'b.txt' });
  await expect.poll(() => bench.mailbox.stat('/b.txt')?.size).toBe(5);
  const seen = [];
  for (let poll = 0; poll < 4; poll += 1) {
    const { status, json } = await bench.client.plain(monitor);
    seen.push([status, json.status]);
  }
  expect(seen).toEqual([...Array.from({ length: 3 }, () => [202, 'inProgress']), [200, 'completed']]);
});

it('a copy keeps names, contents and structure, and no times and no versions', async () => {
  await using bench = await emulatedDrive();
  const modified = new Date('2020-01-01T00:00:00Z');
  await bench.mailbox.put('/tree/sub/Leaf.txt', 'old', { modified });
  await bench.mailbox.put('/tree/sub/Leaf.txt', 'new', { modified });
  await bench.mailbox.put('/tree/top.txt', 'top', { modified });
  const { resourceId } = await outcome(bench, await copy(bench, '/root:/tree', { name: 'twin' }));
  expect(resourceId).toBe(bench.mailbox.stat('/twin')?.id);
  expect(bench.mailbox.stat('/twin/sub/Leaf.txt')).toMatchObject({ name: 'Leaf.txt', size: 3, versions: 1 });
  expect(bench.mailbox.stat('/twin/sub/Leaf.txt')!.modified).not.toEqual(modified);
  expect(bench.mailbox.stat('/twin/top.txt')!.modified.getUTCFullYear()).toBeGreaterThan(2020);
  expect((await bench.mailbox.read('/twin/sub/Leaf.txt')).toString()).toBe('new');
  expect(bench.mailbox.stat('/tree/sub/Leaf.txt')).toMatchObject({ modified, versions: 2 });
});

it('parentReference may be an id, a path, or another drive', async () => {
  await using bench = await emulatedDrive();
  const bob = bench.emulator.addMailbox({ upn: 'bob@contoso.com' });
  bob.mkdir('/in');
  await bench.mailbox.put('/a.txt', 'alpha');
  bench.mailbox.mkdir('/by id');
  bench.mailbox.mkdir('/by path/deep');
  const references = [
    { id: bench.mailbox.stat('/by id')!.id },
    { path: '/drive/root:/by%20path' },
    { path: `/drives/${bench.mailbox.driveId}/root:/by path/deep` },
    { driveId: bob.driveId, id: bob.stat('/in')!.id },
  ];
  for (const parentReference of references) {
    const done = await outcome(bench, await copy(bench, '/root:/a.txt', { name: 'c.txt', parentReference }));
    expect(done.status).toBe('completed');
  }
  const paths = Object.keys(bench.mailbox.tree()).filter(path => path.endsWith('c.txt'));
  expect(paths.sort()).toEqual(['/by id/c.txt', '/by path/c.txt', '/by path/deep/c.txt']);
  expect((await bob.read('/in/c.txt')).toString()).toBe('alpha');
  const nowhere = await bench.post('/root:/a.txt:/copy', { name: 'd', parentReference: { path: '/drive/root:/none' } });
  expect(codesOf(nowhere)).toEqual([404, 'itemNotFound', undefined]);
});

it('a folder is copied into itself once', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/tree/leaf', 'x');
  const parentReference = { id: bench.mailbox.stat('/tree')!.id };
  expect(await outcome(bench, await copy(bench, '/root:/tree', { name: 'self', parentReference }))).toMatchObject({
    status: 'completed',
  });
  expect(Object.keys(bench.mailbox.tree()).sort()).toEqual(['/tree/', '/tree/leaf', '/tree/self/', '/tree/self/leaf']);
});

it('childrenOnly copies the members of the folder', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/tree/leaf', 'x');
  await bench.mailbox.put('/tree/sub/deep', 'y');
  bench.mailbox.mkdir('/target');
  const parentReference = { id: bench.mailbox.stat('/target')!.id };
  await outcome(bench, await copy(bench, '/root:/tree', { parentReference, childrenOnly: true }));
  const below = Object.keys(bench.mailbox.tree()).filter(path => path.startsWith('/target/'));
  expect(below.sort()).toEqual(['/target/', '/target/leaf', '/target/sub/', '/target/sub/deep']);
});

it.each([
  ['fail', { status: 'failed', error: { code: 'nameAlreadyExists' } }, ['/b.txt', 'beta']],
  ['replace', { status: 'completed' }, ['/b.txt', 'alpha']],
  ['rename', { status: 'completed' }, ['/b 1.txt', 'alpha']],
])('a name that is taken: %s', async (conflict, said, [path, content]) => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  await bench.mailbox.put('/b.txt', 'beta');
  const monitor = await copy(bench, '/root:/a.txt', { name: 'B.txt', [CONFLICT]: conflict });
  expect(await outcome(bench, monitor)).toMatchObject(said);
  const there = Object.keys(bench.mailbox.tree()).find(each => each.toLowerCase() === path!.toLowerCase());
  expect((await bench.mailbox.read(there!)).toString()).toBe(content);
});

it('a folder is not replaced by a copy', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/tree/leaf', 'x');
  await bench.mailbox.put('/taken/other', 'y');
  const monitor = await copy(bench, '/root:/tree', { name: 'taken', [CONFLICT]: 'replace' });
  expect(await outcome(bench, monitor)).toMatchObject({ status: 'failed', error: { code: 'nameAlreadyExists' } });
  expect(bench.mailbox.stat('/taken/other')?.size).toBe(1);
});

it.each([
  [300, 'completed'],
  [30_000, 'failed'],
])('a folder with %d files in it: the copy is %s', async (files, status) => {
  // 30,000 items are the most, the folder among them.
  await using bench = await emulatedDrive();
  bench.mailbox.putAll(Array.from({ length: files }, (_, index) => [`/tree/${index}`, ''] as const));
  const done = await outcome(bench, await copy(bench, '/root:/tree', { name: 'twin' }));
  expect(done).toMatchObject(status === 'failed' ? { status, error: { code: 'invalidRequest' } } : { status });
});

it('a monitor refuses credentials, and is 404 for a copy that was never started', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  const monitor = await copy(bench, '/root:/a.txt', { name: 'b.txt' });
  expect((await bench.client.plain(monitor, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  expect((await bench.client.plain(`${monitor}x`)).status).toBe(401);
});
