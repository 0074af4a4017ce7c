import { describe, expect, it } from 'vitest';
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
