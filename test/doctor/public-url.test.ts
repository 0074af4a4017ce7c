import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OwnServer } from '../../src/doctor/own-server.ts';
import { portCheck } from '../../src/doctor/port.ts';
import { publicUrlCheck } from '../../src/doctor/public-url.ts';

const { signal } = new AbortController();

async function startStub(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/dav`;
}

function examine(publicUrls: readonly string[], state: 'running' | 'free' = 'running') {
  const ownServer = async () => (state === 'running' ? { state, by: undefined } : { state });
  return publicUrlCheck({ publicUrls, caPem: undefined, ownServer }).run(signal);
}

describe('the check of the public URL', () => {
  it.each([
    ['a DAV header on a challenge', 401, { dav: '1, 2, 3' }, 'ok', /answers OPTIONS as a WebDAV server \(401\)/],
    ['no DAV header', 200, {}, 'failure', /answers OPTIONS with 200 and without a DAV header/],
    ['a DAV header of something else', 200, { dav: 'calendar-access' }, 'failure', /without a DAV header/],
    ['a redirect', 308, { location: 'https://x.example/' }, 'failure', /redirects to https:\/\/x\.example\/ \(308\)/],
    ['a proxy with nobody behind it', 502, {}, 'failure', /answers 502/],
  ] as const)('reads %s', async (_title, status, headers, level, saw) => {
    let method: string | undefined;
    const url = await startStub((request, response) => {
      method = request.method;
      response.writeHead(status, headers).end();
    });
    expect(await examine([url])).toMatchObject([{ level, saw: expect.stringMatching(saw) }]);
    expect(method).toBe('OPTIONS');
  });

  it('explains a name without address, and only warns while the server is not running', async () => {
    const url = 'https://files.example.invalid/';
    expect(await examine([url])).toMatchObject([
      { level: 'failure', means: expect.stringContaining('not in the DNS') },
    ]);
    expect(await examine([url], 'free')).toMatchObject([
      { level: 'warning', cure: 'start the server and run doctor again' },
    ]);
  });

  it('has nothing to say without one', async () => {
    expect(await examine([])).toMatchObject([{ level: 'skipped' }]);
  });
});

describe('the check of the port', () => {
  const listen = {
    host: '192.0.2.7',
    port: 443,
    reusePort: false,
    basePath: [],
    trustedProxies: [],
    cors: [],
    compression: true,
    tls: undefined,
    http2: true,
  };

  it.each([
    [
      { state: 'refused', code: 'EADDRNOTAVAIL' },
      'listen.host is not an address of this machine',
      'set listen.host to',
    ],
    [
      { state: 'refused', code: 'EACCES' },
      'ports below 1024 are for privileged programs',
      'set listen.port to 1024 or more',
    ],
    [
      { state: 'taken', by: undefined },
      'the server cannot listen there',
      '"ss -ltnp" or "netstat -ano" shows which one',
    ],
  ] as [OwnServer, string, string][])('explains %j', async (found, means, cure) => {
    const [finding] = await portCheck({ listen, ownServer: async () => found }).run(signal);
    expect(finding).toMatchObject({ level: 'failure', means, cure: expect.stringContaining(cure) });
  });
});
