import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HostsCheckParts, hostsCheck } from '../../src/doctor/hosts.ts';
import { daysFromNow, makeCertificate } from '../support/certificates.ts';

const { signal } = new AbortController();

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

function examine(origins: readonly string[], parts: Partial<HostsCheckParts> = {}) {
  const rest = { tenant: undefined, proxy: undefined, caPem: undefined, environmentProxy: undefined, clock: Date };
  return hostsCheck({ origins, ...rest, ...parts }).run(signal);
}

/** A proxy that answers CONNECT with a status, and everything else with 400. */
function refusingProxy(status: number): Promise<number> {
  const server = createHttpServer((_request, response) => response.writeHead(400).end());
  server.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  return listen(server);
}

async function tlsServer(
  options: Parameters<typeof makeCertificate>[0] = {},
): Promise<{ port: number; caPem: string }> {
  const { certificate, key } = await makeCertificate(options);
  const server = createTlsServer({ cert: certificate, key });
  server.on('tlsClientError', () => {});
  return { port: await listen(server), caPem: certificate };
}

describe('the check of the hosts', () => {
  it('names the host that has no address', async () => {
    const [finding] = await examine(['https://login.example.invalid']);
    expect(finding).toMatchObject({
      level: 'failure',
      saw: expect.stringMatching(/^there is no address for login\.example\.invalid \((ENOTFOUND|EAI_AGAIN)\)$/),
      cure: expect.stringContaining("check the machine's DNS"),
    });
  });

  it('names the port that is closed; and where the environment knows a proxy, that it is not heeded', async () => {
    const port = await closedPort();
    const [finding] = await examine([`https://127.0.0.1:${port}`]);
    expect(finding).toMatchObject({
      saw: `no connection to 127.0.0.1:${port} (ECONNREFUSED)`,
      means: 'a firewall blocks it, or the network is down',
      cure: expect.stringContaining('allow this machine to reach'),
    });
    const environmentProxy = 'http://proxy.example:3128';
    const [hinted] = await examine([`https://127.0.0.1:${port}`], { environmentProxy });
    expect(hinted!.cure).toContain(`set outbound.proxy to ${environmentProxy}`);
  });

  it.each([
    [407, 'the proxy wants a name and a password', 'outbound.proxy: http://NAME:PASSWORD@host:port'],
    [403, 'the proxy does not allow this host', 'allow login.example.com and graph.example.com in the proxy'],
  ])('explains a proxy that says %d, once for all hosts', async (status, means, cure) => {
    const proxy = `http://127.0.0.1:${await refusingProxy(status)}`;
    const findings = await examine(['https://login.example.com', 'https://graph.example.com'], { proxy });
    expect(findings).toEqual([
      expect.objectContaining({
        level: 'failure',
        saw: expect.stringContaining(`refuses the connection to login.example.com and graph.example.com (${status})`),
        means: expect.stringContaining(means),
        cure: expect.stringContaining(cure),
      }),
    ]);
  });

  it('sends name and password to the proxy', async () => {
    const asked: (string | undefined)[] = [];
    const server = createHttpServer();
    server.on('connect', (request, socket) => {
      asked.push(request.url, request.headers['proxy-authorization']);
      socket.end('HTTP/1.1 502 No\r\n\r\n');
    });
    await examine(['https://graph.example.com'], { proxy: `http://a%40b:c%3Ad@127.0.0.1:${await listen(server)}` });
    expect(asked).toEqual(['graph.example.com:443', `Basic ${Buffer.from('a@b:c:d').toString('base64')}`]);
  });

  it('recognizes a server without TLS', async () => {
    const server = createTcpServer(socket => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const [finding] = await examine([`https://127.0.0.1:${await listen(server)}`]);
    expect(finding).toMatchObject({
      level: 'failure',
      saw: expect.stringContaining('breaks during the TLS handshake'),
    });
  });

  it('names the issuer of a certificate that is not trusted, and trusts what it is told to', async () => {
    const { port } = await tlsServer();
    const [finding] = await examine([`https://localhost:${port}`]);
    expect(finding).toMatchObject({
      level: 'failure',
      saw: expect.stringMatching(/not trusted: onedrive-webdav test \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/),
      cure: expect.stringContaining('name it in outbound.caFile'),
    });
  });

  it('tells a certificate for another name', async () => {
    const { port, caPem } = await tlsServer();
    const [finding] = await examine([`https://localhost:${port}`], { caPem });
    expect(finding).toMatchObject({
      saw: `the server that answers as localhost:${port} has a certificate for another name, by onedrive-webdav test`,
      means: expect.stringContaining('a portal'),
    });
  });

  it('compares a certificate that is out of date with the clock of this machine', async () => {
    const { port, caPem } = await tlsServer({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-2) });
    const [finding] = await examine([`https://localhost:${port}`], { caPem });
    expect(finding).toMatchObject({
      saw: expect.stringMatching(/is valid from .+ to .+; this machine's clock says \d{4}-/),
      cure: 'set the clock of this machine',
    });
  });

  it('gives up with its signal', async () => {
    const server = createTcpServer(socket => void socket.resume());
    const origin = `https://127.0.0.1:${await listen(server)}`;
    const controller = new AbortController();
    server.once('connection', () => controller.abort(new Error('given up')));
    const check = hostsCheck({
      ...{ origins: [origin], tenant: undefined, proxy: undefined, caPem: undefined },
      ...{ environmentProxy: undefined, clock: Date },
    });
    await expect(check.run(controller.signal)).rejects.toThrow('given up');
  });
});
