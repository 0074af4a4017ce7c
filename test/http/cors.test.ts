import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { davClient } from '../support/dav-client.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { compose, rawRequest } from '../support/raw-http.ts';

const APP = 'https://app.example';

describe('pages of other origins', () => {
  let door: FrontDoorTest;

  afterEach(async () => {
    await door?.stop();
  });

  const start = async (cors: readonly string[], more: Parameters<typeof startFrontDoor>[0] = {}) => {
    door = await startFrontDoor({ listen: { cors }, ...more });
    return davClient(door);
  };
  const preflight = (headers: Record<string, string> = {}) =>
    fetch(`${door.url}/m/file`, {
      method: 'OPTIONS',
      headers: { Origin: APP, 'Access-Control-Request-Method': 'PROPFIND', ...headers },
    });
  const namesIn = (value: string | null) => (value ?? '').toLowerCase().split(', ');

  it('may do nothing unless they are configured', async () => {
    const dav = await start([]);
    expect((await preflight()).status).toBe(401);
    const { headers } = await dav('PROPFIND', '/m/', { Origin: APP });
    expect([...headers.keys()].filter(name => name.startsWith('access-control') || name === 'vary')).toEqual([
      ...(headers.has('vary') ? ['vary'] : []),
    ]);
    expect(namesIn(headers.get('vary'))).not.toContain('origin');
  });

  it('ask by a preflight, without credentials', async () => {
    await start([APP]);
    const answer = await preflight({ 'Access-Control-Request-Headers': 'authorization,depth' });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, APP]);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(namesIn(answer.headers.get('access-control-allow-methods'))).toEqual(
      expect.arrayContaining(['put', 'propfind', 'move', 'lock']),
    );
    expect(namesIn(answer.headers.get('access-control-allow-headers'))).toEqual(
      expect.arrayContaining(['authorization', 'depth', 'destination', 'if', 'if-match', 'lock-token', 'overwrite']),
    );
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0);
    expect(namesIn(answer.headers.get('vary'))).toContain('origin');
  });

  it('of an origin that is not in the list get no leave, and caches are told that others might', async () => {
    const dav = await start([APP]);
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null']) {
      const asked = await preflight({ Origin: origin });
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([401, null]);
      const { status, headers } = await dav('PROPFIND', '/m/', { Origin: origin });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([207, null]);
      expect(namesIn(headers.get('vary'))).toContain('origin');
    }
  });

  it('an OPTIONS that is no preflight needs credentials as ever', async () => {
    await start([APP]);
    expect((await fetch(`${door.url}/m/`, { method: 'OPTIONS', headers: { Origin: APP } })).status).toBe(401);
    const withoutOrigin = { 'Access-Control-Request-Method': 'PUT' };
    expect((await fetch(`${door.url}/m/`, { method: 'OPTIONS', headers: withoutOrigin })).status).toBe(401);
  });

  it('can read every answer, errors too, and the headers of WebDAV', async () => {
    const drive = withFaults(createMemoryDrive(), {
      quota: async () => {
        throw new Error('broken');
      },
    });
    const dav = await start([APP], { drive });
    const from = { Origin: APP };
    const quota = '<D:propfind xmlns:D="DAV:"><D:prop><D:quota-used-bytes/></D:prop></D:propfind>';
    const answers = [
      await dav('PUT', '/m/file', from, 'x'),
      await dav('GET', '/m/file', from),
      await dav('GET', '/m/none', from),
      await dav('GET', '/m/', from),
      await dav('PROPFIND', '/m/', { ...from, Depth: 'infinity' }),
      await dav('PROPFIND', '/m/', { ...from, Depth: '0', Authorization: 'Basic eDp5' }),
      await dav('PROPFIND', '/m/', { ...from, Depth: '0' }, quota),
      await dav('GET', `/${'x'.repeat(9000)}`, from),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 404, 405, 403, 401, 500, 414]);
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(APP);
      expect(namesIn(headers.get('access-control-expose-headers'))).toEqual(
        expect.arrayContaining(['dav', 'etag', 'content-range', 'lock-token', 'location', 'preference-applied']),
      );
      expect(namesIn(headers.get('vary'))).toContain('origin');
    }
  });

  it('can read what is answered before anybody has looked at the request', async () => {
    const user = { refused: 'busy', retryAfterSeconds: 7 } as const;
    const connections = { max: 0, maxPerAddress: 0, reserve: 9 };
    const ask = async (line: string, headers: Record<string, string> = {}) => {
      const text = compose(line, { Origin: APP, ...headers });
      const { status, headers: found } = await rawRequest(door.url, text);
      return [status, found['access-control-allow-origin'], found.vary?.includes('Origin')];
    };
    await start([APP], { pipeline: { identify: async () => user } });
    const twice = `GET /m/ HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: ${APP}\r\n\r\n`;
    expect((await rawRequest(door.url, twice)).headers['access-control-allow-origin']).toBe(APP);
    expect(await ask('GET /m/')).toEqual([503, APP, true]);
    expect(await ask('GET /m/', { 'X-Long': 'x'.repeat(70_000) })).toEqual([431, APP, true]);
    expect(await ask('NONSENSE /m/')).toEqual([501, APP, true]);
    expect(await ask('GET /m/', { 'X-Bad': 'a\0b' })).toEqual([400, APP, true]);
    expect(await ask('NONSENSE /m/', { Origin: 'https://evil.example' })).toEqual([501, undefined, true]);
    await door.stop();
    await start([APP], { server: { headersTimeoutMs: 300 } });
    const slow = await rawRequest(door.url, 'GET /m/ HTTP/1.1\r\nHost: a');
    expect([slow.status, slow.headers['access-control-allow-origin']]).toEqual([408, APP]);
    await door.stop();
    await start([APP], { server: { connections } });
    expect(await ask('GET /m/')).toEqual([503, APP, true]);
    expect(await ask('GET /-/healthz')).toEqual([200, APP, true]);
    await door.stop();
    await start(['*'], { server: { connections } });
    expect(await ask('GET /m/')).toEqual([503, '*', true]);
  });

  it('are not told of where none is configured', async () => {
    await start([]);
    const { text } = await rawRequest(door.url, compose('NONSENSE /m/', { Origin: APP }));
    expect(text.replace(/X-Request-Id: [\da-f-]{36}/, 'X-Request-Id: ID')).toBe(
      'HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\nX-Request-Id: ID\r\n\r\n',
    );
  });

  it('leave the other words of Vary as they are', async () => {
    const dav = await start([APP]);
    expect(namesIn((await dav('GET', '/m/', { Origin: APP, Accept: 'text/html' })).headers.get('vary'))).toEqual(
      expect.arrayContaining(['accept', 'accept-encoding', 'origin']),
    );
  });

  it('are all allowed by "*", without the password that the browser has stored', async () => {
    const dav = await start(['*']);
    for (const origin of ['null', 'https://any.example']) {
      const asked = await preflight({ Origin: origin });
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
      expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
      const { headers } = await dav('PROPFIND', '/m/', { Origin: origin });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});
