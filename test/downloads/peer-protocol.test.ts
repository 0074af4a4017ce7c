import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signPath } from '../../src/downloads/signature.ts';
import { davClient } from '../support/dav-client.ts';
import { PEER_TOKEN as TOKEN } from '../support/peer-vectors.ts';
import { type StockProxySettings, startStockProxy } from '../support/stock-proxy.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const OTHER = 'another-key-of-the-tests';

describe("a proxy of the peers' in front of this server", () => {
  let server: TestServer;
  let proxy: Awaited<ReturnType<typeof startStockProxy>>;
  const settings: StockProxySettings = { address: '', token: TOKEN };
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));

  beforeAll(async () => {
    proxy = await startStockProxy(settings);
    server = await startTestServer({
      emulator: { downloadBase: 'loopback' },
      mounts: ['{ mailbox: ada@contoso.com, name: far, download: download-proxy }'],
      yaml: [`downloads: { proxy: { urls: ["${proxy.url}"], keys: [{ secret: ${TOKEN} }] } }`],
    });
    settings.address = server.url;
    await server.mailboxes.ada.put('/Docs & more/100% #1 ü.bin', bytes);
  });
  afterAll(async () => {
    await server?.stop();
    await proxy?.stop();
  });

  async function locationOf(path: string): Promise<string> {
    return (await davClient(server)('GET', path)).headers.get('location')!;
  }

  it('serves a file, whole and in part, to a client that was sent to it', async () => {
    const url = await locationOf(`/far/${encodeURIComponent('Docs & more')}/${encodeURIComponent('100% #1 ü.bin')}`);
    expect(url.startsWith(proxy.url)).toBe(true);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(url, { headers: { Range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/5000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    expect(server.emulator.violations).toEqual([]);
  });

  it('understands our refusals: they are its own envelope', async () => {
    const missing = await fetch(`${proxy.url}/far/missing?sign=${signPath('/far/missing', 0, TOKEN)}`);
    expect(await missing.json()).toMatchObject({ code: 404, message: expect.stringContaining('missing') });
    settings.token = OTHER;
    const refused = await fetch(`${proxy.url}/far/x?sign=${signPath('/far/x', 0, OTHER)}`);
    settings.token = TOKEN;
    expect(await refused.json()).toMatchObject({ code: 401 });
  });
});
