import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { lockInfo } from '../support/locks.ts';
import { outcomes, proppatch, set, textOf } from '../support/properties.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let dav: Dav;
let files = 0;

beforeAll(async () => {
  server = await startTestServer();
  dav = davClient(server);
});
afterAll(async () => {
  await server?.stop();
});

/** A file of its own. */
async function file(content = 'content', name = 'file'): Promise<string> {
  files += 1;
  const path = `/ada/${files}-${name}`;
  await dav('PUT', path, {}, content);
  return path;
}

const chunked = (line: string, chunks: string, headers: Record<string, string> = {}) =>
  rawRequest(
    server.url,
    compose(line, {
      ...basic(server.user, server.password),
      'Transfer-Encoding': 'chunked',
      Connection: 'close',
      ...headers,
    }) + chunks,
    () => false,
  );

describe('E MKCOL with a chunked body', () => {
  it('that is empty makes a folder, as without one', async () => {
    expect((await chunked('MKCOL /ada/chunked', '0\r\n\r\n')).status).toBe(201);
    expect((await chunked('MKCOL /ada/chunked', '0\r\n\r\n')).status).toBe(405);
    expect((await chunked('MKCOL /ada/typed', '0\r\n\r\n', { 'Content-Type': 'text/plain' })).status).toBe(201);
  });

  it('that is not understood is 415, and makes none', async () => {
    expect((await chunked('MKCOL /ada/refused', '1\r\nx\r\n0\r\n\r\n', { 'Content-Type': 'text/plain' })).status).toBe(
      415,
    );
    expect((await dav('PROPFIND', '/ada/refused', { Depth: '0' })).status).toBe(404);
  });
});

describe('E a body where none belongs (RFC 4918 §8.4)', () => {
  it.each(['COPY', 'MOVE', 'DELETE'])(
    '%s with one is 415 and does nothing; with an empty chunked one it is done',
    async method => {
      const path = await file();
      const headers = { Destination: `${path}-to`, 'Content-Type': 'text/plain' };
      expect((await dav(method, path, headers, 'what is this')).status).toBe(415);
      expect((await dav('GET', path)).text).toBe('content');
      const done = await chunked(`${method} ${path}`, '0\r\n\r\n', { Destination: `${path}-to` });
      expect(done.status).toBeLessThan(300);
    },
  );

  it('UNLOCK with one is 415, and the lock stays', async () => {
    const path = await file();
    const token = (await dav('LOCK', path, {}, lockInfo())).headers.get('lock-token')!;
    expect((await dav('UNLOCK', path, { 'Lock-Token': token }, 'x')).status).toBe(415);
    expect((await dav('UNLOCK', path, { 'Lock-Token': token })).status).toBe(204);
  });

  it.each(['COPY', 'MOVE'])('%s with the propertybehavior of RFC 2518 is done', async method => {
    const path = await file();
    const body = '<D:propertybehavior xmlns:D="DAV:"><D:keepalive>*</D:keepalive></D:propertybehavior>';
    const headers = { Destination: `${path}-to`, 'Content-Type': 'application/xml' };
    expect((await dav(method, path, headers, body)).status).toBe(201);
    expect((await dav('GET', `${path}-to`)).text).toBe('content');
  });
});

describe('E reads', () => {
  it.each(['bytes=0-', 'bytes=0-0', 'bytes=5-', 'bytes=-3'])('Range: %s of an empty file is 200', async Range => {
    const path = await file('');
    const { status, headers, text } = await dav('GET', path, { Range });
    expect([status, headers.get('content-length'), headers.get('content-range'), text]).toEqual([200, '0', null, '']);
  });

  it('a range behind the end of one that is not empty is still 416', async () => {
    expect((await dav('GET', await file(), { Range: 'bytes=99-' })).status).toBe(416);
  });

  it('304 says what 200 says of keeping it', async () => {
    const path = await file();
    const { headers } = await dav('GET', path);
    const unchanged = await dav('GET', path, { 'If-None-Match': headers.get('etag')! });
    expect([unchanged.status, unchanged.headers.get('cache-control')]).toEqual([304, headers.get('cache-control')]);
    expect(headers.get('cache-control')).toBeTruthy();
  });

  it('the language that was set is sent, and nothing that is none', async () => {
    const path = await file();
    expect((await dav('GET', path)).headers.get('content-language')).toBeNull();
    await proppatch(dav, path, set('<D:getcontentlanguage>de-CH, en</D:getcontentlanguage>'));
    for (const method of ['GET', 'HEAD']) {
      expect((await dav(method, path)).headers.get('content-language')).toBe('de-CH, en');
    }
    await proppatch(dav, path, set('<D:getcontentlanguage>de&#13;&#10;X-Evil: 1</D:getcontentlanguage>'));
    const { status, headers } = await dav('GET', path);
    expect([status, headers.get('content-language'), headers.get('x-evil')]).toEqual([200, null, null]);
  });
});

describe('E tags to which a server in front has added its coding', () => {
  it.each(['-gzip', '--gzip', '-br', '-zstd'])('"TAG%s" is the tag', async suffix => {
    const path = await file();
    const tag = async () => (await dav('HEAD', path)).headers.get('etag')!.replace(/"$/, `${suffix}"`);
    expect((await dav('GET', path, { 'If-None-Match': await tag() })).status).toBe(304);
    expect((await dav('GET', path, { 'If-Range': await tag(), Range: 'bytes=0-1' })).status).toBe(206);
    expect((await dav('PUT', path, { 'If-Match': await tag() }, 'by If-Match')).status).toBe(204);
    expect((await dav('PUT', path, { If: `([${await tag()}])` }, 'by If')).status).toBe(204);
    const stale = await tag();
    await dav('PUT', path, {}, 'meanwhile');
    expect((await dav('PUT', path, { 'If-Match': stale }, 'lost')).status).toBe(412);
    expect((await dav('GET', path)).text).toBe('meanwhile');
  });
});

describe('E the URL of a collection', () => {
  it.each(['PUT', 'LOCK'])('%s of a name that ends with a slash makes no file: 409', async method => {
    const body = method === 'PUT' ? 'x' : lockInfo();
    expect((await dav(method, '/ada/new/', {}, body)).status).toBe(409);
    expect((await dav('PROPFIND', '/ada/new', { Depth: '0' })).status).toBe(404);
  });

  it('of a file that is there is not written over, and that of a folder is 405', async () => {
    const path = await file();
    expect((await dav('PUT', `${path}/`, {}, 'x')).status).toBe(409);
    expect((await dav('GET', path)).text).toBe('content');
    await dav('MKCOL', '/ada/there');
    expect((await dav('PUT', '/ada/there/', {}, 'x')).status).toBe(405);
  });
});

describe('C10 times', () => {
  const modified = async (path: string) => Date.parse((await dav('HEAD', path)).headers.get('last-modified')!) / 1000;

  it.each([0, 1, -1, -315_619_200, -11_644_473_600, 4_102_444_800])(
    'X-OC-Mtime: %i is accepted and kept',
    async seconds => {
      const path = await file();
      const answer = await dav('PUT', path, { 'X-OC-Mtime': String(seconds), 'X-OC-CTime': String(seconds) }, 'x');
      expect([answer.headers.get('x-oc-mtime'), answer.headers.get('x-oc-ctime')]).toEqual(['accepted', 'accepted']);
      expect(Date.parse(answer.headers.get('last-modified')!) / 1000).toBe(seconds);
      expect(await modified(path)).toBe(seconds);
      const moved = await dav('MOVE', path, { Destination: `${path}-moved`, 'X-OC-Mtime': String(seconds) });
      expect([moved.status, moved.headers.get('x-oc-mtime')]).toEqual([201, 'accepted']);
      expect(await modified(`${path}-moved`)).toBe(seconds);
    },
  );

  it.each(['-11644473601', '253402300800', '1e3', 'soon', ''])(
    'X-OC-Mtime: %s cannot be kept, and is not accepted',
    async value => {
      const { status, headers } = await dav('PUT', await file(), { 'X-OC-Mtime': value }, 'x');
      expect([status, headers.get('x-oc-mtime')]).toEqual([204, null]);
    },
  );

  it.each([
    ['getlastmodified', 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['getlastmodified', 'Wed, 31 Dec 1969 23:59:59 GMT', -1],
    ['getlastmodified', '1960-01-01T01:00:00+01:00', -315_619_200],
    ['getlastmodified', '2024-02-29T00:00:00Z', 1_709_164_800],
    ['lastmodified', '-1', -1],
  ])('PROPPATCH of %s to %s is kept', async (name, value, seconds) => {
    const path = await file();
    expect(Object.keys(outcomes(await proppatch(dav, path, set(`<D:${name}>${value}</D:${name}>`))))).toEqual(['200']);
    expect(await modified(path)).toBe(seconds);
  });

  it.each([
    'Fri, 30 Feb 2024 00:00:00 GMT',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-01T24:00:00Z',
    'Mon, 01 Jan 2024 00:61:00 GMT',
    '0001-01-01T00:00:00Z',
  ])('PROPPATCH to %s, which is on no calendar or cannot be kept, is 409 and changes nothing', async value => {
    const path = await file();
    const before = await textOf(dav, path, '<D:getlastmodified/>');
    for (const name of ['getlastmodified', 'creationdate']) {
      const answer = await proppatch(dav, path, set(`<D:${name}>${value}</D:${name}>`));
      expect(outcomes(answer)).toEqual({ 409: [`DAV: ${name}`] });
    }
    expect(await textOf(dav, path, '<D:getlastmodified/>')).toBe(before);
  });
});

describe('D15 what a browser may do with a file', () => {
  it.each([
    ['film.mp4', "media-src 'self'", false],
    ['sound.mp3', "media-src 'self'", false],
    ['picture.png', "img-src 'self'", false],
    ['paper.pdf', "object-src 'self'", false],
    ['drawing.svg', "sandbox; default-src 'none'", true],
    ['page.html', "sandbox; default-src 'none'", true],
    ['page.xhtml', "sandbox; default-src 'none'", true],
    ['data.xml', "sandbox; default-src 'none'", true],
    ['script.js', "sandbox; default-src 'none'", true],
  ])('%s: %s', async (name, directive, isSandboxed) => {
    const path = await file('x', name);
    const policy = (await dav('GET', path)).headers.get('content-security-policy')!;
    expect(policy).toContain(directive);
    expect(policy).toContain("default-src 'none'");
    expect(policy.includes('sandbox')).toBe(isSandboxed);
    expect(policy).not.toContain('script-src');
  });
});

describe('E a client that goes away', () => {
  it.each([
    ['in the middle of its upload', (path: string) => `PUT ${path}`, 'Content-Length: 1000000\r\n\r\nbegun'],
    [
      'in the middle of its chunks',
      (path: string) => `PUT ${path}`,
      'Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n',
    ],
    ['in the middle of its XML', (path: string) => `PROPFIND ${path}`, 'Content-Length: 1000\r\n\r\n<D:propfind'],
  ])('%s is no error of ours: its line says that it was aborted', async (_, lineFor, rest) => {
    const path = await file('old');
    const { hostname, port } = new URL(server.url);
    const before = server.logged.length;
    const socket = connect(Number(port), hostname).on('error', () => {});
    const { Authorization } = basic(server.user, server.password);
    socket.write(`${lineFor(path)} HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\n${rest}`, () =>
      setImmediate(() => socket.resetAndDestroy()),
    );
    const lines = () => server.logged.slice(before).map(line => JSON.parse(line));
    await eventually(() => expect(lines().some(({ msg, aborted }) => msg === 'request' && aborted)).toBe(true));
    expect(lines().filter(({ level }) => level === 'error' || level >= 50)).toEqual([]);
    expect((await dav('GET', path)).text).toBe('old');
  });
});
