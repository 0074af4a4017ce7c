import { afterAll, beforeAll, expect, it } from 'vitest';
import { act } from '../support/browser-client.ts';
import { type Cluster, type ClusterServer, startCluster } from '../support/cluster.ts';
import { type DavAnswer, davClient } from '../support/dav-client.ts';
import { describeWith } from '../support/foreign-client.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { quickXorHash } from '../support/quick-xor-hash.ts';
import { makeShare, visitor } from '../support/shares.ts';

describeWith(POSTGRES, 'any server', () => {
  const MIB = 1024 ** 2;
  const BYTES = Buffer.alloc(5 * MIB, 'new bytes ');

  let cluster: Cluster;
  let a: ClusterServer;
  let b: ClusterServer;
  let c: ClusterServer;
  let microsoft: MicrosoftClient;

  beforeAll(async () => {
    cluster = await startCluster({
      yaml: ['shares: {}'],
      mounts: ['{ mailbox: ada@contoso.com, name: direct, download: redirect }'],
    });
    [a, b, c] = cluster.servers as [ClusterServer, ClusterServer, ClusterServer];
    microsoft = await microsoftClient(cluster.emulator);
  });
  afterAll(async () => {
    expect(cluster?.emulator.violations).toEqual([]);
    await microsoft?.close();
    await cluster?.stop();
  });

  const read = ({ text }: DavAnswer) => JSON.parse(text) as Record<string, unknown>;

  it('the zip of a selection that one server has taken comes from another', async () => {
    await a.dav()('MKCOL', '/ada/zip/');
    await a.dav()('PUT', '/ada/zip/one.txt', {}, 'one');
    for (const server of [a, b, c]) {
      const { href } = read(await act(server.dav(), '/ada/zip/?action=zip', { input: { names: ['one.txt'] } }));
      for (const other of [a, b, c]) {
        const zip = await other.dav()('GET', String(href));
        expect([zip.status, zip.headers.get('Content-Type')]).toEqual([200, 'application/zip']);
      }
    }
  });

  it('a file goes to Microsoft by an upload that one server has opened, another shows and a third one commits', async () => {
    const path = '/direct/uploaded.bin';
    const input = { size: BYTES.length, conflict: 'replace' };
    const { id, url } = read(await act(a.dav(), `${path}?action=upload`, { input })) as { id: string; url: string };
    const headers = { 'content-range': `bytes 0-${BYTES.length - 1}/${BYTES.length}` };
    expect((await microsoft.plain(url, { method: 'PUT', headers, body: BYTES })).status).toBe(202);
    expect((await act(b.dav(), `${path}?action=upload-status`, { input: { id } })).status).toBe(200);
    const commit = { id, quickXorHash: quickXorHash(BYTES) };
    expect((await act(c.dav(), `${path}?action=upload-commit`, { input: commit })).status).toBeLessThan(300);
    expect(cluster.mailboxes.ada.stat('/uploaded.bin')?.size).toBe(BYTES.length);
    // It is over for all.
    for (const server of [a, b, c]) {
      expect((await act(server.dav(), `${path}?action=upload-status`, { input: { id } })).status).toBe(404);
    }
    expect(cluster.emulator.openUploadSessions()).toBe(0);
  });

  it('an upload that one server has opened is dropped by another', async () => {
    const path = '/direct/dropped.bin';
    const input = { size: BYTES.length, conflict: 'replace' };
    const { id } = read(await act(a.dav(), `${path}?action=upload`, { input }));
    expect((await act(b.dav(), `${path}?action=upload-cancel`, { input: { id } })).status).toBeLessThan(300);
    expect(cluster.emulator.openUploadSessions()).toBe(0);
    expect((await act(c.dav(), `${path}?action=upload-status`, { input: { id } })).status).toBe(404);
  });

  it('a share for a number of downloads gives no more of them at several servers', async () => {
    await a.dav()('PUT', '/ada/counted.bin', {}, 'x'.repeat(MIB));
    const made = await makeShare(a.dav(), '/ada/counted.bin', { kind: 'read', maxDownloads: 4 });
    const downloads = Array.from({ length: 9 }, (_, turn) =>
      visitor([a, b, c][turn % 3]!)('GET', `${made.root}counted.bin`),
    );
    const given = (await Promise.all(downloads)).filter(({ status }) => status === 200);
    expect(given).toHaveLength(4);
    expect((await visitor(c)('GET', `${made.root}counted.bin`)).status).toBe(410);
  });

  it('a visitor goes on at another server with what they have sent to one', async () => {
    await a.dav()('MKCOL', '/ada/inbox/');
    const made = await makeShare(a.dav(), '/ada/inbox/', { kind: 'upload' });
    expect((await visitor(a)('PUT', `${made.root}sent.txt`, {}, 'sent')).status).toBe(201);
    // They may not replace it, wherever they ask, and the folder shows them their own.
    for (const server of [a, b, c]) {
      expect((await visitor(server)('PUT', `${made.root}sent.txt`, {}, 'other')).status).toBe(403);
      const listed = await visitor(server)('PROPFIND', made.root, { Depth: '1' });
      expect([listed.status, listed.text.includes('sent.txt')]).toEqual([207, true]);
    }
  });

  it('bodies of any length go through the proxy, both ways', async () => {
    const dav = davClient(cluster);
    for (const size of [0, 100, 5 * MIB, 11 * MIB]) {
      const body = Buffer.alloc(size, `${size} `);
      expect((await dav('PUT', '/ada/through.bin', {}, body)).status).toBeLessThan(300);
      const { status, text } = await dav('GET', '/ada/through.bin');
      expect([status, text === body.toString()]).toEqual([200, true]);
    }
  });
});
