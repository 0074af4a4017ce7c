import { afterEach, describe, expect, it } from 'vitest';
import { type AccountBench, startAccountBench } from '../support/account-bench.ts';
import { davClient } from '../support/dav-client.ts';

const ADA = ['people:', '  - { match: "ada@contoso.com", mounts: own }'];
const GRACE = ['people:', '  - { match: "grace@contoso.com", mounts: own }'];
const READING = ['people:', '  - { match: "ada@contoso.com", mounts: own, access: read }'];
const REALM = ['auth: { realm: Other }'];
const benches: AccountBench[] = [];

afterEach(async () => {
  for (const bench of benches.splice(0)) {
    await bench.stop();
  }
});

/** Ada's browser, where she is signed in, and a client with her device password. */
async function adaSignedIn() {
  const bench = await startAccountBench({ yaml: ADA });
  benches.push(bench);
  const browser = bench.browser();
  const made = await browser.send(await browser.signIn(), '/passwords', { name: 'Laptop' });
  const password = /<pre id="password"[^>]*>([^<]*)<\/pre>/.exec(made.text)![1]!;
  const dav = davClient({ url: bench.server.url, user: 'ada', password });
  return { bench, browser, dav, isSignedIn: async () => (await browser.open('')).text.includes('/sign-out') };
}

describe('people of another configuration', () => {
  it('whom no rule admits any more are out at once: their device passwords and their sessions', async () => {
    const { bench, dav, isSignedIn } = await adaSignedIn();
    expect((await dav('PUT', '/ada/x', {}, 'x')).status).toBe(201);
    expect(await isSignedIn()).toBe(true);
    expect((await bench.server.reload({ yaml: GRACE })).changed).toEqual(['people']);
    expect((await dav('GET', '/ada/x')).status).toBe(401);
    expect(await isSignedIn()).toBe(false);
  });

  it('have other rights at once', async () => {
    const { bench, dav } = await adaSignedIn();
    await bench.server.reload({ yaml: READING });
    expect((await dav('PUT', '/ada/x', {}, 'x')).status).toBe(403);
    expect((await dav('PROPFIND', '/ada/', { Depth: '0' })).status).toBe(207);
  });

  it('stay signed in, and known without a look, when something else changes', async () => {
    const { bench, dav, isSignedIn } = await adaSignedIn();
    bench.server.emulator.resetCalls();
    await bench.server.reload({ yaml: [...ADA, ...REALM] });
    expect((await dav('PROPFIND', '/', { Depth: '0' })).status).toBe(207);
    expect(await isSignedIn()).toBe(true);
    expect(bench.server.emulator.calls).toEqual([]);
  });

  it('may go on with a sign-in that was under way', async () => {
    const { bench } = await adaSignedIn();
    const browser = bench.browser();
    const away = await browser.visit('/sign-in');
    await bench.server.reload({ yaml: [...ADA, ...REALM, 'publicUrls: ["http://other.example"]'] });
    await bench.server.reload({ yaml: [...ADA, ...REALM] });
    const back = await browser.open(away.headers.location as string);
    expect(back.text).toContain('/sign-out');
  });
});
