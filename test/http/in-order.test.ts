import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import type { Handle } from '../../src/http/pipeline.ts';
import { davClient } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

/** All answers on one connection: everything that comes until the server closes it, or `count` of them have come. */
async function statusesOf(url: string, bytes: string, count: number): Promise<number[]> {
  const statuses = (text: string) => [...text.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1]));
  const { text } = await rawRequest(url, bytes, sofar => statuses(sofar).length >= count && sofar.endsWith('\r\n\r\n'));
  return statuses(text);
}

describe('C9 carries out the requests of one connection in order', () => {
  let door: FrontDoorTest;
  const log: string[] = [];

  /** Each change takes many turns of the event loop, the first one most. */
  const slow = <T>(name: string, turns: number, work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      log.push(`${name} begins`);
      const wait = (left: number) => {
        if (left > 0) {
          setImmediate(wait, left - 1);
          return;
        }
        log.push(`${name} ends`);
        work().then(resolve, reject);
      };
      wait(turns);
    });

  beforeAll(async () => {
    const drive = createMemoryDrive();
    const write = drive.write.bind(drive);
    const remove = drive.remove.bind(drive);
    drive.write = (path, body, options) => slow('write', 200, () => write(path, body, options));
    drive.remove = (path, options) => slow('remove', 1, () => remove(path, options));
    door = await startFrontDoor({ drive });
  });
  afterAll(async () => {
    await door?.stop();
  });

  const request = (line: string, body = '', headers: Record<string, string> = {}) =>
    compose(line, { ...basic(door.user, door.password), ...headers }, body);

  it('a DELETE waits for the PUT before it', async () => {
    const dav = davClient(door);
    const bytes =
      request('PUT /m/x', 'content') + request('DELETE /m/x') + request('GET /m/x', '', { Connection: 'close' });
    log.length = 0;
    expect(await statusesOf(door.url, bytes, 3)).toEqual([201, 204, 404]);
    expect(log).toEqual(['write begins', 'write ends', 'remove begins', 'remove ends']);
    expect((await dav('GET', '/m/x')).status).toBe(404);
  });

  it('a GET sees what the PUT before it has stored, and so does a PUT with a condition', async () => {
    const bytes =
      request('PUT /m/y', 'first') +
      request('PUT /m/y', 'second', { 'If-None-Match': '*' }) +
      request('GET /m/y', '', { Connection: 'close' });
    const { text } = await rawRequest(door.url, bytes, sofar => sofar.endsWith('first'));
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1])).toEqual(['201', '412', '200']);
    expect(text.endsWith('first')).toBe(true);
  });

  it.each([
    ['what is no request', 'NONSENSE\r\n\r\n', 400],
    ['a method that node does not know', compose('FROBNICATE /m/z'), 501],
    ['a head that is too long', compose('GET /m/z', { 'X-Long': 'x'.repeat(70_000) }), 431],
    ['two lengths', 'PUT /m/z HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
  ])('%s never takes over the answer of the request before it', async (_, garbage, status) => {
    const answers = await rawRequest(door.url, request('PUT /m/z', 'content') + garbage, () => false);
    const seen = [...answers.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1]));
    expect([seen[0]! < 300, seen.slice(1)]).toEqual([true, [status]]);
  });

  it('goes on with others while a client has sent thousands of requests ahead', async () => {
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let served = 0;
    const handle: Handle = async (incoming, response) => {
      served += 1;
      if (incoming.url === '/m/slow') {
        entered.resolve();
        await released.promise;
      }
      response.writeHead(200, { 'Content-Length': '0' }).end();
    };
    const other = await startFrontDoor({ pipeline: { handle } });
    const authorized = basic(other.user, other.password);
    const { hostname, port } = new URL(other.url);
    const greedy = connect(Number(port), hostname).on('error', () => {});
    greedy.write(compose('GET /m/slow', authorized) + compose('GET /m/more', authorized).repeat(2_000));
    await entered.promise;
    expect((await rawRequest(other.url, compose('GET /m/other', authorized))).status).toBe(200);
    expect(served).toBe(2);
    released.resolve();
    greedy.destroy();
    await other.stop();
  });

  it('does nothing any more for a client that has gone while it waited', async () => {
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const served: string[] = [];
    const handle: Handle = async (incoming, response) => {
      served.push(incoming.url!);
      entered.resolve();
      await released.promise;
      response.end();
    };
    const other = await startFrontDoor({ pipeline: { handle } });
    const authorized = basic(other.user, other.password);
    const { hostname, port } = new URL(other.url);
    const client = connect(Number(port), hostname).on('error', () => {});
    client.write(compose('GET /m/first', authorized) + compose('DELETE /m/second', authorized));
    await entered.promise;
    client.resetAndDestroy();
    released.resolve();
    await other.stop();
    expect(served).toEqual(['/m/first']);
  });
});

describe('C9 a body that cannot be read', () => {
  const BROKEN = ['+3\r\nnew\r\n0\r\n\r\n', '0x3\r\nnew\r\n0\r\n\r\n', '3\r\nnewX\r\n0\r\n\r\n', '3\nnew\n0\n\n'];

  it.each(BROKEN)('is 400 at once, changes nothing, and does not wait for what never comes: %j', async body => {
    const door = await startFrontDoor();
    const dav = davClient(door);
    await dav('PUT', '/m/x', {}, 'old');
    for (const line of ['PUT /m/x', 'PROPFIND /m/x', 'DELETE /m/x']) {
      const head = compose(line, { ...basic(door.user, door.password), 'Transfer-Encoding': 'chunked' });
      expect([line, (await rawRequest(door.url, head + body)).status]).toEqual([line, 400]);
    }
    expect((await dav('GET', '/m/x')).text).toBe('old');
    await door.stop();
  });

  it('leaves the answers of whole requests before it', async () => {
    const door = await startFrontDoor();
    const fields = basic(door.user, door.password);
    const broken = compose('PUT /m/x', { ...fields, 'Transfer-Encoding': 'chunked' }) + BROKEN[0];
    const bytes = compose('PUT /m/a', fields, 'a') + compose('DELETE /m/a', fields) + broken;
    expect(await statusesOf(door.url, bytes, 3)).toEqual([201, 204, 400]);
    await door.stop();
  });
});

describe('E requests that cannot be read', () => {
  it.each([
    ['FROBNICATE /m/x HTTP/1.1', 501],
    ['PROPFINDX /m/x HTTP/1.1', 501],
    ['SEARCH /m/x HTTP/1.1', 501],
    ['CONNECT elsewhere:443 HTTP/1.1', 501],
    ['(x) /m/x HTTP/1.1', 400],
    ['\u0016\u0003\u0001 hello', 400],
    ['GET /m/x HTTP/9.9', 400],
  ])('%s is %i', async (line, status) => {
    const door = await startFrontDoor();
    const head = `${line}\r\nHost: localhost\r\nAuthorization: ${basic(door.user, door.password).Authorization}\r\n\r\n`;
    expect((await rawRequest(door.url, head)).status).toBe(status);
    await door.stop();
  });

  it('leave a line in the log, with the address and without a word of theirs', async () => {
    const door = await startFrontDoor();
    const answer = await rawRequest(door.url, 'SECRET nonsense\r\n\r\n');
    await door.stop();
    const lines = door.logged.map(line => JSON.parse(line)).filter(({ code }) => code !== undefined);
    expect(lines).toMatchObject([{ level: 'info', status: 400, code: 'HPE_INVALID_METHOD', ip: '127.0.0.1' }]);
    expect(lines[0].cause).toMatch(/\w+ method/i);
    expect(answer.headers['x-request-id']).toBe(lines[0].id);
    expect(door.logged.join('')).not.toContain('SECRET');
  });

  it('CONNECT leaves a line with the id of its answer', async () => {
    const door = await startFrontDoor();
    const answer = await rawRequest(door.url, 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n');
    await door.stop();
    const id = answer.headers['x-request-id'];
    expect(id).toMatch(/^[\da-f-]{36}$/);
    const lines = door.logged.map(line => JSON.parse(line));
    expect(lines).toMatchObject([{ msg: 'request', id, method: 'CONNECT', status: 501, ip: '127.0.0.1' }]);
  });

  it('more requests than may wait on a connection end it, with one line', async () => {
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const handle: Handle = async (_incoming, response) => {
      entered.resolve();
      await released.promise;
      response.destroy();
    };
    const door = await startFrontDoor({ pipeline: { handle } });
    const { hostname, port } = new URL(door.url);
    const greedy = connect(Number(port), hostname).on('error', () => {});
    const closed = new Promise(resolve => greedy.once('close', resolve));
    const one = compose('GET /m/more', basic(door.user, door.password));
    greedy.write(one);
    await entered.promise;
    greedy.resume().write(one.repeat(6_000));
    await closed;
    released.resolve();
    await door.stop();
    const lines = door.logged.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    const cut = lines.filter(({ cause }) => cause !== undefined);
    expect(cut).toMatchObject([{ method: 'GET', path: '/m/more', aborted: true, abortedBy: 'server' }]);
    expect(cut[0].status).toBeUndefined();
  });

  it.each(['PUT', 'PROPFIND'])('HTTP/1.0 gets no 100 Continue, which it does not know: %s', async method => {
    const door = await startFrontDoor();
    const fields = { ...basic(door.user, door.password), Expect: '100-continue', Depth: '0' };
    const bytes = compose(`${method} /m/x`, fields, method === 'PUT' ? 'x' : '').replace('HTTP/1.1', 'HTTP/1.0');
    const { text } = await rawRequest(door.url, bytes, () => false);
    expect(text).toMatch(/^HTTP\/1\.1 (201|404)/);
    await door.stop();
  });
});
