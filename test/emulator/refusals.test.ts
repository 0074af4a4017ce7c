import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { expect, it } from 'vitest';
import { CONFLICT, codesOf, type EmulatedDrive, emulatedDrive } from '../support/emulated-drive.ts';

const WRITES: readonly (readonly [operation: string, method: string, path: string])[] = [
  ['createUploadSession', 'POST', '/root:/new:/createUploadSession'],
  ['a new folder', 'POST', '/root/children'],
  ['copy', 'POST', '/root:/a.txt:/copy'],
  ['PATCH', 'PATCH', '/root:/a.txt'],
];

it.each([
  ['createUploadSession', 'POST', '/root:/new:/createUploadSession', (conflict: unknown) => ({ item: conflict })],
  ['a new folder', 'POST', '/root/children', (conflict: object) => ({ name: 'n', folder: {}, ...conflict })],
  ['copy', 'POST', '/root:/a.txt:/copy', (conflict: object) => ({ name: 'n', ...conflict })],
  ['PATCH', 'PATCH', '/root:/a.txt', (conflict: object) => ({ name: 'n', ...conflict })],
] as const)('an unknown conflictBehavior is 400: %s', async (_, method, path, bodyOf) => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  for (const value of ['overwrite', 'Replace', '', 1]) {
    const answer = await bench.call(path, { method, body: bodyOf({ [CONFLICT]: value }) });
    // A value of another type is no readable payload; a text is a value that there is not.
    const code = typeof value === 'string' ? 'invalidRequest' : 'BadRequest';
    expect([value, ...codesOf(answer)]).toEqual([value, 400, code, undefined]);
  }
  expect(Object.keys(bench.mailbox.tree())).toEqual(['/a.txt']);
});

it('an unknown conflictBehavior of a simple PUT is 400', async () => {
  await using bench = await emulatedDrive();
  const answer = await bench.call(`/root:/a.txt:/content?${CONFLICT}=nonsense`, { method: 'PUT', body: 'x' });
  expect([codesOf(answer), bench.mailbox.stat('/a.txt')]).toEqual([[400, 'invalidRequest', undefined], undefined]);
});

it.each(WRITES)('%s refuses a parent, an item and a name that are none', async (_, method, path) => {
  await using bench = await emulatedDrive({ secondSession: 'allowed' });
  await bench.mailbox.put('/a.txt', 'alpha');
  const bodies = [{ parentReference: null }, { parentReference: [] }, { parentReference: { id: 1 } }, { item: null }];
  for (const body of [...bodies, { item: [] }, { name: null }, { name: 1 }, { name: {} }]) {
    const { status, json } = await bench.call(path, { method, body: { [CONFLICT]: 'fail', ...body } });
    // What the operation does not read, it may ignore.
    expect(status >= 400 ? [status, typeof json.error.code] : 'ignored').toEqual(
      status >= 400 ? [400, 'string'] : 'ignored',
    );
  }
  expect(Object.keys(bench.mailbox.tree()).filter(name => name === '/a.txt')).toEqual(['/a.txt']);
});

it('half of a surrogate pair is no name, wherever it stands', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  const name = 'bad\ud800.txt';
  const answers = [
    await bench.post('/root/children', { name, folder: {}, [CONFLICT]: 'fail' }),
    await bench.patch('/root:/a.txt', { name }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  await expect(bench.mailbox.put(`/${name}`, 'x')).rejects.toThrow(/half of a surrogate pair/);
  expect((await bench.get('/root/children')).json.value).toHaveLength(1);
});

it('a URL that is not properly encoded is 400', async () => {
  await using bench = await emulatedDrive();
  expect(codesOf(await bench.get('/root:/%ED%A0%80:'))).toEqual([400, 'invalidRequest', 'invalidPath']);
  expect(codesOf(await bench.get('/root:/100%:'))).toEqual([400, 'invalidRequest', 'invalidPath']);
});

/** A PUT whose body comes when the test says so. */
async function openPut({ emulator, client }: EmulatedDrive, path: string, headers: Record<string, string>) {
  const bearer = (await client.token()).json.access_token;
  const put = httpsRequest(`${emulator.url}/v1.0${path}`, {
    ...{ method: 'PUT', ca: emulator.caPem, agent: false },
    headers: { host: 'graph.microsoft.com', authorization: `Bearer ${bearer}`, ...headers },
  });
  const answered = once(put, 'response').then(async ([response]) => {
    const text = Buffer.concat(await response.toArray()).toString();
    return { status: response.statusCode as number, code: text === '' ? undefined : JSON.parse(text).error?.code };
  });
  return { put, answered };
}

it('a folder that is deleted while a PUT into it goes on makes it 404', async () => {
  await using bench = await emulatedDrive();
  bench.mailbox.mkdir('/folder');
  const { id } = bench.mailbox.stat('/folder')!;
  const path = `/drives/${bench.mailbox.driveId}/items/${id}:/a.txt:/content?${CONFLICT}=replace`;
  const { put, answered } = await openPut(bench, path, { 'content-length': '10' });
  put.write('12345');
  await expect.poll(() => bench.emulator.activeResponses()).toBe(1);
  expect((await bench.delete(`/items/${id}`)).status).toBe(204);
  put.end('67890');
  expect(await answered).toEqual({ status: 404, code: 'itemNotFound' });
  expect(bench.mailbox.tree()).toEqual({});
});

it('a file that is deleted while its content is replaced by id makes it 404', async () => {
  await using bench = await emulatedDrive();
  await bench.mailbox.put('/a.txt', 'alpha');
  const { id } = bench.mailbox.stat('/a.txt')!;
  const path = `/drives/${bench.mailbox.driveId}/items/${id}/content`;
  const { put, answered } = await openPut(bench, path, { 'content-length': '10' });
  put.write('12345');
  await expect.poll(() => bench.emulator.activeResponses()).toBe(1);
  await bench.delete(`/items/${id}`);
  put.end('67890');
  expect(await answered).toEqual({ status: 404, code: 'itemNotFound' });
});

it.each([
  ['with its length', { 'content-length': '100001' }],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
])('a simple PUT over the limit is 413 and leaves nothing, %s', async (_, headers) => {
  await using bench = await emulatedDrive({ simplePutLimit: 100_000 });
  const path = `/drives/${bench.mailbox.driveId}/root:/big:/content?${CONFLICT}=replace`;
  const { put, answered } = await openPut(bench, path, headers);
  put.on('error', () => undefined);
  put.end(Buffer.alloc(100_001));
  expect(await answered).toEqual({ status: 413, code: 'requestEntityTooLarge' });
  expect([bench.mailbox.tree(), (await bench.put('/fits', Buffer.alloc(100_000))).status]).toEqual([{}, 201]);
});

it('250 MB is the limit of a simple PUT', async () => {
  await using bench = await emulatedDrive();
  const path = `/drives/${bench.mailbox.driveId}/root:/big:/content?${CONFLICT}=replace`;
  const { put, answered } = await openPut(bench, path, { 'content-length': String(250_000_001) });
  put.on('error', () => undefined);
  put.flushHeaders();
  expect(await answered).toEqual({ status: 413, code: 'requestEntityTooLarge' });
  put.destroy();
});
