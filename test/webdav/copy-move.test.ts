import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';

describe.each(['COPY', 'MOVE'])('%s', method => {
  let door: FrontDoorTest;
  let dav: Dav;
  let count = 0;
  const other = createMemoryDrive();

  beforeAll(async () => {
    const drive = createMemoryDrive();
    const mounts = [
      { name: 'm', drive, readOnly: false },
      { name: 'other', drive: other, readOnly: false },
      { name: 'fixed', drive, readOnly: true },
    ];
    door = await startFrontDoor({
      mounts,
      publicUrls: ['https://files.example.com', 'https://files.example.com:8443'],
    });
    dav = davClient(door);
  });
  afterAll(async () => {
    await door?.stop();
  });

  /** A folder of its own with a file and a tree in it. */
  async function folder(mount = 'm'): Promise<string> {
    count += 1;
    const at = `/${mount}/${method} ${count}`.replace(' ', '%20');
    await dav('MKCOL', at);
    await dav('PUT', `${at}/file`, {}, 'source');
    await dav('MKCOL', `${at}/tree`);
    await dav('PUT', `${at}/tree/leaf`, {}, 'leaf');
    return at;
  }

  const transfer = async (from: string, destination: string, headers: Record<string, string> = {}) =>
    (await dav(method, from, { Destination: destination, ...headers })).status;
  const read = async (path: string) => (await dav('GET', path)).text;

  it('D10: is 201 to a free name and 204 over an old one, since Overwrite is T by default', async () => {
    const at = await folder();
    expect(await transfer(`${at}/file`, `${door.url}${at}/new`)).toBe(201);
    await dav('PUT', `${at}/file`, {}, 'again');
    expect(await transfer(`${at}/file`, `${at}/new`)).toBe(204);
    expect(await read(`${at}/new`)).toBe('again');
    expect((await dav('GET', `${at}/file`)).status).toBe(method === 'COPY' ? 200 : 404);
  });

  it('D10: with Overwrite F is 412 and changes nothing; with nonsense 400', async () => {
    const at = await folder();
    await dav('PUT', `${at}/old`, {}, 'old');
    expect(await transfer(`${at}/file`, `${at}/old`, { Overwrite: 'F' })).toBe(412);
    expect(await transfer(`${at}/file`, `${at}/old`, { Overwrite: 'X' })).toBe(400);
    expect(await read(`${at}/old`)).toBe('old');
    expect(await transfer(`${at}/file`, `${at}/free`, { Overwrite: 'F' })).toBe(201);
  });

  it.each([
    ['missing', 'new', 404],
    ['file', 'missing/new', 409],
    ['file', 'file', 403],
    ['tree', 'tree/inside', 403],
  ])('from %s to %s is %i', async (from, to, status) => {
    const at = await folder();
    expect(await transfer(`${at}/${from}`, `${at}/${to}`)).toBe(status);
    expect(await read(`${at}/tree/leaf`)).toBe('leaf');
  });

  it.each([
    ['http://elsewhere.example.com/m/x', 502],
    ['https://FILES.example.com/m/ok1', 201],
    ['http://files.example.com:8443/m/ok2', 201],
    ['http://user:secret@files.example.com/m/ok3', 201],
    ['webdavs://files.example.com/m/ok4', 201],
    ['/m/%zz', 400],
    ['/m/../x', 400],
    ['relative', 400],
    ['/m/a%00b', 400],
    ['/m/x#fragment', 400],
  ])('D10: a Destination of %s is %i', async (destination, status) => {
    const at = await folder();
    expect(await transfer(`${at}/file`, destination.replace('ok', `${method}-ok`))).toBe(status);
  });

  it('without a Destination is 400', async () => {
    const at = await folder();
    expect((await dav(method, `${at}/file`)).status).toBe(400);
  });

  it('keeps the conditions on its source', async () => {
    const at = await folder();
    expect(await transfer(`${at}/file`, `${at}/new`, { 'If-Match': '"other"' })).toBe(412);
    expect(await transfer(`${at}/file`, `${at}/new`, { If: '(<urn:uuid:x>)' })).toBe(412);
  });

  it('D10: looks at Depth', async () => {
    const at = await folder();
    expect(await transfer(`${at}/tree`, `${at}/one`, { Depth: '1' })).toBe(400);
    expect(await transfer(`${at}/tree`, `${at}/shallow`, { Depth: '0' })).toBe(method === 'COPY' ? 201 : 400);
    expect(await transfer(`${at}/tree`, `${at}/deep`, { Depth: 'infinity' })).toBe(201);
    expect(await read(`${at}/deep/leaf`)).toBe('leaf');
    if (method === 'COPY') {
      expect(hrefsOf((await dav('PROPFIND', `${at}/shallow/`, { Depth: '1' })).text)).toHaveLength(1);
    }
  });

  it('goes from one mailbox to another, with all that is in a tree', async () => {
    const at = await folder();
    await dav('MKCOL', `/other/${method}`);
    await dav('PUT', `/other/${method}/old`, {}, 'old');
    expect(await transfer(`${at}/tree`, `/other/${method}`)).toBe(204);
    expect(await read(`/other/${method}/leaf`)).toBe('leaf');
    expect((await dav('GET', `/other/${method}/old`)).status).toBe(404);
    expect((await dav('GET', `${at}/tree/leaf`)).status).toBe(method === 'COPY' ? 200 : 404);
  });

  it('into a read-only mount is 403; out of one COPY may and MOVE may not', async () => {
    const at = await folder();
    expect(await transfer(`${at}/file`, at.replace('/m/', '/fixed/').concat('/new'))).toBe(403);
    expect(await transfer(at.replace('/m/', '/fixed/').concat('/file'), `/other/${method}-out`)).toBe(
      method === 'COPY' ? 201 : 403,
    );
    expect((await dav('HEAD', `/other/${method}-out`)).status).toBe(method === 'COPY' ? 200 : 404);
  });

  it('between mailboxes puts the old target back when it fails half-way', async () => {
    const source = createMemoryDrive();
    const broken = withFaults(source, {
      read: async () => {
        throw new DriveError('throttled', 'slow down', { retryAfterSeconds: 7 });
      },
    });
    const failing = await startFrontDoor({
      mounts: [
        { name: 'a', drive: broken, readOnly: false },
        { name: 'b', drive: createMemoryDrive(), readOnly: false },
      ],
    });
    try {
      const client = davClient(failing);
      await client('MKCOL', '/a/tree');
      await client('PUT', '/a/tree/leaf', {}, 'new');
      await client('MKCOL', '/b/tree');
      await client('PUT', '/b/tree/kept', {}, 'old');
      const { status, headers } = await client(method, '/a/tree', { Destination: '/b/tree' });
      expect([status, headers.get('retry-after')]).toEqual([503, '7']);
      expect((await client('GET', '/b/tree/kept')).text).toBe('old');
      expect(hrefsOf((await client('PROPFIND', '/b/', { Depth: '1' })).text)).toEqual(['/b/', '/b/tree/']);
      expect(hrefsOf((await client('PROPFIND', '/a/tree/', { Depth: '1' })).text)).toHaveLength(2);
    } finally {
      await failing.stop();
    }
  });
});
