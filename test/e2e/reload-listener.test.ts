import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { ask, openSession } from '../support/http2.ts';
import { openPut } from '../support/open-put.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { openReloadServer as serve } from '../support/reload-server.ts';
import { freePort } from '../support/reverse-proxy.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const USER = { user: 'all', password: 'all' };
const SMALL = { limits: { maxHeaderBytes: '8 KiB' } };
const LARGE = { limits: { maxHeaderBytes: '64 KiB' } };
const LONG = 'x'.repeat(40_000);

describe('the listener of another configuration', () => {
  it('takes longer headers, and shorter ones again, on new connections', async () => {
    const server = await serve({ config: SMALL });
    const request = compose('GET /ada/a.txt', { ...basic('all', 'all'), 'X-Long': LONG, Connection: 'close' });
    const status = async () => (await rawRequest(server.url, request)).status;
    expect(await status()).toBe(431);
    expect((await server.reload(LARGE)).changed).toEqual(['limits.maxHeaderBytes']);
    expect(await status()).toBe(200);
    await server.reload(SMALL);
    expect(await status()).toBe(431);
  });

  it('takes longer headers in HTTP/2 as well', async () => {
    await using folder = await makeTempDir();
    const [certificateFile, keyFile] = ['cert.pem', 'key.pem'].map(name => join(folder.path, name));
    const { certificate, key } = await makeCertificate({ kind: 'ec' });
    await writeFile(certificateFile!, certificate);
    await writeFile(keyFile!, key);
    const listen = { host: '127.0.0.1', port: 0, tls: { certificateFile, keyFile } };
    const server = await serve({ config: { ...SMALL, listen } });
    const status = async () => {
      const session = await openSession(server);
      const answer = await ask(session, 'GET /ada/a.txt', { 'x-long': LONG }, USER);
      const { maxHeaderListSize } = session.remoteSettings;
      session.destroy();
      return [answer.status === 200, maxHeaderListSize];
    };
    // Twice the limit: one that is only too long gets an answer.
    expect(await status()).toEqual([false, 16 * 1024]);
    await server.reload(LARGE);
    expect(await status()).toEqual([true, 128 * 1024]);
  });

  it('serves what waits on a connection by the configuration of the moment, each answer in its turn', async () => {
    const server = await serve();
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const released = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    server.emulator.setFault(() => {
      asked.resolve();
      return { delayUntil: released.promise };
    });
    let text = '';
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk;
    });
    const get = (path: string, more = {}) => compose(`GET ${path}`, { ...basic('all', 'all'), ...more });
    socket.write(`${get('/ada/a.txt')}${get('/grace/g.txt', { Connection: 'close' })}`);
    await asked.promise;
    await server.reload({ mounts: [{ mailbox: 'grace@contoso.com', name: 'other' }] });
    server.emulator.setFault(undefined);
    released.resolve();
    await once(socket, 'close');
    expect([...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual(['200', '404']);
  });

  it('ends what an earlier configuration had for Microsoft when its last request has ended', async () => {
    const port = await freePort();
    const notified = {
      listen: { host: '127.0.0.1', port },
      publicUrls: [`http://127.0.0.1:${port}`],
      cache: { pollSeconds: 3_600, webhooks: true },
    };
    const server = await serve({ config: notified });
    const count = (operation: string) => server.emulator.calls.filter(call => call.operation === operation).length;
    await server.dav()('PROPFIND', '/ada/', { Depth: '1' });
    await eventually(() => expect(count('subscription-post-subscriptions')).toBe(1));
    const put = await openPut({ url: server.url, ...USER }, '/ada/new', {
      Expect: '100-continue',
      'Content-Length': '3',
    });
    await server.reload({ cache: { pollSeconds: 1_800, webhooks: true } });
    // A later configuration ends at once: it has had no request.
    await server.reload({ cache: { pollSeconds: 900, webhooks: true } });
    await server.dav()('PROPFIND', '/ada/', { Depth: '1' });
    await eventually(() => expect(count('subscription-post-subscriptions')).toBe(2));
    expect(count('subscription-delete')).toBe(0);
    put.put.end('new');
    expect(await put.status).toBe(201);
    await eventually(() => expect(count('subscription-delete')).toBe(1));
  });
});
