import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, ownServer } from '../../src/cli/healthcheck.ts';
import { Secret } from '../../src/lib/secret.ts';
import { makeCertificate } from '../support/certificates.ts';
import { run } from '../support/foreign-client.ts';
import { startReloadServer } from '../support/reload-server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('the address of the own server', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:8080/-/healthz'],
    ['0.0.0.0', 'http://127.0.0.1:8080/-/healthz'],
    ['::', 'http://[::1]:8080/-/healthz'],
    ['fd00::5', 'http://[fd00::5]:8080/-/healthz'],
  ])('listening on %s it is %s', (host, url) => {
    const listen = { host, port: 8080, tls: undefined };
    expect(ownServer({ listen }, 'healthz')).toEqual({ url, cert: undefined });
  });
});

describe('a server with TLS', () => {
  async function serve() {
    const { certificate: cert, key } = await makeCertificate({ kind: 'ec' });
    const server = createServer({ key, cert }, (_request, response) => void response.end('ok\n'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return { cert, port, key };
  }
  const targetOf = (port: number, cert: string) =>
    ownServer({ listen: { host: '127.0.0.1', port, tls: { cert, key: new Secret('') } } }, 'healthz');

  it('is asked when it shows the configured certificate, whatever name is in it', async () => {
    const { port, cert } = await serve();
    expect(await ask(targetOf(port, cert))).toEqual({ status: 200, text: 'ok\n' });
  });

  it('is refused when it shows another one', async () => {
    const { port } = await serve();
    const other = await makeCertificate({ kind: 'ec' });
    await expect(ask(targetOf(port, other.certificate))).rejects.toThrow(/certificate/);
  });
});

it('the command finds the server by its configuration, and --ready says why it is not ready', async () => {
  const server = await startReloadServer({ config: { listen: { host: '127.0.0.1', port: 0, basePath: '/files' } } });
  onTestFinished(() => server.stop());
  const file = join(server.folder, 'config.yaml');
  const given = JSON.parse(await readFile(file, 'utf8'));
  const port = Number(new URL(server.url).port);
  await writeFile(file, JSON.stringify({ ...given, listen: { ...given.listen, port } }));
  const check = (...more: string[]) => run(process.execPath, [MAIN, 'healthcheck', '--config', file, ...more]);
  expect((await check()).code).toBe(0);
  const unready = createPlainServer((request, response) => {
    response.writeHead(request.url === '/-/readyz' ? 503 : 200).end('not ready: a reason\n');
  });
  await new Promise<void>(resolve => unready.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void unready.close());
  const { port: other } = unready.address() as AddressInfo;
  await writeFile(file, JSON.stringify({ ...given, listen: { ...given.listen, port: other } }));
  expect((await check()).code).toBe(0);
  const refused = await check('--ready');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('answered 503: not ready: a reason')]);
});
