import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, ownServer } from '../../src/cli/healthcheck.ts';
import { Secret } from '../../src/lib/secret.ts';
import { parseDockerfile, settingsOf } from '../package/dockerfile.ts';
import { makeCertificate } from '../support/certificates.ts';
import { makeDoctorTenant } from '../support/doctor.ts';
import { eventually } from '../support/eventually.ts';
import { run } from '../support/foreign-client.ts';
import { startReloadServer } from '../support/reload-server.ts';
import { startServerProcess } from '../support/server-process.ts';

const DOCKERFILE = fileURLToPath(new URL('../../Dockerfile', import.meta.url));
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

describe('as the image runs it', () => {
  /** The words of the Dockerfile, for this program and this file. */
  async function imageCheck(file: string): Promise<(...more: string[]) => ReturnType<typeof run>> {
    const { healthcheck } = settingsOf(parseDockerfile(await readFile(DOCKERFILE, 'utf8')).at(-1)!);
    const places = [
      ['/nodejs/bin/node', process.execPath],
      ['/app/dist/main.js', MAIN],
      ['/config/config.yaml', file],
    ] as const;
    const words = healthcheck.map(word => places.find(([inImage]) => inImage === word)?.[1] ?? word);
    expect(words).toEqual([process.execPath, MAIN, 'healthcheck', '--config', file]);
    return (...more) => run(words[0]!, [...words.slice(1), ...more]);
  }

  it('with a wrong secret the server is alive, and --ready says that it is not ready and why', async () => {
    const { configure, tenantKeys, emulator } = await makeDoctorTenant();
    emulator.addMailbox({ upn: 'ada@contoso.com' });
    const wrong = { dataDir: './data', reload: { watch: false }, tenant: tenantKeys({ clientSecret: 'wrong' }) };
    const file = await configure(wrong);
    // The port is any that was free: the file does not know it, but the control socket does.
    const server = await startServerProcess(file);
    onTestFinished(async () => void (await server.end('SIGKILL')));
    const check = await imageCheck(file);
    expect(await check()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await eventually(async () => {
      const { code, stderr } = await check('--ready');
      expect([code, stderr]).toEqual([1, 'the server answered 503: not ready: Microsoft refuses the credential\n']);
    });
    // A slip in the file is no reason to restart a server that goes on.
    await configure({ ...wrong, mountz: [] });
    expect((await check()).code).toBe(0);
    await server.end('SIGTERM');
    const gone = await check();
    expect([gone.code, gone.stderr]).toEqual([78, expect.stringContaining('mountz: unknown key')]);
  });
});
