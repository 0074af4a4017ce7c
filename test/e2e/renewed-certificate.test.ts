import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { ask, openSession } from '../support/http2.ts';
import { startReloadServer } from '../support/reload-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';

async function serve() {
  const folder = await makeTempDir();
  const [certificateFile, keyFile] = ['cert.pem', 'key.pem'].map(name => join(folder.path, name));
  const write = async ({ certificate, key }: TestCertificate) => {
    await writeFile(certificateFile!, certificate);
    await writeFile(keyFile!, key);
  };
  const first = await makeCertificate({ kind: 'ec' });
  await write(first);
  const listen = { host: '127.0.0.1', port: 0, tls: { certificateFile, keyFile } };
  const server = await startReloadServer({ config: { listen, metrics: true } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  onTestFinished(async () => {
    agent.destroy();
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });
  return { server, agent, write, first };
}

/** The certificate that a new connection is shown. */
async function shown(url: string, protocol: 'h2' | 'http/1.1'): Promise<string> {
  const { hostname: host, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(
    { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: [protocol], minVersion: 'TLSv1.2' },
    () => {
      expect(socket.alpnProtocol).toBe(protocol);
      resolve(socket.getPeerX509Certificate()!.fingerprint256);
      socket.destroy();
    },
  );
  socket.once('error', reject);
  return promise;
}

function keepAlive(agent: Agent, url: string): Promise<{ status: number; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL('/-/healthz', url), { agent }, response => {
      response.resume().once('end', () => resolve({ status: response.statusCode!, isReused: sent.reusedSocket }));
    });
    sent.once('error', reject).end();
  });
}

const fingerprint = ({ certificate }: TestCertificate) => new X509Certificate(certificate).fingerprint256;

it('a renewed certificate is served to new connections, and open ones go on', async () => {
  const { server, agent, write, first } = await serve();
  const { url, reload } = server;
  const session = await openSession(server);
  expect(await keepAlive(agent, url)).toEqual({ status: 200, isReused: false });
  expect(await shown(url, 'h2')).toBe(fingerprint(first));
  const next = await makeCertificate({ kind: 'ec' });
  await write(next);
  expect(await reload()).toEqual({ changed: ['listen.tls'], needRestart: [] });
  expect(await shown(url, 'http/1.1')).toBe(fingerprint(next));
  expect(await shown(url, 'h2')).toBe(fingerprint(next));
  expect(await keepAlive(agent, url)).toEqual({ status: 200, isReused: true });
  expect((await ask(session, 'GET /ada/a.txt', {}, { user: 'all', password: 'all' })).status).toBe(200);
  session.destroy();
});

it.each([
  [
    'whose key is of another certificate',
    (next: TestCertificate, first: TestCertificate) => ({ ...next, key: first.key }),
  ],
  ['that is half-written', (next: TestCertificate) => ({ ...next, certificate: next.certificate.slice(0, 200) })],
  ['that is empty', (next: TestCertificate) => ({ ...next, certificate: '' })],
])('a pair %s changes nothing', async (_what, spoil) => {
  const { server, write, first } = await serve();
  const next = await makeCertificate({ kind: 'ec' });
  await write(spoil(next, first));
  await expect(server.reload()).rejects.toThrow('listen.tls');
  expect(await shown(server.url, 'http/1.1')).toBe(fingerprint(first));
  await write(next);
  await server.reload();
  expect(await shown(server.url, 'http/1.1')).toBe(fingerprint(next));
});
