import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { basic, compose } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describe('A5 a shutdown after the client of a change has gone', () => {
  let server: TestServer;
  let dav: Dav;

  beforeEach(async () => {
    server = await startTestServer();
    dav = davClient(server);
    await dav('PUT', '/ada/source', {}, 'new');
    await dav('PUT', '/ada/target', {}, 'old');
  });
  afterEach(async () => {
    await server?.stop();
  });

  /** Microsoft takes the first call of `operation` up only when it is released. */
  function hold(operation: string): { reached: Promise<void>; release: () => void } {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    server.emulator.setFault(called => {
      if (called !== operation) {
        return undefined;
      }
      server.emulator.setFault(undefined);
      reached.resolve();
      return { delayUntil: released.promise };
    });
    return { reached: reached.promise, release: released.resolve };
  }

  /** Sends a request, and is gone when Microsoft has been asked for `operation`; the server knows. */
  async function vanishAt(operation: string, request: string): Promise<{ release: () => void }> {
    const { reached, release } = hold(operation);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(request);
    await reached;
    socket.resetAndDestroy();
    await eventually(() => expect(server.logged.join('\n')).toContain('"aborted":true'));
    return { release };
  }

  /** What has gone wrong, as far as the server has noticed. */
  const complaints = () => server.logged.map(line => JSON.parse(line)).filter(({ level }) => level >= 40);
  const names = async () => hrefsOf((await davClient(server)('PROPFIND', '/ada/', { Depth: '1' })).text).sort();
  const read = async (path: string) => (await davClient(server)('GET', path)).text;

  // A file over a file is one call; anything over a folder is several.
  it.each([
    ['driveItem-update', '/ada/folder', 'MKCOL'],
    ['driveItem-copy', '/ada/folder', 'MKCOL'],
    ['driveItem-copy', '/ada/target', undefined],
  ])('waits until its %s and all that follows is done: COPY over %s', async (operation, target, make) => {
    const auth = basic(server.user, server.password);
    if (make !== undefined) {
      await davClient(server)(make, target);
    }
    const { release } = await vanishAt(operation, compose('COPY /ada/source', { ...auth, Destination: target }));
    const restarted = server.restart();
    release();
    await restarted;
    expect(complaints()).toEqual([]);
    expect(new Set(await names())).toEqual(new Set(['/ada/', target, '/ada/source', '/ada/target']));
    expect(await read(target)).toBe('new');
    expect(server.emulator.violations).toEqual([]);
  });

  it('waits until a file that has arrived whole is stored, with its time', async () => {
    const { release } = await vanishAt(
      'driveItem-createUploadSession',
      compose('PUT /ada/target', { ...basic(server.user, server.password), 'X-OC-Mtime': '1700000000' }, 'newer'),
    );
    const restarted = server.restart();
    release();
    await restarted;
    expect(complaints()).toEqual([]);
    expect(await read('/ada/target')).toBe('newer');
    const { headers } = await davClient(server)('HEAD', '/ada/target');
    expect(Date.parse(headers.get('last-modified')!)).toBe(1_700_000_000_000);
    expect(await names()).toEqual(['/ada/', '/ada/source', '/ada/target']);
  });
});

describe('A5 a shutdown in the middle of an upload that does not end', () => {
  it('leaves the old file, and no upload session', async () => {
    const server = await startTestServer({ yaml: ['limits: { drainSeconds: 0 }'] });
    try {
      await davClient(server)('PUT', '/ada/target', {}, 'old');
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname).on('error', () => {});
      const size = 40 * 1024 ** 2;
      socket.write(
        compose('PUT /ada/target', { ...basic(server.user, server.password), 'Content-Length': String(size) }),
      );
      socket.write(Buffer.alloc(size / 2));
      await eventually(() => expect(server.emulator.openUploadSessions()).toBe(1));
      await server.restart();
      expect(server.emulator.openUploadSessions()).toBe(0);
      expect(server.emulator.calls.map(({ operation }) => operation)).toContain('upload-session-cancel');
      expect((await davClient(server)('GET', '/ada/target')).text).toBe('old');
    } finally {
      await server.stop();
    }
  });
});

describe('a shutdown while Microsoft does not answer', () => {
  it('A5 is within the ten seconds that Docker waits, by default', async () => {
    const clock = fakeClock();
    const server = await startTestServer({ clock });
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    server.emulator.setFault(() => {
      asked.resolve();
      return { delayUntil: released.promise };
    });
    const answer = davClient(server)('PUT', '/ada/file', {}, 'x').catch(() => undefined);
    await asked.promise;
    const before = clock.slept.length;
    await server.restart();
    const waited = clock.slept.slice(before);
    released.resolve();
    await answer;
    await server.stop();
    expect(waited[0]).toBe(4_000);
    expect(waited.reduce((sum, each) => sum + each, 0)).toBeLessThan(10_000);
  });

  it('does not wait for a look into the directory', async () => {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const server = await startTestServer({
      mounts: ['{ mailboxes: {} }'],
      seed: emulator =>
        emulator.setFault(() => {
          asked.resolve();
          return { delayUntil: released.promise };
        }),
    });
    await asked.promise;
    await server.restart();
    released.resolve();
    await server.stop();
  });
});
