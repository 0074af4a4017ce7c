import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { eventually } from '../support/eventually.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorOptions, type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

type Line = Record<string, unknown>;

const linesOf = (door: FrontDoorTest) => door.logged.map(line => JSON.parse(line) as Line);

/** Sends one request to a server of its own; returns its answer and all that was logged. */
async function logOf(line: string, headers: Record<string, string>, options: FrontDoorOptions = {}) {
  const door = await startFrontDoor(options);
  const answer = await rawRequest(door.url, compose(line, { ...basic(door.user, door.password), ...headers }));
  await door.stop();
  const lines = linesOf(door);
  return { answer, lines, access: lines.find(({ msg }) => msg === 'request')! };
}

describe('the line of a request', () => {
  it('names the mount, the depth and how many entries were answered', async () => {
    const { access } = await logOf('PROPFIND /M/', { Depth: '1' });
    expect(access).toMatchObject({ user: 'user', mount: 'm', depth: '1', entries: 1, status: 207 });
  });

  it('has the path of a destination, without its host and its query', async () => {
    const { access } = await logOf('MOVE /m/a', { Destination: 'http://user:secret@localhost/m/b%20c?x=secret' });
    expect(access.destination).toBe('/m/b%20c');
  });

  it.each([
    ['a wrong password', basic('eve', 'wrong'), { refused: 'wrong', door: 'basic', attempted: 'eve' }],
    ['no password', { Authorization: '' }, { refused: 'missing' }],
    ['a token that no door takes', { Authorization: 'Bearer abcdefgh' }, { refused: 'missing', door: 'basic' }],
  ])('says how somebody tried to come in with %s', async (_what, headers, expected) => {
    const { access } = await logOf('GET /m/', headers);
    expect(access).toMatchObject({ status: 401, ...expected });
    expect(JSON.stringify(access)).not.toMatch(/abcdefgh|"wrong:/);
  });

  it('says why a drive has failed, in the words of the log; the client gets plain ones', async () => {
    const origin = Object.assign(new Error('AADSTS7000222: expired'), { codes: ['aadsts7000222'], requestId: 'r-1' });
    const drive = withFaults(createMemoryDrive(), {
      stat: () => Promise.reject(new DriveError('unavailable', 'AADSTS7000222 of contoso', { cause: origin })),
    });
    const { answer, lines, access } = await logOf('GET /m/x', {}, { drive });
    expect(answer.status).toBe(503);
    expect(answer.body).toMatch(/^this place cannot be reached now/);
    expect(answer.body).not.toMatch(/AADSTS|contoso/);
    expect(access).toMatchObject({ status: 503, cause: 'unavailable' });
    const why = lines.find(({ msg }) => msg === 'could not serve a request')!;
    expect(why).toMatchObject({
      id: access.id,
      cause: 'AADSTS7000222 of contoso',
      codes: ['aadsts7000222'],
      requestId: 'r-1',
    });
    expect(answer.headers['x-request-id']).toBe(access.id);
  });

  it('says who has ended the connection', async () => {
    const entered = Promise.withResolvers<void>();
    const door = await startFrontDoor({
      pipeline: {
        handle: async (request, response) => {
          response.flushHeaders();
          if (request.url === '/m/ours') {
            response.destroy();
          }
          entered.resolve();
        },
      },
    });
    await rawRequest(door.url, compose('GET /m/ours', basic(door.user, door.password)));
    const { hostname, port } = new URL(door.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write(compose('GET /m/theirs', basic(door.user, door.password)));
    socket.once('data', () => socket.resetAndDestroy());
    await eventually(() => expect(linesOf(door)).toHaveLength(2));
    await door.stop();
    expect(linesOf(door).map(({ path, abortedBy }) => [path, abortedBy])).toEqual([
      ['/m/ours', 'server'],
      ['/m/theirs', 'client'],
    ]);
  });

  it('of the account pages is written like any other', async () => {
    const pages = async (_request: unknown, response: ServerResponse) => void response.writeHead(200).end();
    expect(
      (await logOf('GET /-/account', {}, { pipeline: { pages: { answer: pages, signInAt: () => undefined } } })).access,
    ).toMatchObject({ level: 'info' });
  });

  it.each(['/-/healthz', '/-/metrics'])('of a probe is written at debug: %s', async path => {
    expect((await logOf(`GET ${path}`, {})).access.level).toBe('debug');
  });
});

describe('the id of a request', () => {
  const TRUSTING = { listen: { trustedProxies: ['127.0.0.1'] } };

  it('is that of a trusted proxy, and goes back', async () => {
    const { access, answer } = await logOf('GET /m/', { 'X-Request-Id': 'abc-1' }, TRUSTING);
    expect([access.id, answer.headers['x-request-id']]).toEqual(['abc-1', 'abc-1']);
  });

  it.each([
    ['of anybody else', 'abc-1', {}],
    ['with a space', 'a b', TRUSTING],
    ['that is too long', 'a'.repeat(129), TRUSTING],
  ])('is never one %s', async (_what, id, options) => {
    expect((await logOf('GET /m/', { 'X-Request-Id': id }, options)).access.id).toMatch(/^[\da-f-]{36}$/);
  });

  it('is on the lines of credentials that were refused', async () => {
    const { lines } = await logOf('GET /m/', basic('eve', 'wrong'));
    expect(lines.map(({ msg }) => msg)).toEqual(['audit: credentials-refused', 'request']);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(1);
  });
});
