import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { signPath } from '../../src/downloads/signature.ts';
import { listen } from '../support/download-proxy.ts';
import { type Answer, sendFile, sendJson, sendLink, TEMPAUTH } from '../support/link-stub.ts';
import { ask, FILE, OLD, startProxiedStub } from '../support/proxied-stub.ts';
import { compose, rawRequest } from '../support/raw-http.ts';

describe('where a file is', () => {
  it('is asked once a minute', async () => {
    const { proxy, links, clock } = await startProxiedStub();
    await ask(proxy.signed(FILE));
    await ask(proxy.signed(FILE), { method: 'HEAD' });
    expect(links).toHaveLength(1);
    clock.advance(60_000);
    await ask(proxy.signed(FILE));
    expect(links).toHaveLength(2);
  });

  it('is kept for so many files only', async () => {
    const { proxy, links } = await startProxiedStub();
    for (let index = 0; index <= 1_000; index += 1) {
      await ask(proxy.signed(`/ada/${index}`));
    }
    await ask(proxy.signed('/ada/1000'));
    expect(links).toHaveLength(1_001);
    await ask(proxy.signed('/ada/0'));
    expect(links).toHaveLength(1_002);
  });

  it.each([500, 302, 429, 503, 206])('is asked anew after the content host has answered %i', async status => {
    let answer: Answer = sendFile;
    const { proxy, links } = await startProxiedStub({ content: (...args) => answer(...args) });
    await ask(proxy.signed(FILE));
    answer = (_request, response) => response.writeHead(status, { location: 'https://elsewhere.example/' }).end();
    expect((await ask(proxy.signed(FILE))).status).toBe([429, 503].includes(status) ? 503 : 502);
    answer = sendFile;
    expect((await ask(proxy.signed(FILE))).status).toBe(200);
    expect(links).toHaveLength(2);
  });

  it.each([401, 403, 404])(
    'is asked anew, past what the server remembers, when the content host says %i',
    async status => {
      let isFirst = true;
      const content: Answer = (request, response) => {
        if (isFirst) {
          isFirst = false;
          response.writeHead(status).end();
          return;
        }
        sendFile(request, response);
      };
      const { proxy, links } = await startProxiedStub({ content });
      expect((await ask(proxy.signed(FILE))).status).toBe(200);
      expect(links.map(({ path, refresh }) => [path, refresh])).toEqual([
        [FILE, undefined],
        [FILE, true],
      ]);
    },
  );

  it('is asked anew after the connection broke', async () => {
    let answer: Answer = sendFile;
    const { proxy, links } = await startProxiedStub({ content: (...args) => answer(...args) });
    await ask(proxy.signed(FILE));
    answer = request => request.socket.destroy();
    expect((await ask(proxy.signed(FILE))).status).toBe(502);
    answer = sendFile;
    expect((await ask(proxy.signed(FILE))).status).toBe(200);
    expect(links).toHaveLength(2);
  });

  it.each([
    [400, 400],
    [401, 502],
    [403, 403],
    [404, 404],
    [409, 409],
    [418, 502],
    [429, 503],
    [500, 502],
    [503, 503],
    [504, 504],
  ])('is refused by the server with %i: the client gets %i, by status and by code alike', async (code, status) => {
    const envelope = { code, message: `see ${TEMPAUTH}`, data: null };
    for (const http of [code, 200]) {
      const { proxy, contents } = await startProxiedStub({
        link: (_request, response) => sendJson(response, http, envelope, { 'retry-after': '7' }),
      });
      const answer = await ask(proxy.signed(FILE));
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, '7']);
      expect(contents).toEqual([]);
    }
  });

  it.each([
    ['no JSON', (response: Parameters<Answer>[1]) => response.end('<html>')],
    ['null', (response: Parameters<Answer>[1]) => response.end('null')],
    ['no URL', (response: Parameters<Answer>[1]) => sendJson(response, 200, { code: 200, data: { url: null } })],
    ['no real URL', (response: Parameters<Answer>[1]) => sendJson(response, 200, { code: 200, data: { url: 'x' } })],
    ['a file', (response: Parameters<Answer>[1]) => sendJson(response, 200, { data: { url: 'file:///etc/passwd' } })],
    ['nothing at all', (response: Parameters<Answer>[1]) => response.destroy()],
  ])('is 502 when the server answers %s', async (_what, send) => {
    const { proxy } = await startProxiedStub({ link: (_request, response) => void send(response) });
    expect((await ask(proxy.signed(FILE))).status).toBe(502);
  });

  it('is 502 when the server or the content host sends the proxy elsewhere, were it to the file', async () => {
    const elsewhere: Answer = (request, response) =>
      request.url!.includes('again')
        ? sendFile(request, response)
        : response.writeHead(307, { location: `${request.url}?again` }).end();
    for (const content of [elsewhere, undefined]) {
      const link: Answer = (request, response) =>
        content === undefined && !request.url!.includes('again')
          ? response.writeHead(307, { location: `${request.url}?again` }).end()
          : sendLink(request, response);
      const { proxy } = await startProxiedStub({ content, link });
      expect((await ask(proxy.signed(FILE))).status).toBe(502);
    }
  });

  it('is 502 when nobody listens at ADDRESS', async () => {
    const { proxy } = await startProxiedStub();
    const { url, stop } = await listen(createServer());
    await stop();
    proxy.env.ADDRESS = url;
    expect(await ask(proxy.signed(FILE))).toMatchObject({ status: 502, text: 'the WebDAV server cannot be reached\n' });
    expect(proxy.logged).toEqual(['502: the WebDAV server cannot be reached (ECONNREFUSED)']);
  });

  it('is refused when it is not https, unless the operator allows http', async () => {
    const { proxy, contents } = await startProxiedStub();
    delete proxy.env.ALLOW_HTTP;
    expect((await ask(proxy.signed(FILE))).status).toBe(502);
    expect(contents).toEqual([]);
  });

  it('is not asked without settings', async () => {
    const { proxy, links } = await startProxiedStub();
    Object.assign(proxy.env, { KEYS: ' , ' });
    expect((await ask(`${proxy.url}${FILE}?sign=${signPath(FILE, 0, '')}`)).status).toBe(500);
    expect(links).toEqual([]);
  });
});

describe('the proxy passes on', () => {
  it('only the range from the client to the content host', async () => {
    const { proxy, contents } = await startProxiedStub();
    await ask(proxy.signed(FILE), {
      headers: {
        Authorization: 'Basic abc',
        Cookie: 'a=b',
        Referer: 'https://files.example.com/ada',
        'X-Forwarded-For': '192.0.2.1',
        Range: 'bytes=0-1',
        'If-Range': '"tag"',
      },
    });
    expect(contents[0]!.headers).toMatchObject({
      range: 'bytes=0-1',
      'if-range': '"tag"',
      'accept-encoding': expect.stringMatching(/^identity/),
    });
    expect(Object.keys(contents[0]!.headers)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(authorization|cookie|referer|x-forwarded-for|origin)$/)]),
    );
  });

  it('the file and the headers that describe it, from the content host to the client', async () => {
    const { proxy } = await startProxiedStub({
      content: (_request, response) =>
        response
          .writeHead(200, {
            'content-type': 'text/html',
            'content-length': 5,
            etag: '"tag"',
            'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
            'content-disposition': 'attachment',
            'accept-ranges': 'bytes',
            'cache-control': 'public, max-age=3600',
            'content-security-policy': "default-src 'self'",
            'set-cookie': 'session=1',
            'x-sharepoint-url': `https://host/content?tempauth=${TEMPAUTH}`,
            link: `<https://host/content?tempauth=${TEMPAUTH}>; rel=self`,
          })
          .end('bytes'),
    });
    const { headers, text } = await ask(proxy.signed(FILE));
    expect(text).toBe('bytes');
    expect(Object.fromEntries(headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      connection: 'keep-alive',
      'content-disposition': 'attachment',
      'content-length': '5',
      'content-security-policy': "sandbox; default-src 'none'",
      'content-type': 'text/html',
      date: expect.any(String),
      etag: '"tag"',
      'keep-alive': expect.any(String),
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('is the whole file when If-Range names another version, or the host ignores ranges', async () => {
    const { proxy } = await startProxiedStub();
    const answer = await ask(proxy.signed(FILE), { headers: { Range: 'bytes=1-2', 'If-Range': '"old"' } });
    expect(answer).toMatchObject({ status: 200, text: 'bytes' });
  });

  it('is no body for HEAD, whether or not the host knows ranges, and no range of the client', async () => {
    const part: Answer = (request, response) =>
      request.method === 'GET'
        ? response.writeHead(206, { 'content-range': 'bytes 0-0/5', 'content-length': 1 }).end('b')
        : response.writeHead(405).end();
    for (const content of [sendFile, part]) {
      const { proxy, contents } = await startProxiedStub({ content });
      const answer = await ask(proxy.signed(FILE), { method: 'HEAD', headers: { Range: 'bytes=2-3' } });
      expect([answer.status, answer.headers.get('content-length'), answer.text]).toEqual([200, '5', '']);
      expect(answer.headers.has('content-range')).toBe(false);
      expect(contents).toMatchObject([{ method: 'GET', headers: { range: 'bytes=0-0' } }]);
    }
  });

  it('is no size for HEAD when the host does not tell it', async () => {
    const { proxy } = await startProxiedStub({
      content: (_request, response) =>
        response.writeHead(206, { 'content-range': 'bytes 0-0/*', 'content-length': 1 }).end('b'),
    });
    const answer = await ask(proxy.signed(FILE), { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, null]);
  });

  it('is the file as it is, though the host has packed it', async () => {
    const packed = gzipSync('bytes');
    const { proxy, contents } = await startProxiedStub({
      content: (request, response) =>
        response
          .writeHead(request.headers.range === undefined ? 200 : 206, {
            'content-encoding': 'gzip',
            'content-length': packed.length,
          })
          .end(packed),
    });
    expect(await ask(proxy.signed(FILE))).toMatchObject({ status: 200, text: 'bytes' });
    expect(contents[0]!.headers['accept-encoding']).toBe('identity');
    expect((await ask(proxy.signed(FILE), { headers: { Range: 'bytes=0-1' } })).status).toBe(502);
  });

  it('is no error of the host, whose words may hold the URL', async () => {
    const { proxy } = await startProxiedStub({
      content: (request, response) => sendJson(response, 500, { message: `cannot read ${request.url}` }),
    });
    expect(await ask(proxy.signed(FILE))).toMatchObject({ status: 502, text: 'OneDrive gave no file\n' });
    expect(proxy.logged).toEqual(['502: OneDrive gave no file (it answered 500)']);
  });

  it('is when to come back', async () => {
    const { proxy } = await startProxiedStub({
      content: (_request, response) => response.writeHead(429, { 'retry-after': '120' }).end(),
    });
    const answer = await ask(proxy.signed(FILE));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '120']);
  });

  it('is a broken transfer when the host breaks, with and without a length', async () => {
    for (const headers of [{ 'content-length': '10' }, {}]) {
      const { proxy } = await startProxiedStub({
        content: (_request, response) => {
          response.writeHead(200, headers).write('bytes', () => response.destroy());
        },
      });
      const answer = await fetch(proxy.signed(FILE));
      expect(answer.status).toBe(200);
      await expect(answer.text()).rejects.toThrow('terminated');
    }
  });

  it('ends when the client goes before there is an answer', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const client = new AbortController();
    const { proxy } = await startProxiedStub({
      content: request => {
        request.socket.once('close', () => resolve());
        client.abort();
      },
    });
    await expect(fetch(proxy.signed(FILE), { signal: client.signal })).rejects.toThrow('aborted');
    await closed;
    expect(proxy.logged).toEqual([]);
  });
});

describe('other requests', () => {
  it('GET with the whole URL in its first line is served', async () => {
    const { proxy } = await startProxiedStub();
    const { status, body } = await rawRequest(proxy.url, compose(`GET ${proxy.signed(FILE)}`));
    expect([status, body]).toEqual([200, 'bytes']);
  });

  it('GET of an invalid path is 403', async () => {
    const { proxy } = await startProxiedStub();
    for (const target of ['*', 'http://dl.example.com', `http://dl.example.com?sign=${signPath(FILE, 0, OLD)}`]) {
      expect((await rawRequest(proxy.url, compose(`GET ${target}`))).status).toBe(403);
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'PROPFIND', 'OPTIONS', 'TRACE'])(
    '%s is 405 and tells what is allowed',
    async method => {
      const { proxy } = await startProxiedStub();
      const { status, headers } = await rawRequest(proxy.url, compose(`${method} ${FILE}`));
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    },
  );

  it('OPTIONS of a page in a browser is allowed to ask for ranges, of a file that nobody has looked at yet', async () => {
    const { proxy, links } = await startProxiedStub();
    const answer = await ask(proxy.signed(FILE), {
      method: 'OPTIONS',
      headers: { Origin: 'https://player.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'Range, If-Range',
    });
    expect(links).toEqual([]);
  });

  it('GET of a page in a browser may be read by it, and so may the refusal', async () => {
    const { proxy } = await startProxiedStub();
    for (const url of [proxy.signed(FILE), `${proxy.url}${FILE}`]) {
      const { headers } = await ask(url, { headers: { Origin: 'https://player.example' } });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-expose-headers')).toContain('Content-Range');
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
  });
});
