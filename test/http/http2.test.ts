import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/http/pipeline.ts';
import { eventually } from '../support/eventually.ts';
import type { FrontDoorOptions, FrontDoorTest } from '../support/front-door.ts';
import {
  answerOf,
  ask,
  begin,
  FLAG,
  FRAME,
  frame,
  headerBlock,
  openRaw,
  pseudo,
  startTlsDoor,
  tlsDoors,
} from '../support/http2.ts';
import { basic } from '../support/raw-http.ts';

const { doors, openDoor, sessionTo } = tlsDoors();

async function open(options?: FrontDoorOptions): Promise<{ door: FrontDoorTest; session: ClientHttp2Session }> {
  const door = await openDoor(options);
  return { door, session: await sessionTo(door) };
}

/** The protocol that the handshake chooses; undefined when there is none. */
async function alpn({ url }: FrontDoorTest, offered: string[]): Promise<string | false | null | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connectTls({
    host: hostname,
    port: Number(port),
    ALPNProtocols: offered,
    rejectUnauthorized: false,
  });
  socket.on('error', () => {});
  await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]);
  const chosen = socket.alpnProtocol;
  socket.destroy();
  return chosen;
}

const requestsOf = (door: FrontDoorTest) =>
  door.logged.map(line => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'request');

describe('HTTP/2 on the TLS listener', () => {
  it('is chosen by clients that offer it; others have HTTP/1.1 on the same port', async () => {
    const { door } = await open();
    expect(await alpn(door, ['h2', 'http/1.1'])).toBe('h2');
    expect(await alpn(door, ['http/1.1'])).toBe('http/1.1');
    const status = await new Promise(resolve =>
      requestHttps(`${door.url}/-/healthz`, { rejectUnauthorized: false, agent: false }, answer => {
        answer.resume();
        resolve([answer.statusCode, answer.httpVersion]);
      }).end(),
    );
    expect(status).toEqual([200, '1.1']);
  });

  it('is not offered where the configuration forbids it', async () => {
    const door = await startTlsDoor({ listen: { http2: false } });
    doors.push(door);
    expect(await alpn(door, ['h2', 'http/1.1'])).toBe('http/1.1');
  });

  it('serves what a client of WebDAV does', async () => {
    const { door, session } = await open();
    const scope = '<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>';
    const lockBody = `<D:lockinfo xmlns:D="DAV:">${scope}</D:lockinfo>`;
    expect((await ask(session, 'OPTIONS /m/')).headers.dav).toMatch(/^1, 2, 3/);
    expect((await ask(session, 'MKCOL /m/d')).status).toBe(201);
    expect((await ask(session, 'PUT /m/d/f', { body: 'text' })).status).toBe(201);
    const listed = await ask(session, 'PROPFIND /m/d', { depth: '1' });
    expect([listed.status, listed.body]).toEqual([207, expect.stringContaining('<D:href>/m/d/f</D:href>')]);
    const locked = await ask(session, 'LOCK /m/d/f', { body: lockBody });
    expect(locked.status).toBe(200);
    expect((await ask(session, 'PUT /m/d/f', { body: 'x' })).status).toBe(423);
    expect((await ask(session, 'UNLOCK /m/d/f', { 'lock-token': locked.headers['lock-token']! })).status).toBe(204);
    const destination = `${door.url}/m/d/g`;
    expect((await ask(session, 'MOVE /m/d/f', { destination })).status).toBe(201);
    expect((await ask(session, 'COPY /m/d/g', { destination: '/m/d/h' })).status).toBe(201);
    expect(await ask(session, 'GET /m/d/h', { range: 'bytes=1-2' })).toMatchObject({ status: 206, body: 'ex' });
    expect(await ask(session, 'DELETE /m/d')).toMatchObject({ status: 204, body: '', isWhole: true, code: 0 });
    expect((await ask(session, 'GET /m/d/h')).status).toBe(404);
  });

  it('HEAD, 204 and 304 have no body, and the length of HEAD is that of GET', async () => {
    const { door, session } = await open();
    await ask(session, 'PUT /m/f', { body: 'text' });
    const head = await ask(session, 'HEAD /m/f');
    expect(head).toMatchObject({ status: 200, body: '', isWhole: true, code: 0 });
    expect(head.headers['content-length']).toBe('4');
    const etag = head.headers.etag!;
    expect(await ask(session, 'GET /m/f', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '' });
    // An error has a text, but not for HEAD.
    expect(await ask(session, 'HEAD /m/f', {}, null)).toMatchObject({ status: 401, body: '', isWhole: true, code: 0 });
    expect(await ask(session, 'HEAD /m/none')).toMatchObject({ status: 404, body: '', isWhole: true, code: 0 });
    await eventually(() => expect(requestsOf(door)).toHaveLength(5));
    expect(requestsOf(door).map(({ bytesOut, aborted }) => [bytesOut, aborted])).toEqual(
      Array.from({ length: 5 }, () => [0, undefined]),
    );
  });

  it('requests of one connection do not wait for each other', async () => {
    const released = Promise.withResolvers<void>();
    const handle: Handle = async (request, response) => {
      if (request.url === '/m/slow') {
        await released.promise;
      }
      response.writeHead(200, { 'Content-Length': '0' }).end();
    };
    const { session } = await open({ pipeline: { handle } });
    const slow = ask(session, 'GET /m/slow');
    expect((await ask(session, 'GET /m/quick')).status).toBe(200);
    released.resolve();
    expect((await slow).status).toBe(200);
  });

  it('the Host of a request is its authority; another one beside it is ambiguous', async () => {
    const { door, session } = await open();
    const { host } = new URL(door.url);
    const statusWith = async (fields: Record<string, string>) => (await ask(session, 'PROPFIND /m/', fields)).status;
    expect(await statusWith({ ':authority': host, host })).toBe(207);
    expect(await statusWith({ host })).toBe(207);
    expect(await statusWith({ ':authority': host, host: 'elsewhere.example' })).toBe(400);
    // Malformed: it has no answer but a reset.
    expect(await statusWith({ ':authority': 'user@host' })).toBe(0);
    await ask(session, 'PUT /m/f', { body: 'x' });
    const foreign = { ':authority': 'dav.example', destination: 'https://dav.example/m/g' };
    expect((await ask(session, 'MOVE /m/f', foreign)).status).toBe(201);
    expect((await ask(session, 'MOVE /m/g', { destination: 'https://dav.example/m/h' })).status).toBe(502);
  });

  it.each([
    ['connection', 'close'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'websocket'],
    ['te', 'gzip'],
    ['Depth', '0'],
  ])('a request with %s: %s is malformed and reaches nobody', async (name, value) => {
    const { door } = await open();
    const raw = await openRaw(door);
    const authorization = basic(door.user, door.password).Authorization!;
    const block = headerBlock([...pseudo('MKCOL', '/m/d'), ['authorization', authorization], [name, value]]);
    raw.send(frame(FRAME.headers, FLAG.endStream | FLAG.endHeaders, 1, block));
    const reset = await raw.next(({ type }) => type === FRAME.reset);
    // PROTOCOL_ERROR.
    expect([reset.stream, reset.payload.readUInt32BE()]).toEqual([1, 1]);
    expect(requestsOf(door)).toEqual([]);
    raw.socket.destroy();
  });

  it('a header that must come once is refused when it comes twice', async () => {
    const { door } = await open();
    const raw = await openRaw(door);
    const authorization = basic(door.user, door.password).Authorization!;
    const twice = [['depth', '0'] as const, ['depth', '1'] as const];
    const block = headerBlock([...pseudo('PROPFIND', '/m/'), ['authorization', authorization], ...twice]);
    raw.send(frame(FRAME.headers, FLAG.endStream | FLAG.endHeaders, 1, block));
    await eventually(() => expect(requestsOf(door)).toMatchObject([{ status: 400, method: 'PROPFIND' }]));
    raw.socket.destroy();
  });

  it('a header may have any name, and come twice', async () => {
    const { door } = await open();
    const raw = await openRaw(door);
    const authorization = basic(door.user, door.password).Authorization!;
    const odd = ['constructor', 'constructor', '__proto__'].map(name => [name, 'x'] as const);
    const block = headerBlock([...pseudo('PROPFIND', '/m/'), ['authorization', authorization], ...odd]);
    raw.send(frame(FRAME.headers, FLAG.endStream | FLAG.endHeaders, 1, block));
    await eventually(() => expect(requestsOf(door)).toMatchObject([{ status: 207, method: 'PROPFIND' }]));
    raw.socket.destroy();
  });

  it('100 Continue comes when the checks have passed, and never before a refusal', async () => {
    const { door, session } = await open();
    const wait = async (headers: Record<string, string>) => {
      const expectation = { expect: '100-continue', 'content-length': '4', ...headers };
      const stream = begin(session, 'PUT /m/f', expectation);
      let isInvited = false;
      stream.once('continue', () => {
        isInvited = true;
        stream.end('text');
      });
      const { status } = await answerOf(stream);
      return [status, isInvited];
    };
    const user = basic(door.user, door.password) as Record<string, string>;
    expect(await wait({})).toEqual([401, false]);
    expect(await wait({ ...user, 'if-match': '"none"' })).toEqual([412, false]);
    expect(await wait(user)).toEqual([201, true]);
  });

  it('CONNECT is not served', async () => {
    const { door, session } = await open();
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'example.com:443' });
    const { status, headers } = await answerOf(stream.on('error', () => {}));
    expect(status).toBe(501);
    expect(requestsOf(door)).toMatchObject([{ id: headers['x-request-id'], method: 'CONNECT', status: 501 }]);
  });

  it('trusted proxies name the client', async () => {
    const { door, session } = await open({ listen: { trustedProxies: ['127.0.0.1'] } });
    await ask(session, 'PROPFIND /m/', { 'x-forwarded-for': '192.0.2.7', depth: '0' });
    await eventually(() => expect(requestsOf(door)).toMatchObject([{ ip: '192.0.2.7', http: '2.0', status: 207 }]));
  });

  it('the access log counts the bytes of the bodies, and names requests that were broken off', async () => {
    const { door, session } = await open();
    await ask(session, 'PUT /m/f', { body: 'x'.repeat(70_000) });
    await ask(session, 'GET /m/f');
    const raw = await openRaw(door);
    const authorization = basic(door.user, door.password).Authorization!;
    raw.send(
      frame(
        FRAME.headers,
        FLAG.endHeaders,
        1,
        headerBlock([...pseudo('PUT', '/m/g'), ['authorization', authorization]]),
      ),
      frame(FRAME.data, 0, 1, Buffer.from('half')),
      frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 8])),
    );
    await eventually(() => expect(requestsOf(door)).toHaveLength(3));
    const [put, get, broken] = requestsOf(door);
    expect(put).toMatchObject({ method: 'PUT', bytesIn: 70_000, bytesOut: 0, status: 201 });
    expect(get).toMatchObject({ method: 'GET', bytesIn: 0, bytesOut: 70_000, status: 200 });
    expect(put).not.toHaveProperty('aborted');
    expect(broken).toMatchObject({ method: 'PUT', aborted: true, abortedBy: 'client' });
    expect(broken).not.toHaveProperty('status');
  });

  it('the access log says which side has broken off a request', async () => {
    const entered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const handle: Handle = async (request, response) => {
      response.flushHeaders();
      entered[request.url === '/m/waits' ? 0 : 1]!.resolve();
      if (request.url === '/m/ours') {
        response.destroy();
      }
      await new Promise(resolve => response.once('close', resolve));
    };
    const { door, session } = await open({ pipeline: { handle }, server: { drainMs: 0 } });
    const user = basic(door.user, door.password) as Record<string, string>;
    const ended = async (line: string) => {
      const stream = begin(session, line, user);
      await new Promise(resolve => stream.once('close', resolve).resume());
    };
    await ended('GET /m/ours');
    const another = await sessionTo(door);
    begin(another, 'GET /m/waits', user);
    await entered[0]!.promise;
    another.destroy();
    await eventually(() => expect(requestsOf(door)).toHaveLength(2));
    entered[1] = Promise.withResolvers<void>();
    begin(session, 'GET /m/cut', user);
    await entered[1].promise;
    await door.stop();
    expect(requestsOf(door).map(({ path, abortedBy }) => [path, abortedBy])).toEqual([
      ['/m/ours', 'server'],
      ['/m/waits', 'client'],
      ['/m/cut', 'server'],
    ]);
  });
});
