import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Dav, davClient } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';

const LOCK_BODY =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const FINDER = { 'User-Agent': 'WebDAVFS/3.0.0 (03008000) Darwin/19.6.0 (x86_64)' };
const OTHER = { 'User-Agent': 'davfs2/1.6.1 neon/0.32.5' };

describe('quirks of one client', () => {
  let door: FrontDoorTest;
  let dav: Dav;

  beforeEach(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
  });
  afterEach(async () => {
    await door.stop();
  });

  async function lock(path: string): Promise<string> {
    return (await dav('LOCK', path, { Depth: '0' }, LOCK_BODY)).headers.get('lock-token')!;
  }

  it('Finder renames a folder with the token of a document that is open in it; by the letter that is 412', async () => {
    await dav('MKCOL', '/m/folder');
    await dav('PUT', '/m/folder/open.txt', {}, 'x');
    const token = await lock('/m/folder/open.txt');
    const move = (client: Record<string, string>, to: string) =>
      dav('MOVE', '/m/folder/', { ...client, If: `(${token})`, Destination: `${door.url}/m/${to}/` });
    expect((await move(OTHER, 'renamed')).status).toBe(412);
    expect((await move(FINDER, 'renamed')).status).toBe(201);
    expect((await dav('GET', '/m/renamed/open.txt')).text).toBe('x');
  });

  it('Finder may unlock what a MOVE has unlocked already; others hear that there is no such lock', async () => {
    await dav('PUT', '/m/a', {}, 'x');
    const token = await lock('/m/a');
    await dav('MOVE', '/m/a', { If: `(${token})`, Destination: `${door.url}/m/b` });
    expect((await dav('UNLOCK', '/m/b', { ...OTHER, 'Lock-Token': token })).status).toBe(409);
    expect((await dav('UNLOCK', '/m/b', { ...FINDER, 'Lock-Token': token })).status).toBe(204);
  });

  it('Finder cannot use this to unlock another resource', async () => {
    await dav('PUT', '/m/a', {}, 'x');
    await dav('PUT', '/m/b', {}, 'x');
    const token = await lock('/m/a');
    expect((await dav('UNLOCK', '/m/b', { ...FINDER, 'Lock-Token': token })).status).toBe(409);
    expect((await dav('PUT', '/m/a', {}, 'y')).status).toBe(423);
  });

  it('Word may send the token of its lock in a Lock-Token header; others must send If', async () => {
    await dav('PUT', '/m/a.docx', {}, 'x');
    const token = await lock('/m/a.docx');
    const put = (agent: string) => dav('PUT', '/m/a.docx', { 'User-Agent': agent, 'Lock-Token': token }, 'y');
    expect((await put('rclone/v1.60.1')).status).toBe(423);
    expect((await put('Microsoft Office Word 2016 (16.0.4266)')).status).toBe(204);
  });

  it('davfs2, and no other client, writes the name that its LOCK has made as if it were free', async () => {
    const answer = await dav('LOCK', '/m/new', { Depth: '0' }, LOCK_BODY);
    expect(answer.status).toBe(201);
    const tagged = { If: `<${door.url}/m/new> (${answer.headers.get('lock-token')})`, 'If-None-Match': '*' };
    expect((await dav('PUT', '/m/new', { 'If-None-Match': '*' }, 'other')).status).toBe(412);
    expect((await dav('PUT', '/m/new', tagged, 'first')).status).toBe(204);
    expect((await dav('PUT', '/m/new', tagged, 'second')).status).toBe(412);
    expect((await dav('GET', '/m/new')).text).toBe('first');
  });

  it("Explorer gets less than 500 bytes per listed entry, and sets times without its lock's token", async () => {
    const explorer = { 'User-Agent': 'Microsoft-WebDAV-MiniRedir/10.0.19041' };
    const names = Array.from({ length: 50 }, (_, index) => `a document of a usual name ${index}.docx`);
    for (const name of names) {
      await dav('PUT', `/m/${encodeURIComponent(name)}`, {}, 'x');
    }
    const { text } = await dav('PROPFIND', '/m/', { ...explorer, Depth: '1' });
    expect(Buffer.byteLength(text) / (names.length + 1)).toBeLessThan(500);
    await lock(`/m/${encodeURIComponent(names[0]!)}`);
    const times =
      '<D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop><Z:Win32LastModifiedTime>Sat, 03 Feb 2001 04:05:06 GMT</Z:Win32LastModifiedTime></D:prop></D:set></D:propertyupdate>';
    const path = `/m/${encodeURIComponent(names[0]!)}`;
    expect((await dav('PROPPATCH', path, explorer, times)).status).toBe(207);
    expect((await dav('HEAD', path)).headers.get('last-modified')).toBe('Sat, 03 Feb 2001 04:05:06 GMT');
    expect((await dav('PROPPATCH', path, explorer, times.replaceAll('Win32LastModifiedTime', 'other'))).status).toBe(
      423,
    );
  });
});
