import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { compose, rawRequest } from './raw-http.ts';
import { type RoundRobin, startRoundRobin } from './round-robin.ts';

const ended: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0).reverse()) {
    await end();
  }
});

/** A server that answers in its own way; `end` makes it refuse connections. */
async function serve(listener: RequestListener): Promise<{ url: string; end(): Promise<void> }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = async () => {
    if (server.listening) {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  };
  ended.push(end);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, end };
}

async function before(...urls: string[]): Promise<RoundRobin> {
  const proxy = await startRoundRobin(urls.map(url => () => url));
  ended.push(async () => proxy[Symbol.asyncDispose]());
  return proxy;
}

const says =
  (text: string): RequestListener =>
  (request, response) => {
    request.resume().on('end', () => response.end(text));
  };

it('gives each request to the next server, on one connection as well', async () => {
  const [a, b] = [await serve(says('a')), await serve(says('b'))];
  const proxy = await before(a.url, b.url);
  const bytes = [1, 2, 3].map(() => compose('GET /')).join('');
  const { text } = await rawRequest(proxy.url, bytes, seen => (seen.match(/\r\n[ab]/g)?.length ?? 0) === 3);
  expect(text.match(/\r\n[ab](?=HTTP|$)/g)?.map(found => found.trim())).toEqual(['a', 'b', 'a']);
  expect(proxy.shares).toEqual([2, 1]);
});

it('passes over a server that refuses connections, with the body', async () => {
  const dead = await serve(says('dead'));
  await dead.end();
  const alive = await serve((request, response) => request.pipe(response));
  const proxy = await before(dead.url, alive.url);
  for (const body of ['one', 'two']) {
    const answer = await fetch(proxy.url, { method: 'PUT', body });
    expect(await answer.text()).toBe(body);
  }
});

it('is 502 when no server is up', async () => {
  const dead = await serve(says('dead'));
  await dead.end();
  expect((await fetch((await before(dead.url)).url)).status).toBe(502);
});

it('passes headers, statuses and reasons on as they are, besides those of a connection', async () => {
  const server = await serve((request, response) => {
    response.sendDate = false;
    const own = ['X-Twice', '1', 'X-Twice', '2', 'ETag', '"x"', 'Keep-Alive', 'timeout=3'];
    response.writeHead(418, 'Short and Stout', own).end(JSON.stringify(request.rawHeaders));
  });
  const proxy = await before(server.url);
  const headers = { Host: 'files.example', Destination: 'http://files.example/x', 'If-None-match': '*' };
  const { text, body } = await rawRequest(proxy.url, compose('MOVE /y', headers));
  expect(text).toMatch(/^HTTP\/1\.1 418 Short and Stout\r\nX-Twice: 1\r\nX-Twice: 2\r\nETag: "x"\r\n/);
  expect(text).not.toMatch(/timeout=3/);
  expect(body).toContain(JSON.stringify(Object.entries(headers).flat()).slice(1, -1));
});

it('sends bodies on as they come, in both directions', async () => {
  const server = await serve((request, response) => request.pipe(response));
  const proxy = await before(server.url);
  const { writable, readable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const first = writer.write(Buffer.from('first'));
  const answer = await fetch(proxy.url, { method: 'PUT', body: readable, ...({ duplex: 'half' } as object) });
  await first;
  const reader = answer.body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('first');
  await writer.close();
  expect((await reader.read()).done).toBe(true);
});

it('lets a server ask for the body, or refuse it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('checkContinue', (request, response) => {
    if (request.url === '/no') {
      response.writeHead(423).end();
    } else {
      response.writeContinue();
      request.pipe(response);
    }
  });
  await once(server, 'listening');
  ended.push(() => new Promise(resolve => server.close(resolve)));
  const proxy = await before(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const head = (path: string) => `PUT ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`;
  const refused = await rawRequest(proxy.url, head('/no'));
  expect(refused.status).toBe(423);
  const asked = await rawRequest(proxy.url, head('/yes'), text => text.includes('\r\n\r\n'));
  expect(asked.status).toBe(100);
});

it('tears an answer that is torn', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half');
    setImmediate(() => response.destroy());
  });
  const answer = await fetch((await before(server.url)).url);
  await expect(answer.text()).rejects.toThrow();
});

it('asks for readiness where it is told to', async () => {
  const leaves = await serve((request, response) => {
    response.writeHead(request.url === '/-/readyz' ? 503 : 200).end('leaves');
  });
  const stays = await serve(says('stays'));
  const proxy = await startRoundRobin([() => leaves.url, () => stays.url], { asksReadiness: true });
  ended.push(async () => proxy[Symbol.asyncDispose]());
  for (let request = 0; request < 3; request += 1) {
    expect(await (await fetch(proxy.url)).text()).toBe('stays');
  }
});
