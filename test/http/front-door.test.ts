import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoorTest, LIMITS, startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

describe('the front door', () => {
  let door: FrontDoorTest;
  let auth: Record<string, string>;

  beforeAll(async () => {
    door = await startFrontDoor();
    auth = basic(door.user, door.password);
  });
  afterAll(async () => {
    await door?.stop();
  });

  async function statusOf(line: string, headers: Record<string, string> = {}, body = ''): Promise<number> {
    return (await rawRequest(door.url, compose(line, headers, body))).status;
  }

  /** Whatever came before, the server still answers. */
  async function expectAlive(): Promise<void> {
    expect(await statusOf('GET /-/healthz')).toBe(200);
  }

  describe('refuses requests that must not reach the code behind it', () => {
    it.each(['/%', '/%ff', '/%E0%A4%A', '/m/%c0%ae%c0%ae'])(
      'B3: GET %s, undecodable, is 400 without credentials',
      async target => {
        expect(await statusOf(`GET ${target}`)).toBe(400);
        await expectAlive();
      },
    );

    it.each(['http://[::bad/', 'http://', 'ftp://host/x', 'x'])(
      'B4: the target %s, absolute and unparsable, is 400',
      async target => {
        expect(await statusOf(`GET ${target}`)).toBe(400);
        await expectAlive();
      },
    );

    it.each(['PROPFIND', 'MKCOL', 'OPTIONS', 'COPY'])('B5: %s with an enormous Content-Length is 413', async method => {
      expect(await statusOf(`${method} /m/`, { ...auth, 'Content-Length': '99007199254740' })).toBe(413);
      await expectAlive();
    });

    it.each(['/m/%00', '/m/a%0d%0ab', '/m/%7f'])('B8: GET %s, a control character, is 400', async target => {
      expect(await statusOf(`GET ${target}`, auth)).toBe(400);
    });

    it.each(['/m/../x', '/m/%2e%2e/x', '/m/..%2fx', '/m/%2E%2E%2F', '/m/.', '/m/a%5cb', '/m/%5c..%5c', '/m/a%2fb'])(
      'GET %s, a way out, is 400',
      async target => {
        expect(await statusOf(`GET ${target}`, auth)).toBe(400);
      },
    );

    it('a URL over its limit is 414', async () => {
      expect(await statusOf(`GET /${'x'.repeat(LIMITS.maxUrlBytes)}`)).toBe(414);
    });

    it('a flood of headers is 431', async () => {
      const flood = Object.fromEntries(
        Array.from({ length: 2000 }, (_, index) => [`X-Flood-${index}`, 'x'.repeat(20)]),
      );
      expect(await statusOf('GET /', flood)).toBe(431);
      await expectAlive();
    });

    it('an invalid request line is 400', async () => {
      expect((await rawRequest(door.url, 'NONSENSE\r\n\r\n')).status).toBe(400);
      await expectAlive();
    });

    it('two lengths that differ are 400', async () => {
      const text = 'PUT /m/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!';
      expect((await rawRequest(door.url, text)).status).toBe(400);
    });
  });

  describe('requires credentials', () => {
    it('challenges with Basic in UTF-8, and shows the DAV header to Finder', async () => {
      const { status, headers } = await rawRequest(door.url, compose('OPTIONS /'));
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Basic realm="test", charset="UTF-8"');
      expect(headers.dav).toBe('1, 2, 3, extended-mkcol');
    });

    it.each([
      'GET',
      'HEAD',
      'PUT',
      'DELETE',
      'MKCOL',
      'COPY',
      'MOVE',
      'PROPFIND',
      'PROPPATCH',
      'LOCK',
      'UNLOCK',
      'POST',
      'PATCH',
      'REPORT',
      'OPTIONS',
    ])('challenges %s', async method => {
      const { status } = await rawRequest(door.url, compose(`${method} /m/x`), text => text.includes('\r\n\r\n'));
      expect(status).toBe(401);
    });

    it.each(['constructor', '__proto__', 'toString', 'constructor:', ':', ''])(
      'S1: Basic of %j gets nobody in',
      async text => {
        expect(await statusOf('GET /m/', { Authorization: `Basic ${Buffer.from(text).toString('base64')}` })).toBe(401);
      },
    );

    it('S3: takes a password with +, /, colons, spaces and umlauts, in UTF-8 and in Latin-1', async () => {
      expect(await statusOf('PROPFIND /', { ...auth, Depth: '0' })).toBe(207);
      const latin = Buffer.from(`${door.user}:${door.password}`, 'latin1').toString('base64');
      expect(await statusOf('HEAD /m/', { Authorization: `Basic ${latin}` })).toBe(200);
    });

    it('takes the name with a Windows domain in front', async () => {
      expect(await statusOf('HEAD /m/', basic(`HOST\\${door.user}`, door.password))).toBe(200);
    });

    it.each(['NTLM TlRMTVNTUAABAAAA', 'Negotiate YII=', 'Bearer eyJ0.x.y', 'Digest username="user"'])(
      'refuses the scheme of %s politely',
      async header => {
        expect(await statusOf('GET /m/', { Authorization: header })).toBe(401);
      },
    );

    it('S5: gives nobody CORS headers, its version, or a challenge on success', async () => {
      for (const method of ['OPTIONS', 'HEAD', 'PROPFIND', 'PROPPATCH', 'POST', 'SEARCH']) {
        const { headers, status } = await rawRequest(
          door.url,
          compose(`${method} /m/`, { ...auth, Depth: '0' }),
          text => text.includes('\r\n\r\n'),
        );
        expect(status).not.toBe(401);
        expect(headers.dav).toBe('1, 2, 3, extended-mkcol');
        expect(headers.allow !== undefined).toBe(['OPTIONS', 'POST'].includes(method));
        expect(
          Object.keys(headers).filter(name => /^(access-control|server|www-authenticate|x-powered)/.test(name)),
        ).toEqual([]);
      }
    });
  });

  it('answers OPTIONS with 200, a true Allow, its DAV classes and no body, wherever it is asked', async () => {
    await rawRequest(door.url, compose('PUT /m/file', auth, 'x'));
    const allowOf = async (target: string) => {
      const { status, headers } = await rawRequest(door.url, compose(`OPTIONS ${target}`, auth));
      expect({ status, dav: headers.dav, length: headers['content-length'], via: headers['ms-author-via'] }).toEqual({
        status: 200,
        dav: '1, 2, 3, extended-mkcol',
        length: '0',
        via: 'DAV',
      });
      return headers.allow!.split(/, ?/).sort();
    };
    expect(await allowOf('/')).toEqual([
      ...['COPY', 'DELETE', 'HEAD', 'LOCK', 'MOVE', 'OPTIONS', 'PROPFIND', 'PROPPATCH', 'UNLOCK'],
    ]);
    expect(await allowOf('/m/file')).toEqual([
      ...['COPY', 'DELETE', 'GET', 'HEAD', 'LOCK', 'MOVE', 'OPTIONS', 'PROPFIND', 'PROPPATCH', 'PUT', 'UNLOCK'],
    ]);
    expect(await allowOf('/m/missing')).toEqual(['LOCK', 'MKCOL', 'OPTIONS', 'PUT']);
    expect(await allowOf('*')).toContain('PROPFIND');
  });

  it.each(['/%25', '/%23', '/a%3Fb/c', '/%F0%9F%98%80/x', "/it's", '/__proto__', '/constructor/x', '/%25%32%66'])(
    'answers at %s, where nothing is mounted',
    async target => {
      expect(await statusOf(`OPTIONS ${target}`, auth)).toBe(200);
      expect(await statusOf(`GET ${target}`, auth)).toBe(404);
    },
  );

  it('is done with an OPTIONS when it is answered: nothing is left to wait for at the end', async () => {
    // Patience that never ends by itself.
    const sleep = (_milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const open = await startFrontDoor({ server: { clock: { now: () => 0, sleep } } });
    expect((await rawRequest(open.url, compose('OPTIONS /m/', auth))).status).toBe(200);
    await open.stop();
  });

  it('answers OPTIONS at once when its body does not come', async () => {
    expect(await statusOf('OPTIONS /m/', { ...auth, 'Content-Length': '10' })).toBe(200);
  });

  it('answers OPTIONS without a password where that is allowed', async () => {
    const open = await startFrontDoor({ pipeline: { allowUnauthenticatedOptions: true } });
    try {
      expect((await rawRequest(open.url, compose('OPTIONS /'))).status).toBe(200);
      expect((await rawRequest(open.url, compose('PROPFIND /', { Depth: '0' }))).status).toBe(401);
    } finally {
      await open.stop();
    }
  });

  it('answers its health without credentials, and nothing else below /-/', async () => {
    expect(await statusOf('GET /-/healthz')).toBe(200);
    expect(await statusOf('GET /-/readyz')).toBe(200);
    expect(await statusOf('GET /-/anything')).toBe(404);
    expect(await statusOf('GET /-x')).toBe(401);
  });

  it('logs one line a request, with who and what and no secret', async () => {
    await rawRequest(door.url, compose('PUT /m/logged?access_token=secret-value', auth, 'hello'));
    const lines = door.logged.map(line => JSON.parse(line)).filter(({ path }) => path === '/m/logged');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ msg: 'request', method: 'PUT', status: 201, user: 'user', ip: '127.0.0.1' });
    expect(door.logged.join('')).not.toMatch(/secret-value|YStiL2M|a\+b\/c/);
  });

  it('says 100 Continue only when the body is wanted', async () => {
    const expectation = { ...auth, Expect: '100-continue', 'Content-Length': '5' };
    const refused = await rawRequest(door.url, compose('PUT /m/missing/file', expectation));
    expect(refused.text).toMatch(/^HTTP\/1\.1 409/);
    const anonymous = await rawRequest(
      door.url,
      compose('PUT /m/file', { Expect: '100-continue', 'Content-Length': '5' }),
    );
    expect(anonymous.text).toMatch(/^HTTP\/1\.1 401/);
    const wanted = await rawRequest(door.url, compose('PUT /m/continued', expectation), text =>
      text.includes('\r\n\r\n'),
    );
    expect(wanted.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  });

  it('closes a connection whose headers do not come', async () => {
    const impatient = await startFrontDoor({ server: { headersTimeoutMs: 50 } });
    try {
      const { status } = await rawRequest(impatient.url, 'GET / HTTP/1.1\r\nHost: h\r\n', () => false);
      expect([0, 408]).toContain(status);
    } finally {
      await impatient.stop();
    }
  });

  it('survives a handler that throws: 500, logged, nothing leaked', async () => {
    const broken = await startFrontDoor({
      pipeline: {
        handle: async () => {
          throw new Error('details that nobody should see');
        },
      },
    });
    try {
      const { status, text } = await rawRequest(broken.url, compose('GET /m/', basic(broken.user, broken.password)));
      expect(status).toBe(500);
      expect(text).not.toContain('details');
      expect(broken.logged.join('')).toContain('details that nobody should see');
    } finally {
      await broken.stop();
    }
  });

  it('drains: a running request ends, new ones are refused, and then no connection is accepted', async () => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = await startFrontDoor({
      pipeline: {
        handle: async (_request, response) => {
          entered.resolve();
          await release.promise;
          response.writeHead(200, { 'Content-Length': '4' }).end('done');
        },
      },
    });
    const running = rawRequest(slow.url, compose('GET /m/', basic(slow.user, slow.password)));
    await entered.promise;
    const stopping = slow.stop();
    const refused = await rawRequest(slow.url, compose('GET /m/', basic(slow.user, slow.password)));
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5', connection: 'close' } });
    release.resolve();
    expect((await running).body).toBe('done');
    await stopping;
    expect((await rawRequest(slow.url, compose('GET /-/healthz'))).status).toBe(0);
  });
});
