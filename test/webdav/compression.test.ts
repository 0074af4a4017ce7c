import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MANY = 300;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const { ada } = server.mailboxes;
  ada.mkdir('/empty');
  await ada.put('/file', 'x'.repeat(10_000));
  ada.putAll(Array.from({ length: MANY }, (_, index) => [`/many/${index}`, 'x'] as const));
});
afterAll(() => server.stop());

/** As it comes: nothing decodes it on the way. */
async function ask(method: string, path: string, headers: Record<string, string>, to: TestServer = server) {
  const {
    statusCode,
    headers: given,
    body,
  } = await request(`${to.url}${path}`, {
    method: method as 'GET',
    headers: { ...basic(to.user, to.password), ...headers },
  });
  const bytes = Buffer.from(await body.arrayBuffer());
  const { 'content-encoding': coding, 'content-length': length, vary } = given;
  return { status: statusCode, coding, length, vary, bytes };
}

const decoded = { br: brotliDecompressSync, gzip: gunzipSync, identity: (bytes: Buffer) => bytes };
const list = (headers: Record<string, string>, to?: TestServer) =>
  ask('PROPFIND', '/ada/many/', { depth: '1', ...headers }, to);

describe('a listing', () => {
  it.each([
    [undefined, undefined],
    ['identity', undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['*', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.1, gzip;q=0.9', 'gzip'],
    ['gzip;q=0', undefined],
    ['deflate, zstd', undefined],
    ['gzip;q=0.5, identity', undefined],
  ])('for Accept-Encoding: %s has the coding %s', async (accepts, coding) => {
    const plain = await list({});
    const answer = await list(accepts === undefined ? {} : { 'accept-encoding': accepts });
    expect([answer.status, answer.coding, answer.vary]).toEqual([207, coding, 'Accept-Encoding']);
    const text = decoded[(coding ?? 'identity') as 'br'](answer.bytes);
    expect(text.equals(plain.bytes)).toBe(true);
    expect(plain.bytes.length / answer.bytes.length > 15).toBe(coding !== undefined);
  });

  it('of which there is little is compressed as a whole, and has its length', async () => {
    const plain = await ask('PROPFIND', '/ada/', { depth: '1' });
    const answer = await ask('PROPFIND', '/ada/', { depth: '1', 'accept-encoding': 'gzip' });
    expect([answer.coding, answer.length]).toEqual(['gzip', String(answer.bytes.length)]);
    expect(gunzipSync(answer.bytes).toString()).toBe(plain.bytes.toString());
  });

  it('shorter than 1 KiB is sent as it is', async () => {
    const body = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>';
    const { statusCode, headers } = await request(`${server.url}/ada/empty/`, {
      method: 'PROPFIND' as 'GET',
      headers: { ...basic(server.user, server.password), depth: '0', 'accept-encoding': 'gzip' },
      body,
    });
    expect([statusCode, headers['content-encoding']]).toEqual([207, undefined]);
  });

  it('in a browser is compressed, too', async () => {
    const answer = await ask('GET', '/ada/many/', { accept: 'text/html', 'accept-encoding': 'gzip, br' });
    expect([answer.status, answer.coding, answer.vary]).toEqual([
      200,
      'br',
      'Accept, Cookie, Sec-Fetch-Mode, Sec-Fetch-Dest, Upgrade-Insecure-Requests, Accept-Language, Accept-Encoding',
    ]);
    expect(brotliDecompressSync(answer.bytes).toString()).toContain('</html>');
  });

  it('is not compressed where the configuration says so', async () => {
    const other = await startTestServer({
      yaml: ['listen: { host: 127.0.0.1, port: 0, compression: false }'],
      seed: emulator => emulator.mailbox('ada@contoso.com').putAll([['/many/1', 'x']]),
    });
    const answer = await list({ 'accept-encoding': 'gzip' }, other);
    expect([answer.status, answer.coding, answer.vary]).toEqual([207, undefined, undefined]);
    await other.stop();
  });
});

it('a file is sent as it is, whatever the client accepts', async () => {
  const { status, coding, bytes } = await ask('GET', '/ada/file', { 'accept-encoding': 'gzip, br' });
  expect([status, coding, bytes.length]).toEqual([200, undefined, 10_000]);
});
