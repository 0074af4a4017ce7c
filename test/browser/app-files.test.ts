import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAppOf, loadBrowserApp } from '../../src/app/browser-app.ts';
import type { BuiltApp } from '../../src/browser/app-files.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

const CONFIG = {
  browser: true,
  tenants: [],
  downloads: { customHost: null, proxy: { urls: [] } },
} as unknown as Parameters<typeof browserAppOf>[0];

async function askAt(url: string, line: string, headers: Record<string, string> = {}) {
  const answer = await rawRequest(url, compose(line, { Connection: 'close', ...headers }), () => false);
  return { ...answer, body: Buffer.from(answer.body, 'latin1') };
}

describe('the files of the app', () => {
  let built: BuiltApp;
  let door: FrontDoorTest;

  beforeAll(async () => {
    built = (await loadBrowserApp())!;
    door = await startFrontDoor({ browserApp: browserAppOf(CONFIG, built), listen: { basePath: ['dav'] } });
  });
  afterAll(async () => {
    await door?.stop();
  });

  /** Without credentials. `fetch` would undo the coding. */
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    askAt(door.url, `${method} ${path}`, headers);

  it('are there for anybody, for ever, in the coding that a browser prefers', async () => {
    const path = `/dav/-/app/${built.script}`;
    const plain = await ask(path);
    expect(plain.status).toBe(200);
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      vary: 'Accept-Encoding',
    });
    const br = await ask(path, { 'Accept-Encoding': 'gzip, br' });
    const gzip = await ask(path, { 'Accept-Encoding': 'gzip' });
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(br.body.length).toBeLessThan(plain.body.length / 2);
  });

  it('are at the root of the server as well, for the page above the base path', async () => {
    expect((await ask(`/-/app/${built.style}`)).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  it('have their types, and HEAD has no body', async () => {
    const names = [built.icon, built.touchIcon, built.webManifest];
    const types = await Promise.all(names.map(name => ask(`/-/app/${name}`, {}, 'HEAD')));
    expect(types.map(({ headers }) => headers['content-type'])).toEqual([
      'image/svg+xml',
      'image/png',
      'application/manifest+json',
    ]);
    expect(types.map(({ body }) => body.length)).toEqual([0, 0, 0]);
  });

  it('have the icon in pixels for iOS, as large as it wants it', async () => {
    const page = await ask('/dav/', { Accept: 'text/html', ...basic(door.user, door.password) });
    expect(page.body.toString()).toContain(`<link rel="apple-touch-icon" href="/dav/-/app/${built.touchIcon}">`);
    const { body } = await ask(`/-/app/${built.touchIcon}`);
    // PNG 3rd edition §11.2.1: width and height come first.
    expect([body.toString('latin1', 1, 4), body.readUInt32BE(16), body.readUInt32BE(20)]).toEqual(['PNG', 180, 180]);
  });

  it('make the app installable: the manifest leads to the root of the tree and to the icon', async () => {
    const manifest = JSON.parse((await ask(`/dav/-/app/${built.webManifest}`)).body.toString());
    const at = new URL(`/dav/-/app/${built.webManifest}`, door.url);
    expect(new URL(manifest.start_url, at).pathname).toBe('/dav/');
    expect(new URL(manifest.icons[0].src, at).pathname).toBe(`/dav/-/app/${built.icon}`);
  });

  it.each([
    'nothing.js',
    '',
    '..%2f..%2fpackage.json',
    '../app.json',
    'app.json',
    `%2e%2e/${'x'.repeat(10)}`,
    '__proto__',
  ])('are those of the build and no others: %s', async name => {
    const { status, headers } = await ask(`/dav/-/app/${name}`);
    // A path with dots is refused before anybody looks at it.
    expect([[400, 404].includes(status), headers['cache-control']]).toEqual([true, 'no-store']);
  });

  it('are read, and nothing else', async () => {
    const { status, headers } = await ask(`/dav/-/app/${built.script}`, {}, 'DELETE');
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('are not there where the configuration does not want the app', async () => {
    expect(browserAppOf({ ...CONFIG, browser: false }, built)).toBeUndefined();
    const without = await startFrontDoor();
    try {
      expect((await askAt(without.url, `GET /-/app/${built.script}`)).status).toBe(404);
    } finally {
      await without.stop();
    }
  });
});
