import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openInChromium } from '../support/chromium.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** A site whose page runs `script` and reports what that returns. The picture keeps Chromium there until then. */
async function startSite() {
  const held: ServerResponse[] = [];
  let script = '';
  let report = '';
  const server = createServer(async (request, response) => {
    if (request.url === '/held') {
      held.push(response);
    } else if (request.method === 'POST') {
      report = await text(request);
      response.end();
      for (const picture of held.splice(0)) {
        picture.writeHead(404).end();
      }
    } else {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end(
        `<img src="/held"><script>(async () => { ${script} })().catch(error => ({ error: String(error) }))` +
          `.then(result => fetch('/', { method: 'POST', body: JSON.stringify(result) }))</script>`,
      );
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    run: async (code: string): Promise<unknown> => {
      script = code;
      report = '';
      await openInChromium(`${origin}/`, ['--dump-dom']);
      return JSON.parse(report);
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

describeWith('chromium', 'a page of another origin in Chromium', () => {
  let server: TestServer;
  let site: Awaited<ReturnType<typeof startSite>>;
  let other: Awaited<ReturnType<typeof startSite>>;
  const CONTENT = 'x'.repeat(300_000);

  beforeAll(async () => {
    site = await startSite();
    other = await startSite();
    server = await startTestServer({
      download: 'auto',
      yaml: [`listen: {host: 127.0.0.1, port: 0, cors: ["${site.origin}"]}`],
    });
    await server.mailboxes.ada.put('/large.bin', CONTENT);
  });
  afterAll(async () => {
    await Promise.all([site?.stop(), other?.stop(), server?.stop()]);
  });

  /** A script that sends requests with the password, as web apps do. */
  const asApp = (code: string) => {
    const basic = Buffer.from(`${server.user}:${server.password}`).toString('base64');
    return `
      const dav = (method, path, headers = {}, body = undefined) =>
        fetch('${server.url}' + path, { method, headers: { Authorization: 'Basic ${basic}', ...headers }, body });
      ${code}`;
  };

  it('reads, lists and writes with conditions, and reads the headers', async () => {
    const seen = await site.run(
      asApp(`
        const put = await dav('PUT', '/ada/note', { 'If-None-Match': '*', 'X-OC-Mtime': '1700000000' }, 'hello');
        const list = await dav('PROPFIND', '/ada/', { Depth: '1' });
        const get = await dav('GET', '/ada/note', { Range: 'bytes=1-2' });
        const move = await dav('MOVE', '/ada/note', { Destination: '${server.url}/ada/moved', Overwrite: 'F' });
        const none = await dav('GET', '/ada/note');
        const wrong = await dav('GET', '/ada/moved', { Authorization: 'Basic eDp5' });
        return {
          statuses: [put, list, get, move, none, wrong].map(({ status }) => status),
          tag: put.headers.get('etag') !== null,
          listed: (await list.text()).includes('/ada/note'),
          part: [await get.text(), get.headers.get('content-range')],
        };`),
    );
    expect(seen).toEqual({
      statuses: [201, 207, 206, 201, 404, 401],
      tag: true,
      listed: true,
      part: ['el', 'bytes 1-2/5'],
    });
  });

  it('gets the bytes of a large file from this server, where auto redirects the browser itself', async () => {
    const seen = await site.run(
      asApp(`
        const get = await dav('GET', '/ada/large.bin');
        return { status: get.status, redirected: get.redirected, length: (await get.text()).length };`),
    );
    expect(seen).toEqual({ status: 200, redirected: false, length: CONTENT.length });
  });

  it('gets nothing where its origin is not in the list', async () => {
    const seen = await other.run(asApp(`return { status: (await dav('GET', '/ada/large.bin')).status };`));
    expect(seen).toEqual({ error: expect.stringContaining('Failed to fetch') });
  });
});
