import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest, sendAndVanish } from '../support/raw-http.ts';

/** The parts of a `multipart/byteranges` body (RFC 9110 §14.6), read as RFC 2046 §5.1 has it. */
function partsOf({ headers, text }: { headers: Headers; text: string }): [range: string | undefined, bytes: string][] {
  const boundary = /^multipart\/byteranges; boundary=([\w]+)$/.exec(headers.get('content-type') ?? '')?.[1];
  expect(boundary).toBeDefined();
  expect(Number(headers.get('content-length'))).toBe(text.length);
  const [before, ...parts] = text.split(`\r\n--${boundary}`);
  expect([before, parts.pop()]).toEqual(['', '--\r\n']);
  return parts.map(part => {
    const [head, bytes] = part.split('\r\n\r\n', 2) as [string, string];
    expect(head).toContain('\r\nContent-Type: application/octet-stream');
    return [/Content-Range: (.*)/.exec(head)?.[1], bytes];
  });
}

describe('GET and HEAD', () => {
  let door: FrontDoorTest;
  let dav: Dav;
  let etag: string;

  beforeAll(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
    await dav('PUT', '/m/file.txt', {}, '0123456789');
    await dav('PUT', '/m/empty', {}, '');
    await dav('MKCOL', '/m/folder');
    etag = (await dav('HEAD', '/m/file.txt')).headers.get('etag')!;
  });
  afterAll(async () => {
    await door?.stop();
  });

  it('gives the bytes with strong ETag, Last-Modified and length; browsers must not guess or run them', async () => {
    const { status, headers, text } = await dav('GET', '/m/file.txt');
    expect([status, text]).toEqual([200, '0123456789']);
    expect(headers.get('etag')).toMatch(/^"[\w-]+"$/);
    expect(new Date(headers.get('last-modified')!).getTime()).toBeGreaterThan(0);
    expect(headers.get('content-length')).toBe('10');
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
  });

  it('answers HEAD as GET, without the bytes', async () => {
    const { status, headers, text } = await dav('HEAD', '/m/file.txt', { Range: 'bytes=0-1' });
    expect([status, text, headers.get('content-length'), headers.get('etag')]).toEqual([200, '', '10', etag]);
  });

  it('gives an empty file', async () => {
    const { status, headers } = await dav('GET', '/m/empty');
    expect([status, headers.get('content-length')]).toEqual([200, '0']);
  });

  it('says 404 for nothing, and 405 for a collection, whose HEAD is 200', async () => {
    expect((await dav('GET', '/m/missing')).status).toBe(404);
    expect((await dav('GET', '/nomount/x')).status).toBe(404);
    const { status, headers } = await dav('GET', '/m/folder');
    expect([status, headers.get('allow')]).toEqual([405, expect.stringContaining('PROPFIND')]);
    expect(headers.get('allow')).toContain('REPORT');
    expect((await dav('GET', '/')).headers.get('allow')).not.toContain('REPORT');
    expect((await dav('HEAD', '/m/folder/')).status).toBe(200);
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=-0', 416, undefined, 'bytes */10'],
    ['bytes=5-4', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
    ['bytes=a-b', 200, '0123456789', null],
    ['bytes=0-1,2-5', 206, '012345', 'bytes 0-5/10'],
    ['bytes=7-8,0-7', 206, '012345678', 'bytes 0-8/10'],
    ['bytes=0-1,,', 206, '01', 'bytes 0-1/10'],
    ['bytes=12-14,4-5', 206, '45', 'bytes 4-5/10'],
    ['bytes=12-14,20-', 416, undefined, 'bytes */10'],
    ['bytes=0-1,5-4', 200, '0123456789', null],
    ['bytes=0-1;4-5', 200, '0123456789', null],
  ])('D6: Range %s is %i', async (range, status, text, contentRange) => {
    const answer = await dav('GET', '/m/file.txt', { Range: range });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange]);
    if (text !== undefined) {
      expect(answer.text).toBe(text);
    }
  });

  it('D5: keeps the conditions of RFC 9110', async () => {
    const { headers } = await dav('HEAD', '/m/file.txt');
    const modified = headers.get('last-modified')!;
    const before = new Date(Date.parse(modified) - 60_000).toUTCString();
    const statusFor = async (conditions: Record<string, string>) =>
      (await dav('GET', '/m/file.txt', conditions)).status;
    expect(await statusFor({ 'If-None-Match': etag })).toBe(304);
    expect(await statusFor({ 'If-None-Match': `W/${etag}, "x"` })).toBe(304);
    expect(await statusFor({ 'If-None-Match': '*' })).toBe(304);
    expect(await statusFor({ 'If-None-Match': '"other"' })).toBe(200);
    expect(await statusFor({ 'If-None-Match': 'JoplinIgnore-123' })).toBe(200);
    expect(await statusFor({ 'If-Modified-Since': modified })).toBe(304);
    expect(await statusFor({ 'If-Modified-Since': before })).toBe(200);
    expect(await statusFor({ 'If-Modified-Since': 'nonsense' })).toBe(200);
    expect(await statusFor({ 'If-None-Match': '"other"', 'If-Modified-Since': modified })).toBe(200);
    expect(await statusFor({ 'If-Match': '"other"' })).toBe(412);
    expect(await statusFor({ 'If-Match': etag })).toBe(200);
    expect(await statusFor({ 'If-Unmodified-Since': before })).toBe(412);
  });

  it('answers several ranges in the order of the client, each as a part', async () => {
    const answer = await dav('GET', '/m/file.txt', { Range: 'bytes=-2, 0-1,4-5' });
    expect([answer.status, answer.headers.get('content-range'), answer.headers.get('etag')]).toEqual([206, null, etag]);
    expect(partsOf(answer)).toEqual([
      ['bytes 8-9/10', '89'],
      ['bytes 0-1/10', '01'],
      ['bytes 4-5/10', '45'],
    ]);
    expect(partsOf(await dav('GET', '/m/file.txt', { Range: 'bytes=8-9,2-3,0-2' }))).toEqual([
      ['bytes 8-9/10', '89'],
      ['bytes 0-3/10', '0123'],
    ]);
    const other = await dav('GET', '/m/file.txt', { Range: 'bytes=0-1,4-5', 'If-Range': '"another"' });
    expect([other.status, other.text]).toEqual([200, '0123456789']);
  });

  it('sends the whole file instead of very many ranges', async () => {
    const content = 'x'.repeat(100);
    await dav('PUT', '/m/many.txt', {}, content);
    const range = (count: number) => `bytes=${Array.from({ length: count }, (_, at) => `${3 * at}-${3 * at}`)}`;
    expect(partsOf(await dav('GET', '/m/many.txt', { Range: range(16) }))).toHaveLength(16);
    const whole = await dav('GET', '/m/many.txt', { Range: range(17) });
    expect([whole.status, whole.text]).toEqual([200, content]);
  });

  it('cuts the connection when the file changes between two ranges: no answer mixes two versions', async () => {
    const inner = createMemoryDrive();
    let reads = 0;
    const changing = withFaults(inner, {
      read: async (path, options) => {
        reads += 1;
        if (reads === 2) {
          await inner.write(path, one('abcdefghij'), { signal: options.signal, length: 10 });
        }
        return inner.read(path, options);
      },
    });
    const moving = await startFrontDoor({ drive: changing });
    const at = davClient(moving);
    await at('PUT', '/m/file.txt', {}, '0123456789');
    await expect(at('GET', '/m/file.txt', { Range: 'bytes=0-1,4-5' })).rejects.toThrow();
    expect((await at('GET', '/m/file.txt')).text).toBe('abcdefghij');
    await moving.stop();
  });

  it('keeps If-Range', async () => {
    const partOf = async (ifRange: string) =>
      (await dav('GET', '/m/file.txt', { Range: 'bytes=0-1', 'If-Range': ifRange })).status;
    expect(await partOf(etag)).toBe(206);
    expect(await partOf('"other"')).toBe(200);
    expect(await partOf(`W/${etag}`)).toBe(200);
  });

  it('D4: cuts the connection when the bytes end half-way, and answers an error when they do not begin', async () => {
    const memory = createMemoryDrive();
    const failing = (chunks: number) =>
      async function* () {
        for (let index = 0; index < chunks; index += 1) {
          yield Buffer.alloc(1000);
        }
        throw new DriveError('upstream', 'the upstream broke');
      };
    let chunks = 0;
    const drive = withFaults(memory, {
      read: async path => ({
        entry: await memory.stat(path, { signal: new AbortController().signal }),
        length: 5000,
        body: failing(chunks)(),
      }),
    });
    const broken = await startFrontDoor({ drive });
    try {
      const client = davClient(broken);
      await client('PUT', '/m/file', {}, Buffer.alloc(5000));
      expect((await client('GET', '/m/file')).status).toBe(502);
      chunks = 3;
      await expect(client('GET', '/m/file')).rejects.toThrow();
    } finally {
      await broken.stop();
    }
  });

  it('D3: lets go of the bytes when the client goes', async () => {
    const memory = createMemoryDrive();
    const released = Promise.withResolvers<void>();
    const drive = withFaults(memory, {
      read: async path => ({
        entry: await memory.stat(path, { signal: new AbortController().signal }),
        length: 10 ** 9,
        body: (async function* () {
          try {
            for (;;) {
              yield Buffer.alloc(64 * 1024);
            }
          } finally {
            released.resolve();
          }
        })(),
      }),
    });
    const endless = await startFrontDoor({ drive });
    try {
      await davClient(endless)('PUT', '/m/file', {}, 'x');
      await rawRequest(
        endless.url,
        compose('GET /m/file', basic(endless.user, endless.password)),
        text => text.length > 100_000,
      );
      await released.promise;
    } finally {
      await endless.stop();
    }
  });
});

describe('PUT', () => {
  let door: FrontDoorTest;
  let dav: Dav;
  let auth: Record<string, string>;

  beforeAll(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
    auth = basic(door.user, door.password);
    await dav('MKCOL', '/m/folder');
  });
  afterAll(async () => {
    await door?.stop();
  });

  it('is 201 for a new file and 204 for an old one, with the ETag that GET gives', async () => {
    const first = await dav('PUT', '/m/a.txt', {}, 'one');
    const second = await dav('PUT', '/m/a.txt', {}, 'two');
    expect([first.status, second.status]).toEqual([201, 204]);
    const { headers, text } = await dav('GET', '/m/a.txt');
    expect([headers.get('etag'), text]).toEqual([second.headers.get('etag'), 'two']);
    expect(first.headers.get('etag')).not.toBe(second.headers.get('etag'));
  });

  it("takes a chunked body, with or without Finder's length", async () => {
    const stream = () => new Blob(['chunked body']).stream();
    expect((await dav('PUT', '/m/chunked', {}, stream())).status).toBe(201);
    expect((await dav('PUT', '/m/chunked', { 'X-Expected-Entity-Length': '12' }, stream())).status).toBe(204);
    expect((await dav('PUT', '/m/chunked', { 'X-Expected-Entity-Length': '13' }, stream())).status).toBe(400);
    expect((await dav('GET', '/m/chunked')).text).toBe('chunked body');
  });

  it.each([
    ['/m/missing/file', 409],
    ['/m/folder', 405],
    ['/m/folder/', 405],
    ['/m', 405],
    ['/', 405],
    ['/nomount', 403],
    ['/nomount/file', 409],
  ])('to %s is %i', async (target, status) => {
    expect((await dav('PUT', target, {}, 'x')).status).toBe(status);
  });

  it('D13: a part of a file, by Content-Range, is 400 and changes nothing', async () => {
    await dav('PUT', '/m/whole', {}, 'whole');
    expect((await dav('PUT', '/m/whole', { 'Content-Range': 'bytes 0-1/5' }, 'xx')).status).toBe(400);
    expect((await dav('GET', '/m/whole')).text).toBe('whole');
  });

  it('D5: keeps If-Match and If-None-Match', async () => {
    const { headers } = await dav('PUT', '/m/cond', { 'If-None-Match': '*' }, 'one');
    const statusFor = async (conditions: Record<string, string>, path = '/m/cond') =>
      (await dav('PUT', path, conditions, 'two')).status;
    expect(await statusFor({ 'If-None-Match': '*' })).toBe(412);
    expect(await statusFor({ 'If-Match': '"other"' })).toBe(412);
    expect(await statusFor({ 'If-Match': '*' }, '/m/cond-missing')).toBe(412);
    expect((await dav('GET', '/m/cond')).text).toBe('one');
    expect(await statusFor({ 'If-Match': headers.get('etag')! })).toBe(204);
    expect(await statusFor({ 'If-None-Match': 'JoplinIgnore-7' })).toBe(204);
  });

  it('B1: lives through an untagged If with a token, which no lock of ours has', async () => {
    await dav('PUT', '/m/b1', {}, 'x');
    const { etag } = Object.fromEntries((await dav('HEAD', '/m/b1')).headers) as { etag: string };
    const statusFor = async (header: string) => (await dav('PUT', '/m/b1', { If: header }, 'y')).status;
    expect(await statusFor('(<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>)')).toBe(412);
    expect(await statusFor('(Not <urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>)')).toBe(204);
    expect(await statusFor(`(<urn:uuid:x>) ([${etag}])`)).toBe(412);
    const fresh = (await dav('HEAD', '/m/b1')).headers.get('etag')!;
    expect(await statusFor(`(<urn:uuid:x>) ([${fresh}])`)).toBe(204);
    expect(await statusFor('(')).toBe(400);
    expect(await statusFor(`<${door.url}/m/other> (<urn:uuid:x>)`)).toBe(412);
    expect(await statusFor(`<${door.url}/m/b1> (Not <DAV:no-lock>)`)).toBe(204);
  });

  it('D2: a client that vanishes half-way leaves the old file, and no new one', async () => {
    await dav('PUT', '/m/kept', {}, 'old');
    for (const path of ['/m/kept', '/m/never']) {
      await sendAndVanish(door.url, compose(`PUT ${path}`, { ...auth, 'Content-Length': '1000' }, 'only this'));
      await eventually(() =>
        expect(door.logged.some(line => line.includes(path) && line.includes('"aborted":true'))).toBe(true),
      );
    }
    expect((await dav('GET', '/m/kept')).text).toBe('old');
    expect((await dav('GET', '/m/never')).status).toBe(404);
  });

  it('is 413 beyond the limit, before a byte is read', async () => {
    const { status } = await rawRequest(
      door.url,
      compose('PUT /m/huge', { ...auth, 'Content-Length': String(2 * 1024 ** 3) }),
    );
    expect(status).toBe(413);
  });
});

describe('MKCOL and DELETE', () => {
  let door: FrontDoorTest;
  let dav: Dav;

  beforeAll(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
    await dav('PUT', '/m/file', {}, 'x');
    await dav('MKCOL', '/m/folder/');
    await dav('PUT', '/m/folder/member', {}, 'x');
  });
  afterAll(async () => {
    await door?.stop();
  });

  it.each([
    ['/m/new', 201],
    ['/m/new 2/', 201],
    ['/m/folder', 405],
    ['/m/file', 405],
    ['/m/missing/new', 409],
    ['/', 405],
    ['/m', 405],
    ['/elsewhere', 403],
  ])('MKCOL %s is %i', async (target, status) => {
    expect((await dav('MKCOL', target)).status).toBe(status);
  });

  it('MKCOL with a body is 415', async () => {
    expect((await dav('MKCOL', '/m/body', { 'Content-Type': 'text/xml' }, '<x/>')).status).toBe(415);
  });

  it('B6: MKCOL lives through an If header', async () => {
    expect((await dav('MKCOL', '/m/b6', { If: '(<urn:uuid:x>)' })).status).toBe(412);
    expect((await dav('MKCOL', '/m/b6', { If: '(Not <urn:uuid:x>)' })).status).toBe(201);
  });

  it('S4: the root and the mounts cannot be deleted, moved or written over', async () => {
    for (const target of ['/', '/m', '/m/']) {
      expect((await dav('DELETE', target)).status).toBe(403);
      expect((await dav('MOVE', target, { Destination: '/m/moved' })).status).toBe(403);
      expect((await dav('COPY', '/m/file', { Destination: target })).status).toBe(403);
      expect((await dav('MOVE', '/m/file', { Destination: target })).status).toBe(403);
    }
    expect((await dav('MOVE', '/m/file', { Destination: '/renamed' })).status).toBe(403);
    expect((await dav('GET', '/m/folder/member')).status).toBe(200);
  });

  it('DELETE takes a file, a folder with its members, and nothing twice', async () => {
    await dav('MKCOL', '/m/gone');
    await dav('PUT', '/m/gone/member', {}, 'x');
    expect((await dav('DELETE', '/m/gone', { Depth: '0' })).status).toBe(400);
    expect((await dav('DELETE', '/m/gone/')).status).toBe(204);
    expect((await dav('DELETE', '/m/gone/')).status).toBe(404);
    expect((await dav('GET', '/m/gone/member')).status).toBe(404);
  });

  it('DELETE keeps If-Match, and a fragment in the URL is 400', async () => {
    expect((await dav('DELETE', '/m/file', { 'If-Match': '"other"' })).status).toBe(412);
    const { status } = await rawRequest(door.url, compose('DELETE /m/folder#x', basic(door.user, door.password)));
    expect(status).toBe(400);
    expect((await dav('GET', '/m/folder/member')).status).toBe(200);
  });
});

describe('methods that are not served', () => {
  it('B1 to B7: are 501, POST and PATCH are 405, REPORT is 403 with its condition, and the process lives', async () => {
    const door = await startFrontDoor();
    try {
      const dav = davClient(door);
      for (const method of ['SEARCH', 'ACL', 'BIND']) {
        expect((await dav(method, '/m/', {}, '<a/>')).status).toBe(501);
      }
      for (const method of ['POST', 'PATCH']) {
        const { status, headers } = await dav(method, '/m/posted', {}, 'x');
        expect([status, headers.get('allow')]).toEqual([405, expect.stringContaining('PUT')]);
      }
      const report = await dav('REPORT', '/m/', {}, '<D:version-tree xmlns:D="DAV:"/>');
      expect([report.status, report.text]).toEqual([403, expect.stringContaining('<D:supported-report/>')]);
      expect((await dav('GET', '/m/posted')).status).toBe(404);
    } finally {
      await door.stop();
    }
  });
});

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
