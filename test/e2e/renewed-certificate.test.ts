import { X509Certificate } from 'node:crypto';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { makeDoctorTenant } from '../support/doctor.ts';
import { eventually } from '../support/eventually.ts';
import { ask, openSession } from '../support/http2.ts';
import { startReloadServer } from '../support/reload-server.ts';
import { startServerProcess } from '../support/server-process.ts';
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

/** How programs that renew certificates replace the files. */
interface Renewal {
  readonly first: (folder: string, pair: TestCertificate) => Promise<void>;
  readonly next: (folder: string, pair: TestCertificate) => Promise<void>;
}

async function writePair(folder: string, { certificate, key }: TestCertificate): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tls.crt'), certificate);
  await writeFile(join(folder, 'tls.key'), key);
}

/** Puts a link in the place of another one, in one step. */
async function swapLink(target: string, path: string): Promise<void> {
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path);
}

const RENEWALS: Readonly<Record<string, Renewal>> = {
  'files that are renamed over the old ones': {
    first: writePair,
    next: async (folder, pair) => {
      await writePair(join(folder, 'new'), pair);
      await rename(join(folder, 'new/tls.crt'), join(folder, 'tls.crt'));
      await rename(join(folder, 'new/tls.key'), join(folder, 'tls.key'));
    },
  },
  "a link to another folder, as a Secret's of Kubernetes": {
    first: async (folder, pair) => {
      await writePair(join(folder, '..1'), pair);
      await symlink('..1', join(folder, '..data'));
      await symlink('..data/tls.crt', join(folder, 'tls.crt'));
      await symlink('..data/tls.key', join(folder, 'tls.key'));
    },
    next: async (folder, pair) => {
      await writePair(join(folder, '..2'), pair);
      await swapLink('..2', join(folder, '..data'));
    },
  },
  "links to other files, as certbot's": {
    first: async (folder, pair) => {
      await writePair(join(folder, 'archive1'), pair);
      await symlink('archive1/tls.crt', join(folder, 'tls.crt'));
      await symlink('archive1/tls.key', join(folder, 'tls.key'));
    },
    next: async (folder, pair) => {
      await writePair(join(folder, 'archive2'), pair);
      await swapLink('archive2/tls.crt', join(folder, 'tls.crt'));
      await swapLink('archive2/tls.key', join(folder, 'tls.key'));
    },
  },
};

it.each(Object.entries(RENEWALS))('a server process takes %s by itself', async (_what, { first, next }) => {
  const tenant = await makeDoctorTenant();
  tenant.emulator.addMailbox({ upn: 'ada@contoso.com' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const [old, renewed] = [await makeCertificate({ kind: 'ec' }), await makeCertificate({ kind: 'ec' })];
  const folder = join(tenant.folder, 'tls');
  await mkdir(folder);
  await first(folder, old);
  const tls = { certificateFile: 'tls/tls.crt', keyFile: 'tls/tls.key' };
  const { url, logged, end } = await startServerProcess(await tenant.configure({ listen: { port: 0, tls } }));
  onTestFinished(async () => {
    agent.destroy();
    await end('SIGKILL');
  });
  expect(await keepAlive(agent, url)).toEqual({ status: 200, isReused: false });
  expect(await shown(url, 'http/1.1')).toBe(fingerprint(old));
  await next(folder, renewed);
  await eventually(async () => expect(await shown(url, 'http/1.1')).toBe(fingerprint(renewed)));
  expect(await keepAlive(agent, url)).toEqual({ status: 200, isReused: true });
  await eventually(() => expect(logged).toContainEqual(expect.objectContaining({ changed: ['listen.tls'] })));
});
