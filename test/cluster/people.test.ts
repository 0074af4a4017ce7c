import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountBench, accountBenchOver, PEOPLE } from '../support/account-bench.ts';
import { type Cluster, type ClusterServer, startCluster } from '../support/cluster.ts';
import { clientWith } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { basic } from '../support/raw-http.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

describeWith(POSTGRES, 'people at several servers', () => {
  let bench: AccountBench<Cluster>;
  let servers: readonly ClusterServer[];

  beforeAll(async () => {
    bench = await accountBenchOver(await startCluster({ yaml: PEOPLE }));
    servers = bench.server.servers;
    // Each server reads the directory by itself.
    await eventually(async () => {
      const pages = await Promise.all(Array.from({ length: 2 * servers.length }, () => bench.browser().signIn()));
      expect(pages.map(({ status }) => status)).not.toContain(503);
    });
  });
  afterAll(async () => {
    expect(bench?.server.emulator.violations).toEqual([]);
    await bench?.stop();
  });

  const passwordOn = ({ text }: BrowserAnswer) => /<pre id="password"[^>]*>([^<]*)<\/pre>/.exec(text)?.[1];
  /** The status of a request with a device password at each server. */
  const statuses = (password: string, method = 'PROPFIND') =>
    Promise.all(
      servers.map(async server => {
        const dav = clientWith(server, basic('ada@contoso.com', password));
        return (await dav(method, '/', { Depth: '0' })).status;
      }),
    );

  it('a sign-in that begins on one server ends on another, ten times', async () => {
    for (let round = 0; round < 10; round += 1) {
      const before = bench.server.proxy.shares.reduce((sum, share) => sum + share, 0);
      const page = await bench.browser().signIn();
      expect([page.status, page.title]).toEqual([200, expect.stringMatching(/Your devices/)]);
      // Two requests and more: so none ended where it began.
      expect(bench.server.proxy.shares.reduce((sum, share) => sum + share, 0) - before).toBeGreaterThan(1);
    }
  });

  it('a device password that is made by one opens all, and one that is revoked by one opens none', async () => {
    const browser = bench.browser();
    await browser.signIn();
    for (let round = 0; round < 6; round += 1) {
      // Pages and forms go to the servers in turn, and so does each round.
      const password = passwordOn(
        await browser.send(await browser.open(''), '/passwords', { name: `Laptop ${round}` }),
      )!;
      expect(await statuses(password)).toEqual(servers.map(() => 207));
      // Those that have let it in remember it.
      expect(await statuses(password)).toEqual(servers.map(() => 207));
      const revoked = await browser.send(await browser.open(''), '/revoke-all');
      expect(revoked.status).toBe(200);
      // All count together how often it is wrong.
      expect([...new Set(await statuses(password))].filter(status => status !== 401 && status !== 429)).toEqual([]);
      await browser.open('/sign-in');
    }
  });

  it('who has come since the servers looked is let in by all once one has let them in', async () => {
    bench.server.emulator.addMailbox({ upn: 'joe@contoso.com' });
    bench.server.emulator.setSignIn({ as: 'joe@contoso.com' });
    const browser = bench.browser();
    await browser.signIn();
    for (let look = 0; look < servers.length; look += 1) {
      expect((await browser.open('')).title).toMatch(/Your devices/);
    }
    const password = passwordOn(await browser.send(await browser.open(''), '/passwords', { name: 'Phone' }))!;
    const found = servers.map(async server => {
      const dav = clientWith(server, basic('joe@contoso.com', password));
      return (await dav('PROPFIND', '/', { Depth: '0' })).status;
    });
    expect(await Promise.all(found)).toEqual(servers.map(() => 207));
    bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
  });

  it('who has signed out at one is out at all', async () => {
    const browser = bench.browser();
    const page = await browser.signIn();
    for (let look = 0; look < servers.length; look += 1) {
      expect((await browser.open('')).title).toMatch(/Your devices/);
    }
    const cookies = new Map(browser.cookies);
    await browser.send(page, '/sign-out');
    for (const [name, value] of cookies) {
      browser.cookies.set(name, value);
    }
    for (let look = 0; look < servers.length; look += 1) {
      const answer = await browser.visit('');
      expect([answer.status, answer.title ?? '']).not.toEqual([200, expect.stringMatching(/Your devices/)]);
    }
  });
});
