import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { createAboveMounts } from '../../src/mounts/above-mounts.ts';
import { MountTable } from '../../src/mounts/mount-table.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { SideFiles } from '../../src/mounts/side-files.ts';
import { createViews } from '../../src/mounts/view.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { PASSWORD } from '../support/passwords.ts';
import { openMemoryState } from '../support/state-engines.ts';

describe('the view and the rights of users', () => {
  let door: FrontDoorTest;
  const as = (user: string): Dav => davClient({ ...door, user, password: PASSWORD });

  beforeAll(async () => {
    const mounts = ['ada', 'Grace', 'fixed'].map(name => ({
      name,
      drive: createMemoryDrive(),
      readOnly: name === 'fixed',
    }));
    const user = (name: string, allowed: '*' | string[], access: 'read' | 'write') => ({
      name,
      mounts: allowed,
      access,
    });
    door = await startFrontDoor({
      mounts,
      users: [user('all', '*', 'write'), user('one', ['grace'], 'write'), user('reader', '*', 'read')],
    });
    await as('all')('PUT', '/ada/file', {}, 'x');
  });
  afterAll(async () => {
    await door?.stop();
  });

  it('shows the root with the mounts of the user', async () => {
    const seenBy = async (user: string) => hrefsOf((await as(user)('PROPFIND', '/', { Depth: '1' })).text);
    expect(await seenBy('all')).toEqual(['/', '/ada/', '/Grace/', '/fixed/']);
    expect(await seenBy('one')).toEqual(['/', '/Grace/']);
  });

  it("gives nothing of a mount that is not the user's, as if it were not there", async () => {
    for (const method of ['GET', 'HEAD', 'PROPFIND', 'DELETE']) {
      expect((await as('one')(method, '/ada/file')).status).toBe(404);
    }
    expect((await as('one')('PUT', '/ada/new', {}, 'x')).status).toBe(409);
    expect((await as('one')('MOVE', '/ada/file', { Destination: '/Grace/stolen' })).status).toBe(404);
    expect((await as('one')('COPY', '/ada/file', { Destination: '/Grace/stolen' })).status).toBe(404);
    await as('one')('PUT', '/Grace/mine', {}, 'x');
    expect((await as('one')('COPY', '/Grace/mine', { Destination: '/ada/planted' })).status).toBe(409);
  });

  it.each([
    ['PUT', '/ada/new', {}],
    ['PUT', '/ada/file', {}],
    ['MKCOL', '/ada/new', {}],
    ['DELETE', '/ada/file', {}],
    ['MOVE', '/ada/file', { Destination: '/ada/moved' }],
    ['COPY', '/ada/file', { Destination: '/ada/copied' }],
  ])('a user who may only read cannot %s %s', async (method, path, headers) => {
    const body = method === 'PUT' ? 'x' : undefined;
    expect((await as('reader')(method, path, headers as Record<string, string>, body)).status).toBe(403);
    expect((await as('reader')('GET', '/ada/file')).text).toBe('x');
  });

  it('a read-only mount is that for everybody', async () => {
    expect((await as('all')('PUT', '/fixed/new', {}, 'x')).status).toBe(403);
    expect((await as('all')('PROPFIND', '/fixed/', { Depth: '1' })).status).toBe(207);
  });

  it('finds a mount whatever the case of its name, and shows it as it is configured', async () => {
    const { status, text } = await as('all')('PROPFIND', '/GRACE/', { Depth: '0' });
    expect([status, hrefsOf(text)]).toEqual([207, ['/GRACE/']]);
    expect(text).toContain('<D:displayname>Grace</D:displayname>');
  });
});

it('the mounts show the capabilities of a drive', async () => {
  const sideFiles = new SideFiles({
    store: openMemoryState({ maxSideBytes: 1 }).sideFiles,
    clock: fakeClock(),
    since: new Date(0),
  });
  const memory = createMemoryDrive();
  const options = { signal: new AbortController().signal };
  const { entry } = await memory.write(toDrivePath(['x']), oneByte(), options);
  const link = { entry, url: 'https://contoso.example/x' };
  const drive = withFaults(memory, {
    downloadUrl: async () => link,
    companions: async path => [toDrivePath([...path.slice(0, -1), 'twin'])],
    canonicalPath: path => toDrivePath(['drive 1', ...path]),
  });
  const mounts = new MountTable({
    fixed: [{ name: 'm', drive, readOnly: false }],
    since: new Date(0),
    clock: fakeClock(),
  });
  const viewFor = createViews(mounts, { since: new Date(0), junkRules: [], sideFiles });
  const view = createAboveMounts(['dav'], new Date(0))(viewFor(rightsTo('*', 'write')));
  const file = toDrivePath(['dav', 'm', 'x']);
  expect(await view.quota(file, options)).toMatchObject({ used: 1 });
  expect(await view.downloadUrl(file, options)).toBe(link);
  expect(view.canonicalPath(file)).toEqual(['drive 1', 'x']);
  expect(await view.companions(file)).toEqual([['dav', 'm', 'twin']]);
  expect((await view.scratch(file, options)).path.slice(0, 2)).toEqual(['dav', 'm']);
  expect([view.access(file), view.access(toDrivePath(['dav']))]).toEqual(['write', 'read']);
  const readOnly = viewFor(rightsTo('*', 'read'));
  expect(readOnly.access(toDrivePath(['m', 'x']))).toBe('read');
  await expect(readOnly.scratch(toDrivePath(['m', 'x']), options)).rejects.toMatchObject({ code: 'read-only' });
});

it('a listing of all mounts makes no drive: of thousands most are never used', async () => {
  const made: string[] = [];
  const mounts = ['ada', 'grace'].map(name => ({
    name,
    readOnly: false,
    get drive() {
      made.push(name);
      return createMemoryDrive();
    },
  }));
  const door = await startFrontDoor({ mounts });
  try {
    const dav = davClient(door);
    const bodies = [undefined, '<allprop/>', '<prop><quota-used-bytes/><lockdiscovery/><x xmlns="urn:x"/></prop>'];
    for (const asked of bodies) {
      const body = asked === undefined ? undefined : `<propfind xmlns="DAV:">${asked}</propfind>`;
      expect((await dav('PROPFIND', '/', { Depth: '1' }, body)).status).toBe(207);
    }
    expect((await dav('GET', '/', { Accept: 'text/html' })).status).toBe(200);
    expect(made).toEqual([]);
    expect((await dav('PROPFIND', '/ada/', { Depth: '0' })).status).toBe(207);
    expect([...new Set(made)]).toEqual(['ada']);
  } finally {
    await door.stop();
  }
});

async function* oneByte(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
}
