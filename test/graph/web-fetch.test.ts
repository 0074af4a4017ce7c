import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createTransport } from '../../src/graph/transport.ts';
import { createWebFetch, type WebFetch } from '../../src/graph/web-fetch.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) {
    await close();
  }
});

/** A server on this machine, and a `fetch` whose proxy refuses everything. */
async function serve(listener: RequestListener): Promise<{ url: string; fetch: WebFetch }> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const transport = createTransport({ proxy: 'http://127.0.0.1:1', userAgent: 'test' });
  closing.push(
    () => transport.close(),
    () => new Promise(resolve => server.close(resolve)),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, fetch: createWebFetch(transport) };
}

it('sends a form, and reaches this machine without the proxy', async () => {
  const { url, fetch } = await serve(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    response.end(JSON.stringify([request.method, request.headers['content-type'], body]));
  });
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b c' }) });
  expect(await answer.json()).toEqual(['POST', 'application/x-www-form-urlencoded;charset=UTF-8', 'a=b+c']);
  await expect(fetch('https://login.microsoftonline.com/')).rejects.toMatchObject({ kind: 'network' });
});

it('follows no redirect, and has no body where there is none', async () => {
  const { url, fetch } = await serve((request, response) => {
    response.writeHead(request.url === '/' ? 302 : 204, { location: '/elsewhere' }).end();
  });
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/elsewhere']);
  expect([(await fetch(`${url}elsewhere`)).status, (await fetch(`${url}elsewhere`)).body]).toEqual([204, null]);
});

it('reads no more than a mebibyte, and an answer that breaks off is an error of the network', async () => {
  const { url, fetch } = await serve((request, response) => {
    if (request.url === '/') {
      response.end('x'.repeat(3 * 1024 ** 2));
    } else {
      response.writeHead(200, { 'content-length': '10' });
      response.write('x', () => response.destroy());
    }
  });
  expect((await (await fetch(url)).text()).length).toBe(1024 ** 2);
  await expect(fetch(`${url}broken`)).rejects.toMatchObject({ kind: 'network' });
});
