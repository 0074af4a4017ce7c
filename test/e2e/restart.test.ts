import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { PASSWORD } from '../support/passwords.ts';
import { basic } from '../support/raw-http.ts';
import { openManagerSocket, openRestartBench, startLoad } from '../support/restarts.ts';

/** `RESTARTS=50 npx vitest run test/e2e/restart.test.ts` is the long run. */
const RESTARTS = Number(process.env.RESTARTS ?? 3);
const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)('A restart under load', { timeout: 60_000 + RESTARTS * 30_000 }, () => {
  it('refuses, tears and loses nothing when a service manager keeps the socket', async () => {
    await using bench = await openRestartBench([]);
    using socket = openManagerSocket();
    let server = bench.start({ fd: socket.fd });
    await server.serving;
    const load = startLoad(socket.url);
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      await load.rounds(10);
      server.child.kill('SIGTERM');
      expect(await server.ended).toBe(0);
      server = bench.start({ fd: socket.fd });
      await server.serving;
    }
    await load.rounds(10);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(bench.emulator.openUploadSessions()).toBe(0);
    console.info(`socket activation: ${RESTARTS} restarts, ${load.counts.requests} requests, 0 failed`);
  });

  it('refuses, tears and loses nothing when the next server takes over a shared port', async () => {
    await using bench = await openRestartBench(['listen: { port: 0, reusePort: true }']);
    let server = bench.start();
    const url = await server.serving;
    const port = Number(new URL(url).port);
    await bench.configure([`listen: { port: ${port}, reusePort: true }`]);
    const load = startLoad(url);
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      await load.rounds(10);
      const next = bench.start({ args: ['--takeover'] });
      await next.serving;
      expect(await server.ended).toBe(0);
      server = next;
    }
    await load.rounds(10);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(bench.emulator.openUploadSessions()).toBe(0);
    console.info(`takeover: ${RESTARTS} restarts, ${load.counts.requests} requests, 0 failed`);
  });
});

/** An upload that has begun, and goes on when it is told to. */
function beginUpload(url: string): { status: Promise<number>; finish: () => void } {
  const [first, rest] = [Buffer.alloc(24 * 1024 ** 2, 'a'), Buffer.alloc(1024, 'b')];
  const headers = { ...basic('tester', PASSWORD), 'content-length': first.length + rest.length };
  const upload = request(`${url}/ada/long`, { method: 'PUT', headers, agent: false });
  const status = new Promise<number>((resolve, reject) => {
    upload.once('response', response => resolve(response.resume().statusCode!));
    upload.once('error', reject);
  });
  status.catch(() => {});
  upload.write(first);
  return { status, finish: () => void upload.end(rest) };
}

const ask = async (url: string, path: string, method = 'GET') => {
  const answer = await fetch(`${url}${path}`, { method, headers: { ...basic('tester', PASSWORD), depth: '0' } });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
};

describe('A server that is told to stop', () => {
  it('is not ready but serves for shutdownDelaySeconds; a second signal ends it at once, and clean', async () => {
    await using bench = await openRestartBench(['limits: { shutdownDelaySeconds: 3600, drainSeconds: 3600 }']);
    const server = bench.start();
    const url = await server.serving;
    const upload = beginUpload(url);
    await eventually(() => expect(bench.emulator.calls.map(call => call.operation)).toContain('upload-fragment'));
    server.child.kill('SIGTERM');
    await eventually(async () => expect(await ask(url, '/-/readyz')).toMatchObject({ status: 503 }));
    expect(await ask(url, '/ada/', 'PROPFIND')).toMatchObject({ status: 207 });
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await expect(upload.status).rejects.toThrow();
    // What it could not take back is recorded: the next start does it.
    const next = bench.start();
    await next.serving;
    await eventually(() => expect(bench.emulator.openUploadSessions()).toBe(0));
  });

  it('lets a long upload end while it refuses new requests', async () => {
    await using bench = await openRestartBench(['limits: { drainSeconds: 3600 }']);
    const server = bench.start();
    const url = await server.serving;
    const upload = beginUpload(url);
    await eventually(() => expect(bench.emulator.calls.map(call => call.operation)).toContain('upload-fragment'));
    server.child.kill('SIGTERM');
    await eventually(async () => expect(await ask(url, '/ada/')).toMatchObject({ status: 503, retryAfter: '5' }));
    upload.finish();
    expect(await upload.status).toBe(201);
    expect(await server.ended).toBe(0);
  });
});
