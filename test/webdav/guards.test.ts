import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

let door: FrontDoorTest;
let dav: Dav;

beforeAll(async () => {
  door = await startFrontDoor({ publicUrls: ['https://files.example.com'] });
  dav = davClient(door);
  await dav('MKCOL', '/m/d');
});
afterAll(async () => {
  await door?.stop();
});

/** Header lines as they are, each byte one character. */
function send(line: string, fields: readonly string[] = [], body = '', host = 'Host: localhost') {
  const lines = [
    host,
    'Connection: close',
    ...Object.entries(basic(door.user, door.password)).map(field => field.join(': ')),
    ...fields,
  ];
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${line} HTTP/1.1`, ...lines.filter(text => text !== ''), ...length, '', ''].join('\r\n');
  return rawRequest(door.url, Buffer.from(head + body, 'latin1'));
}

const put = (path: string, content = 'old') => dav('PUT', path, {}, content);
const read = async (path: string) => (await dav('GET', path)).text;
const names = async () => hrefsOf((await dav('PROPFIND', '/m/d/', { Depth: '1' })).text).slice(1);
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

describe('C8 guards that cannot be read fail closed: Destination', () => {
  it.each(['COPY', 'MOVE'])('%s: a raw "#" cuts nothing off', async method => {
    await put('/m/d/C', 'precious');
    await put('/m/d/source', 'new');
    for (const to of ['http://localhost/m/d/C# notes.txt', '/m/d/C#', 'http://localhost/m/d/C#a/b']) {
      expect((await send(`${method} /m/d/source`, [`Destination: ${to}`])).status).toBe(400);
    }
    expect([await read('/m/d/C'), await read('/m/d/source')]).toEqual(['precious', 'new']);
  });

  it.each(['Überblick.pdf', '日本語.txt', 'naïve.txt', '😀'])('raw UTF-8 names that file: %s', async name => {
    await put('/m/d/source', 'new');
    for (const base of ['http://localhost', '']) {
      const { status } = await send('COPY /m/d/source', [`Destination: ${base}/m/d/${utf8(name)}`]);
      expect(status).toBeLessThan(300);
      expect(await names()).toContain(`/m/d/${encodeURIComponent(name)}`);
      await dav('DELETE', `/m/d/${encodeURIComponent(name)}`);
    }
  });

  it('bytes that are no UTF-8 are refused', async () => {
    const before = await names();
    expect((await send('COPY /m/d/source', ['Destination: /m/d/\xfcber'])).status).toBe(400);
    expect(await names()).toEqual(before);
  });

  it.each([
    ['ftp://localhost:1/m/d/x', 502],
    ['file://localhost/m/d/x', 502],
    ['http:///m/d/x', 502],
    ['http://localhost:99999/m/d/x', 400],
    ['http://local host/m/d/x', 502],
    ['http:/m/d/x', 400],
    ['//elsewhere/m/d/x', 400],
    ['//m/d/x', 400],
    ['http://elsewhere\\@localhost/m/d/x', 400],
    ['http://a b@localhost/m/d/x', 400],
    ['/m/d/x?y', 400],
  ])('%s is %i, and nothing is made', async (to, status) => {
    await put('/m/d/source', 'new');
    const before = await names();
    expect((await send('COPY /m/d/source', [`Destination: ${to}`])).status).toBe(status);
    expect(await names()).toEqual(before);
  });
});

describe('C8 guards that cannot be read fail closed: conditions', () => {
  it.each([
    ['twice', ['If-None-Match: *', 'If-None-Match: *'], 412],
    ['with an empty member', ['If-None-Match: *,'], 412],
    ['beside a tag', ['If-None-Match: *, "x"'], 400],
    ['behind a tag', ['If-None-Match: "x", *'], 400],
    ['in quotes', ['If-None-Match: "*"'], 400],
    ['in an open quote', ['If-None-Match: "*'], 400],
    ['in other quotes', ["If-None-Match: '*'"], 400],
    ['in angle brackets', ['If-None-Match: <*>'], 400],
    ['called weak', ['If-None-Match: W/*'], 400],
    ['doubled', ['If-None-Match: **'], 400],
    ['with a parameter', ['If-None-Match: *;q=1'], 400],
    ['once beside a tag in another line', ['If-None-Match: *', 'If-None-Match: "x"'], 400],
  ])('If-None-Match: * %s never overwrites', async (_, fields, status) => {
    await put('/m/d/guarded');
    expect((await send('PUT /m/d/guarded', fields, 'new')).status).toBe(status);
    expect(await read('/m/d/guarded')).toBe('old');
  });

  it('a condition with more tags than are looked at is refused', async () => {
    await put('/m/d/guarded');
    const etag = (await dav('HEAD', '/m/d/guarded')).headers.get('etag')!;
    const tags = [...Array.from({ length: 1_000 }, () => '"x"'), etag].join(',');
    expect((await dav('PUT', '/m/d/guarded', { 'If-None-Match': tags }, 'new')).status).toBe(400);
    expect(await read('/m/d/guarded')).toBe('old');
  });

  it.each(['*, "x"', '"x", *'])('If-Match: %s is refused', async value => {
    await put('/m/d/guarded');
    expect((await dav('DELETE', '/m/d/guarded', { 'If-Match': value })).status).toBe(400);
    expect(await read('/m/d/guarded')).toBe('old');
  });

  it.each(['yesterday', '2030', 'Thu, 30 Feb 2090 00:00:00 GMT', '1'])(
    'If-Unmodified-Since: %s guards no change, and is ignored by a read (RFC 9110 §13.1.4)',
    async value => {
      await put('/m/d/guarded');
      expect((await dav('DELETE', '/m/d/guarded', { 'If-Unmodified-Since': value })).status).toBe(400);
      expect((await dav('PUT', '/m/d/guarded', { 'If-Unmodified-Since': value }, 'new')).status).toBe(400);
      expect((await dav('GET', '/m/d/guarded', { 'If-Unmodified-Since': value })).text).toBe('old');
    },
  );

  it('the old forms of a date are read', async () => {
    await put('/m/d/guarded');
    for (const value of ['Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
      expect((await dav('DELETE', '/m/d/guarded', { 'If-Unmodified-Since': value })).status).toBe(412);
    }
  });

  it('a list about a resource that cannot be read, or is elsewhere, does not hold, not even by Not', async () => {
    await put('/m/d/guarded');
    for (const [tag, status] of [
      ['http://localhost/m/d/guarded#x', 400],
      ['/m/d/%zz', 400],
      ['http://elsewhere.example.com/x', 412],
      ['ftp://localhost/m/d/guarded', 412],
    ] as const) {
      expect((await dav('DELETE', '/m/d/guarded', { If: `<${tag}> (Not <DAV:no-lock>)` })).status).toBe(status);
    }
    const own = `<${utf8('/m/d/g\u00fcarded')}> (Not <DAV:no-lock>)`;
    await put('/m/d/g%C3%BCarded');
    expect((await send('DELETE /m/d/g%C3%BCarded', [`If: ${own}`])).status).toBe(204);
    expect(await read('/m/d/guarded')).toBe('old');
  });
});

describe('C8 guards that cannot be read fail closed: checksums', () => {
  const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const sha1Base64 = (text: string) => createHash('sha1').update(text).digest('base64');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

  it.each([
    ['a blank behind the colon', [`OC-Checksum: SHA1: ${sha1('other')}`]],
    ['a blank before the colon', [`OC-Checksum: SHA1 :${sha1('other')}`]],
    ['twice, the second wrong', [`OC-Checksum: SHA1:${sha1('new')}`, `OC-Checksum: SHA1:${sha1('other')}`]],
    ['twice, the first wrong', [`OC-Checksum: SHA1:${sha1('other')}`, `OC-Checksum: SHA1:${sha1('new')}`]],
    ['two algorithms', [`OC-Checksum: MD5:${md5('new')} SHA1:${sha1('other')}`]],
    ['one that is unknown before it', [`OC-Checksum: ADLER32:0123abcd SHA1:${sha1('other')}`]],
    ['a value that is no checksum', ['OC-Checksum: SHA1']],
    ['a hash that is not hexadecimal', ['OC-Checksum: SHA1:xyz']],
    ['a name with a hyphen', [`OC-Checksum: SHA-1:${sha1('other')}`]],
    ['nothing', ['OC-Checksum:']],
    ['an empty Content-MD5', ['Content-MD5:']],
    ['another Digest', [`Digest: SHA=${sha1Base64('other')}`]],
    ['another Content-Digest', [`Content-Digest: sha-256=:${sha256('other')}:`]],
    ['another Repr-Digest', [`Repr-Digest: sha-256=:${sha256('other')}:`]],
    ['a right digest beside another', [`Repr-Digest: sha-256=:${sha256('new')}:, sha=:${sha1Base64('other')}:`]],
    ['a digest that is none', ['Repr-Digest: sha-256']],
    ['an empty digest', ['Content-Digest:']],
    ['two lengths', ['X-Expected-Entity-Length: 9']],
    ['a length that is none', ['X-Expected-Entity-Length: three']],
    ['a Content-MD5 in hexadecimal', [`Content-MD5: ${md5('new')}`]],
    [
      'another Content-MD5 beside a right OC-Checksum',
      [`OC-Checksum: SHA1:${sha1('new')}`, `Content-MD5: ${Buffer.from(md5('other'), 'hex').toString('base64')}`],
    ],
  ])('%s is 400, and the old file stays', async (_, fields) => {
    await put('/m/d/checked');
    expect((await send('PUT /m/d/checked', fields, 'new')).status).toBe(400);
    expect(await read('/m/d/checked')).toBe('old');
  });

  it.each([
    `SHA1: ${sha1('new')}`,
    `SHA1:${sha1('new')} MD5:${md5('new')}`,
    `sha1:${sha1('new').toUpperCase()}, ADLER32:0123abcd`,
  ])('%s is checked and right', async value => {
    await put('/m/d/checked');
    expect((await dav('PUT', '/m/d/checked', { 'OC-Checksum': value }, 'new')).status).toBe(204);
    expect(await read('/m/d/checked')).toBe('new');
  });

  it.each([
    ['Digest', `SHA-256=${sha256('new')},unixsum=30637`],
    ['Content-Digest', `sha-256=:${sha256('new')}:`],
    ['Repr-Digest', `sha-256=:${sha256('new')}:, sha-999=:AAAA:`],
  ])('%s: %s is checked and right', async (field, value) => {
    await put('/m/d/checked');
    expect((await dav('PUT', '/m/d/checked', { [field]: value }, 'new')).status).toBe(204);
    expect(await read('/m/d/checked')).toBe('new');
  });
});

describe('C8 guards that cannot be read fail closed: the head of a request', () => {
  it.each([
    ['two', 'Host: localhost\r\nHost: localhost'],
    ['two that differ', 'Host: localhost\r\nHost: elsewhere'],
    ['with a path', 'Host: localhost/m'],
    ['with a user', 'Host: user@localhost'],
    ['with a blank', 'Host: local host'],
    ['with a port that is none', 'Host: localhost:http'],
    ['with a port that no host has', 'Host: localhost:65536'],
    ['empty', 'Host: '],
    ['none', ''],
  ])('a Host that is %s is 400', async (_, host) => {
    await put('/m/d/hosted');
    expect((await send('DELETE /m/d/hosted', [], '', host)).status).toBe(400);
    expect(await read('/m/d/hosted')).toBe('old');
  });

  it.each(['Host: localhost:8080', 'Host: [::1]:80', 'Host: FILES.example.com', 'Host: 192.0.2.1'])(
    '%s is a host',
    async host => {
      expect((await send('OPTIONS /m/d', [], '', host)).status).toBe(200);
    },
  );

  it.each([
    ['gzip, chunked', 501],
    ['identity, chunked', 501],
    ['gzip', 400],
    ['chunked, chunked', 400],
  ])('Transfer-Encoding: %s is %i', async (coding, status) => {
    await put('/m/d/coded');
    const answer = await rawRequest(
      door.url,
      `${compose('PUT /m/d/coded', { ...basic(door.user, door.password), 'Transfer-Encoding': coding })}3\r\nnew\r\n0\r\n\r\n`,
    );
    expect(answer.status).toBe(status);
    expect(await read('/m/d/coded')).toBe('old');
  });

  it.each([
    ['Range', 'bytes=0-1', 'bytes=0-2'],
    ['If-Range', '"a"', '"b"'],
    ['If-Modified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 2094 08:49:37 GMT'],
    ['If-Unmodified-Since', 'Sun, 06 Nov 2094 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Content-Range', 'bytes 0-2/3', 'bytes 0-1/2'],
    ['Authorization', 'Basic eDp5', 'Basic eDp5'],
    ['X-OC-Mtime', '1', '2'],
    ['If', '(<urn:a>)', '(Not <urn:a>)'],
  ])('a second %s is 400', async (name, first, second) => {
    await put('/m/d/twice');
    const answer = await send('DELETE /m/d/twice', [`${name}: ${first}`, `${name}: ${second}`]);
    expect(answer.status).toBe(400);
    expect(await read('/m/d/twice')).toBe('old');
  });

  it.each(['gzip', 'br', 'gzip, identity', 'aws-chunked'])(
    'a body in Content-Encoding: %s is 415 for every method that takes one, and the answer says what would be taken',
    async coding => {
      await put('/m/d/packed');
      const body = gzipSync('new');
      const headers = { 'Content-Encoding': coding, 'Content-Type': 'application/xml' };
      for (const [method, path] of [
        ['PUT', '/m/d/packed'],
        ['MKCOL', '/m/d/folder'],
        ['PROPFIND', '/m/d/packed'],
        ['PROPPATCH', '/m/d/packed'],
        ['LOCK', '/m/d/packed'],
      ] as const) {
        const { status, headers: told } = await dav(method, path, headers, body);
        expect([method, status, told.get('accept-encoding')]).toEqual([method, 415, 'identity']);
      }
      expect(await read('/m/d/packed')).toBe('old');
    },
  );

  it('a body in no coding may say so', async () => {
    expect((await dav('PUT', '/m/d/plain', { 'Content-Encoding': 'identity' }, 'x')).status).toBe(201);
  });
});
