import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, hrefsOf } from '../support/dav-client.ts';
import { davThrough } from '../support/dav-through.ts';
import { eventually } from '../support/eventually.ts';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith } from '../support/foreign-client.ts';
import { activeLocks, failedConditions, lockInfo } from '../support/locks.ts';
import { basic } from '../support/raw-http.ts';
import { rcloneOnWebDav } from '../support/rclone.ts';
import { configOf, freePort, type ReverseProxy, startCaddy, startNginx } from '../support/reverse-proxy.ts';
import { ODD_NAMES, sampleBytes, writeSampleTree } from '../support/sample-tree.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
/** The client's address, other than the proxy's; on Linux all of 127.0.0.0/8 is this machine. */
const CLIENT = '127.0.0.2';

const proxies = [
  ['nginx', startNginx, ['nginx.conf', 'nginx-prefix-kept.conf', 'nginx-prefix-taken-off.conf']],
  ['caddy', startCaddy, ['Caddyfile', 'Caddyfile-prefix-kept', 'Caddyfile-prefix-taken-off']],
] as const;

for (const [program, start, [atTheRoot, prefixKept, prefixTakenOff]] of proxies) {
  describeWith(program, `${program} as in docs/examples`, () => {
    describe.each([
      [atTheRoot, ''],
      [prefixKept, '/dav'],
      [prefixTakenOff, '/dav'],
    ])('%s', (example, base) => {
      let folder: Awaited<ReturnType<typeof makeTempDir>>;
      let server: TestServer;
      let proxy: ReverseProxy;
      let agent: Agent;
      let publicUrl: string;
      let dav: Dav;

      beforeAll(async () => {
        folder = await makeTempDir();
        const port = await freePort();
        publicUrl = `https://localhost:${port}`;
        server = await startTestServer({ yaml: await configOf(example, port) });
        proxy = await start({ example, port, upstream: Number(new URL(server.url).port), folder: folder.path });
        agent = new Agent({ localAddress: CLIENT, connect: { ca: proxy.ca, family: 4 } });
        dav = davThrough({ ...server, url: publicUrl }, { dispatcher: agent });
      });
      afterAll(async () => {
        await agent?.close();
        await proxy?.stop();
        await server?.stop();
        await folder?.[Symbol.asyncDispose]();
      });

      const list = async (path: string) => hrefsOf((await dav('PROPFIND', path, { Depth: '1' })).text);
      const lastRequest = () => server.logged.map(line => JSON.parse(line)).findLast(({ msg }) => msg === 'request');

      it('lists with the hrefs that clients know, and without a redirect to a slash', async () => {
        const mounts = [`${base}/`, `${base}/ada/`, `${base}/grace/`];
        expect(await list(`${base}/`)).toEqual(mounts);
        expect(await list(base || '/')).toEqual(mounts);
        await dav('MKCOL', `${base}/ada/a%20folder`);
        expect(await list(`${base}/ada/a%20folder`)).toEqual([`${base}/ada/a%20folder/`]);
        expect((await dav('MKCOL', `${base}/ada/a%20folder`)).status).toBe(405);
      });

      it('answers OPTIONS and PROPFIND at the root of the host, which Explorer asks first', async () => {
        for (const path of new Set(['/', `${base}/`, base || '/', `${base}/ada`])) {
          const { status, headers } = await dav('OPTIONS', path);
          expect([path, status, headers.get('dav')]).toEqual([path, 200, '1, 2, 3, extended-mkcol']);
          expect((await dav('PROPFIND', path, { Depth: '0' })).status).toBe(207);
        }
      });

      if (base !== '') {
        it('leaves the rest of the host to what else is there', async () => {
          expect((await dav('GET', '/')).text).toBe('another site');
          expect((await dav('GET', '/davx')).status).toBe(404);
          expect(lastRequest()?.path).not.toBe('/davx');
        });
      }

      it('passes 24 MB without a length on as they come, none of them through its own disk', async () => {
        async function* body() {
          let sent = 0;
          for (const chunk of sampleBytes(24 * MIB, example)) {
            yield chunk;
            sent += chunk.length;
            if (sent === 10 * MIB) {
              await eventually(async () => expect(await readdir(spool)).toHaveLength(1));
            }
          }
        }
        const spool = join(server.folder, 'data', 'spool');
        const stored = await dav('PUT', `${base}/ada/24MB`, {}, body() as unknown as ReadableStream);
        expect(stored.status).toBe(201);
        const read = server.mailboxes.ada.read('/24MB');
        expect(await sha256Of([await read] as never)).toBe(await sha256Of(sampleBytes(24 * MIB, example) as never));
      });

      it('moves and copies to a Destination with the public https URL', async () => {
        await dav('PUT', `${base}/ada/one%20%26%20%C3%BC.txt`, {}, 'text');
        const from = `${base}/ada/one%20%26%20%C3%BC.txt`;
        const to = (name: string) => ({ Destination: `${publicUrl}${base}/grace/${name}` });
        expect((await dav('COPY', from, to('copy%23.txt'))).status).toBe(201);
        expect((await dav('MOVE', from, to('moved.txt'))).status).toBe(201);
        expect((await dav('MOVE', from, { Destination: 'https://files.example.com/x' })).status).toBe(502);
        expect(await list(`${base}/grace/`)).toEqual([
          `${base}/grace/`,
          `${base}/grace/copy%23.txt`,
          `${base}/grace/moved.txt`,
        ]);
      });

      it('locks, writes with a list that is tagged with the public URL, and unlocks', async () => {
        const path = `${base}/ada/locked.txt`;
        const { status, text } = await dav('LOCK', path, { Depth: '0' }, lockInfo());
        const [lock] = activeLocks(text);
        expect([status, lock!.root]).toEqual([201, [path]]);
        expect(failedConditions(await dav('PUT', path, {}, 'x')).hrefs).toEqual([path]);
        const put = await dav('PUT', path, { If: `<${publicUrl}${path}> (<${lock!.token}>)` }, 'mine');
        expect(put.status).toBe(204);
        expect((await dav('UNLOCK', path, { 'Lock-Token': `<${lock!.token}>` })).status).toBe(204);
        expect((await dav('GET', path)).text).toBe('mine');
      });

      it('gives a part of a file', async () => {
        await dav('PUT', `${base}/ada/part.txt`, {}, '0123456789');
        const { status, headers, text } = await dav('GET', `${base}/ada/part.txt`, { Range: 'bytes=3-5' });
        expect([status, headers.get('content-range'), text]).toEqual([206, 'bytes 3-5/10', '345']);
        expect(headers.get('content-length')).toBe('3');
      });

      it('says 100 Continue to a client that waits for it', async () => {
        const { port } = new URL(publicUrl);
        const headers = { ...basic(server.user, server.password), Expect: '100-continue', 'Content-Length': '4' };
        const path = `${base}/ada/continued.txt`;
        const options = { method: 'PUT', host: 'localhost', port, path, headers, ca: proxy.ca, family: 4 };
        const upload = request({ ...options, agent: false });
        upload.flushHeaders();
        await once(upload, 'continue');
        upload.end('text');
        const [answer] = await once(upload, 'response');
        expect(answer.statusCode).toBe(201);
      });

      it('passes the answer on when an upload is refused half-way', async () => {
        const nobody = davThrough({ ...server, url: publicUrl, password: 'wrong' }, { dispatcher: agent });
        for (let attempt = 0; attempt < 5; attempt += 1) {
          const body = () => sampleBytes(50 * MIB, 'refused') as never;
          expect((await dav('PUT', `${base}/ada/no/such/folder`, {}, body())).status).toBe(409);
          expect((await nobody('PUT', `${base}/ada/24MB`, {}, body())).status).toBe(401);
        }
      });

      it('tells us the address of its client, whatever the client says of itself', async () => {
        await dav('HEAD', `${base}/ada/`);
        expect(lastRequest().ip).toBe(CLIENT);
        await dav('HEAD', `${base}/ada/`, { 'X-Forwarded-For': '1.1.1.1', Forwarded: 'for=1.1.1.1' });
        expect(lastRequest().ip).toBe(CLIENT);
      });

      describeWith('rclone', 'rclone through it', () => {
        it('finds every odd name and byte again', async () => {
          const tree = join(folder.path, 'tree');
          // Each odd name once, since rclone leaves 10 ms between two requests; bodies below and above what a proxy buffers.
          await writeSampleTree(tree, { count: ODD_NAMES.length, largestBytes: 4 * MIB + 1 });
          const rclone = await rcloneOnWebDav(folder.path, { ...server, url: `${publicUrl}${base}` });
          const trust = ['--ca-cert', proxy.caFile];
          await rclone('copy', ...trust, tree, 'dav:ada/tree');
          expect((await rclone('check', ...trust, '--download', tree, 'dav:ada/tree')).stderr).toMatch(
            / 0 differences found/,
          );
          expect((await rclone('lsf', ...trust, 'dav:')).stdout).toBe('ada/\ngrace/\n');
        });
      });

      it('leaves no violation and no upload session behind', () => {
        expect(server.emulator.violations).toEqual([]);
        expect(server.emulator.openUploadSessions()).toBe(0);
      });
    });
  });
}
