import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, hrefsOf } from '../support/dav-client.ts';
import { davThrough } from '../support/dav-through.ts';
import { type FrontDoorOptions, type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { activeLocks, failedConditions, lockInfo } from '../support/locks.ts';

/** A client whose requests come with more headers: those of the proxy in front of us. */
const through = (door: FrontDoorTest, headers: Record<string, string>, password = door.password): Dav =>
  davThrough({ ...door, password }, { headers });

const hrefs = async (dav: Dav, path: string) => hrefsOf((await dav('PROPFIND', path, { Depth: '1' })).text);

describe('behind a proxy that takes the prefix off', () => {
  const publicUrls = ['https://files.example.com/cloud/dav', 'https://plain.example.com', 'http://10.1.1.1:8000/lan/'];
  let door: FrontDoorTest;
  let count = 0;

  beforeAll(async () => {
    door = await startFrontDoor({ publicUrls, listen: { trustedProxies: ['127.0.0.1'] } });
  });
  afterAll(async () => {
    await door?.stop();
  });

  const ways: [title: string, headers: Record<string, string>, prefix: string][] = [
    ['the Host header is that of a public URL', { Host: 'files.example.com' }, '/cloud/dav'],
    ['the Host header is that of another public URL', { Host: 'plain.example.com:443' }, ''],
    ['the Host header has a port', { Host: '10.1.1.1:8000' }, '/lan'],
    ['X-Forwarded-Host names a public URL', { 'X-Forwarded-Host': 'Files.Example.com' }, '/cloud/dav'],
    ['Forwarded names a public URL', { Forwarded: 'for=1.1.1.1;host="10.1.1.1:8000"' }, '/lan'],
    ['X-Forwarded-Prefix says so', { 'X-Forwarded-Prefix': '/x%20y/<&>', Host: 'any.example' }, '/x%20y/%3C%26%3E'],
    ['nothing says so', { Host: 'any.example' }, ''],
  ];

  describe.each(ways)('where %s', (_title, headers, prefix) => {
    const host = headers['X-Forwarded-Host'] ?? /host="([^"]+)/.exec(headers.Forwarded ?? '')?.[1] ?? headers.Host!;
    let dav: Dav;

    beforeAll(() => {
      dav = through(door, headers);
    });

    async function file(): Promise<string> {
      count += 1;
      expect((await dav('PUT', `/m/file%20${count}`, {}, 'text')).status).toBe(201);
      return `/m/file%20${count}`;
    }

    it('hrefs begin with the prefix', async () => {
      const path = await file();
      expect(await hrefs(dav, '/')).toEqual([`${prefix}/`, `${prefix}/m/`]);
      expect(await hrefs(dav, '/m')).toContain(`${prefix}${path}`);
    });

    it('a Destination may have the prefix and the public host, with either scheme, or be stripped', async () => {
      const path = await file();
      const move = async (from: string, to: string) => (await dav('MOVE', from, { Destination: to })).status;
      expect(await move(path, `https://${host}${prefix}${path}-1`)).toBe(201);
      expect(await move(`${path}-1`, `http://${host}${prefix}${path}-2`)).toBe(201);
      expect(await move(`${path}-2`, `${prefix}${path}-3`)).toBe(201);
      expect(await move(`${path}-3`, `https://${host}${path}-4`)).toBe(201);
      expect(await move(`${path}-4`, `https://elsewhere.example.com${prefix}${path}`)).toBe(502);
      expect((await dav('HEAD', `${path}-4`)).status).toBe(200);
    });

    it('locks are told, and taken, with the prefix', async () => {
      const path = await file();
      const [lock] = activeLocks((await dav('LOCK', path, {}, lockInfo())).text);
      expect(lock!.root).toEqual([`${prefix}${path}`]);
      expect(failedConditions(await dav('DELETE', path)).hrefs).toEqual([`${prefix}${path}`]);
      const remove = (resource: string) => dav('DELETE', path, { If: `<${resource}> (<${lock!.token}>)` });
      expect((await remove(`https://${host}${prefix}/m/other`)).status).toBe(412);
      expect((await remove(`https://${host}${prefix}${path}`)).status).toBe(204);
    });
  });

  it('a lock that was taken under one URL is reported under the URL of the next client', async () => {
    const inside = through(door, { Host: '10.1.1.1:8000' });
    const outside = through(door, { Host: 'files.example.com' });
    await inside('LOCK', '/m/shared', {}, lockInfo());
    expect(failedConditions(await outside('PUT', '/m/shared', {}, 'x')).hrefs).toEqual(['/cloud/dav/m/shared']);
  });
});

describe('the headers of a proxy that is not trusted', () => {
  it('changes no href and opens no host', async () => {
    await using server = await started({ listen: { trustedProxies: ['192.0.2.1'] } });
    const dav = through(server.door, { 'X-Forwarded-Prefix': '/evil', 'X-Forwarded-Host': 'files.example.com' });
    expect(await hrefs(dav, '/')).toEqual(['/', '/m/']);
    await dav('PUT', '/m/file', {}, 'x');
    expect((await dav('MOVE', '/m/file', { Destination: 'https://files.example.com/m/x' })).status).toBe(502);
  });
});

describe('the address of the client', () => {
  const trusted = { listen: { trustedProxies: ['127.0.0.0/8'] } };

  const addressesIn = (logged: readonly string[]) =>
    logged.map(line => JSON.parse(line)).flatMap(({ msg, ip }) => (msg === 'request' ? [ip] : []));

  it('is in the access log, as a trusted proxy tells it', async () => {
    await using server = await started(trusted);
    const { door } = server;
    await through(door, { 'X-Forwarded-For': '1.1.1.1, 198.51.100.7' })('HEAD', '/');
    await through(door, { Forwarded: 'for="[2001:db8::7]:4711"' })('HEAD', '/');
    await through(door, {})('HEAD', '/');
    expect(addressesIn(door.logged)).toEqual(['198.51.100.7', '2001:db8::7', '127.0.0.1']);
  });

  it('is that of the peer in the access log where the peer is not trusted', async () => {
    await using server = await started({});
    await through(server.door, { 'X-Forwarded-For': '198.51.100.7', Forwarded: 'for=198.51.100.7' })('HEAD', '/');
    expect(addressesIn(server.door.logged)).toEqual(['127.0.0.1']);
  });

  /** As many wrong passwords as it takes until the server lets nobody try any more who is counted as the same. */
  async function guess(door: FrontDoorTest, headersOf: (attempt: number) => Record<string, string>): Promise<number[]> {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 11; attempt += 1) {
      statuses.push((await through(door, headersOf(attempt), `wrong ${attempt}`)('HEAD', '/')).status);
    }
    return statuses;
  }

  const ELEVEN_GUESSES = [...Array.from({ length: 10 }, () => 401), 429];

  it('counts wrong passwords, so that one who guesses shuts out nobody else behind the same proxy', async () => {
    await using server = await started(trusted);
    const { door } = server;
    expect(await guess(door, () => ({ 'X-Forwarded-For': '198.51.100.7' }))).toEqual(ELEVEN_GUESSES);
    expect((await through(door, { 'X-Forwarded-For': '198.51.100.7' })('HEAD', '/')).status).toBe(429);
    expect((await through(door, { 'X-Forwarded-For': '198.51.100.8' })('HEAD', '/')).status).toBe(200);
  });

  it.each<[string, FrontDoorOptions, (attempt: number) => Record<string, string>]>([
    ['no proxy is trusted', {}, attempt => ({ 'X-Forwarded-For': `198.51.100.${attempt}` })],
    ['the proxy adds what it sees', trusted, attempt => ({ 'X-Forwarded-For': `1.1.1.${attempt}, 198.51.100.7` })],
    [
      'the proxy passes a Forwarded header on beside its own',
      trusted,
      attempt => ({ Forwarded: `for=1.1.1.${attempt}`, 'X-Forwarded-For': '198.51.100.7' }),
    ],
    [
      'the proxy passes X-Forwarded-For on beside its own header',
      trusted,
      attempt => ({ Forwarded: 'for=198.51.100.7', 'X-Forwarded-For': `1.1.1.${attempt}` }),
    ],
  ])('cannot be chosen by the one who guesses, where %s', async (_title, options, headersOf) => {
    await using server = await started(options);
    expect(await guess(server.door, headersOf)).toEqual(ELEVEN_GUESSES);
  });
});

async function started(options: FrontDoorOptions): Promise<{ door: FrontDoorTest } & AsyncDisposable> {
  const door = await startFrontDoor(options);
  return { door, [Symbol.asyncDispose]: () => door.stop() };
}
