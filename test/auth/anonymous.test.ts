import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { type FrontDoorOptions, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

async function setUp(options: FrontDoorOptions = {}) {
  const drive = createMemoryDrive();
  await drive.write(toDrivePath(['file']), body('text'), { signal: new AbortController().signal });
  const mount = { drive, readOnly: false, download: 'proxy' as const };
  const door = await startFrontDoor({
    mounts: [
      { name: 'Public', ...mount },
      { name: 'ada', ...mount },
    ],
    auth: { anonymous: { mounts: ['public'], access: 'read' } },
    ...options,
  });
  onTestFinished(() => door.stop());
  const ask = async (line: string, headers: Record<string, string> = {}) => {
    const depth: Record<string, string> = line.startsWith('PROPFIND') ? { Depth: '1' } : {};
    return await rawRequest(door.url, compose(line, { ...depth, ...headers }));
  };
  return { door, ask };
}

async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describe('a guest without a password', () => {
  it('reads what is open to guests', async () => {
    const { ask, door } = await setUp();
    expect(await ask('GET /Public/file')).toMatchObject({ status: 200, body: 'text' });
    expect((await ask('HEAD /PUBLIC/file', { Connection: 'close' })).status).toBe(200);
    expect((await ask('OPTIONS /public/')).status).toBe(200);
    expect((await ask('PROPFIND /public/')).status).toBe(207);
    const root = await ask('PROPFIND /');
    expect(root.body).toContain('/Public/');
    expect(root.body).not.toContain('ada');
    expect(door.logged.join('')).toContain('"user":"anonymous"');
  });

  it.each([
    'PUT /Public/new',
    'PUT /Public/file',
    'DELETE /Public/file',
    'MKCOL /Public/folder',
    'LOCK /Public/file',
    'PROPPATCH /Public/file',
    'COPY /Public/file',
    'MOVE /Public/file',
    'POST /Public/file',
    'MKCOL /another',
  ])('is asked for a password before a change: %s', async line => {
    const { ask } = await setUp();
    const answer = await ask(line, { Destination: '/Public/other' });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
  });

  it('is asked at every other name, so that people can sign in there, and learns of no mount', async () => {
    const { ask, door } = await setUp();
    const [theirs, nobodys] = [await ask('PROPFIND /ada/'), await ask('PROPFIND /nobody/')];
    expect([theirs.status, nobodys.status]).toEqual([401, 401]);
    expect(theirs.body).toBe(nobodys.body);
    expect((await ask('PROPFIND /ada/', basic(door.user, door.password))).status).toBe(207);
    expect((await ask('PUT /Public/new', basic(door.user, door.password))).status).toBe(201);
  });

  it('is not asked for files that clients look for by themselves', async () => {
    const { ask } = await setUp();
    for (const name of ['.DS_Store', 'desktop.ini', '._Public', 'Public/.DS_Store']) {
      expect((await ask(`PROPFIND /${name}`)).status, name).toBe(404);
    }
  });

  it('is nobody whose credentials are wrong', async () => {
    const { ask, door } = await setUp();
    for (const headers of [basic(door.user, 'wrong'), basic('anonymous', ''), { Authorization: 'Bearer x' }]) {
      expect((await ask('GET /Public/file', headers)).status).toBe(401);
    }
  });

  it('finds all that below the base path', async () => {
    const listen = { basePath: ['dav'] };
    const { ask } = await setUp({ listen });
    expect((await ask('GET /dav/Public/file')).status).toBe(200);
    expect((await ask('PROPFIND /dav/')).status).toBe(207);
    expect((await ask('PROPFIND /')).status).toBe(207);
    expect((await ask('PROPFIND /dav/ada/')).status).toBe(401);
  });

  it('is not there by default', async () => {
    const { ask } = await setUp({ auth: {} });
    expect((await ask('GET /Public/file')).status).toBe(401);
  });
});
