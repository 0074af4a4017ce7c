import { afterEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { eventually } from '../support/eventually.ts';
import { type MountsServer, type MountsServerOptions, startMountsServer } from '../support/mounts-server.ts';
import { openPut } from '../support/open-put.ts';
import { PASSWORD } from '../support/passwords.ts';

const running: MountsServer<unknown>[] = [];

async function serve<T>(options: MountsServerOptions<T>): Promise<MountsServer<T>> {
  const server = await startMountsServer(options);
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const server of running.splice(0)) {
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  }
});

const people = async (emulator: Emulator) => {
  const [ada, grace] = ['ada', 'grace'].map(name => emulator.addMailbox({ upn: `${name}@contoso.com` }));
  await ada!.put('/a.txt', 'of Ada');
  return { ada: ada!, grace: grace! };
};
const EVERYBODY = { mailboxes: { match: '*' } };
const ONLY_ADA = { mailboxes: { match: 'ada@*' } };
const looks = ({ emulator }: MountsServer<unknown>) =>
  emulator.calls.filter(({ operation }) => operation === 'user-list').length;

describe('rules of another configuration', () => {
  it('that find fewer mailboxes let the others go at once, even when the directory cannot be read', async () => {
    const server = await serve({ seed: people, mounts: () => [EVERYBODY] });
    expect(await server.names()).toEqual(['ada', 'grace']);
    server.emulator.setFault(operation => (operation === 'user-list' ? { status: 503 } : undefined));
    expect((await server.reload({ mounts: [ONLY_ADA] })).changed).toEqual(['mounts']);
    expect((await server.dav()('GET', '/ada/a.txt')).text).toBe('of Ada');
    expect((await server.dav()('GET', '/grace/')).status).toBe(503);
    expect(await server.names()).toBe(503);
    server.emulator.setFault(undefined);
    await server.idle(1);
    await server.nextLook();
    expect(await server.names()).toEqual(['ada']);
    expect((await server.dav()('GET', '/grace/')).status).toBe(404);
  });

  it('that find more add them with their first look, and never show an empty tree before', async () => {
    const server = await serve({ seed: people, mounts: () => [ONLY_ADA] });
    const released = Promise.withResolvers<void>();
    server.emulator.setFault(operation => (operation === 'user-list' ? { delayUntil: released.promise } : undefined));
    await server.reload({ mounts: [EVERYBODY] });
    expect(await server.names()).toBe(503);
    expect((await server.dav()('GET', '/ada/a.txt')).text).toBe('of Ada');
    released.resolve();
    server.emulator.setFault(undefined);
    await eventually(async () => expect(await server.names()).toEqual(['ada', 'grace']));
  });

  it('that have not changed do not look anew, and their mounts keep what they know', async () => {
    const server = await serve({
      ...{ seed: people, mounts: () => [EVERYBODY] },
      config: { cache: { pollSeconds: 0, ttlSeconds: 3600 } },
    });
    await server.dav()('PROPFIND', '/ada/', { Depth: '1' });
    server.emulator.resetCalls();
    await server.reload({ config: { auth: { realm: 'Other' } } });
    expect((await server.dav()('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect(server.emulator.calls).toEqual([]);
    await server.nextLook();
    expect(looks(server)).toBe(1);
  });

  it('follow the directory as before after reloads: who leaves leaves, who comes comes', async () => {
    const server = await serve({ seed: people, mounts: () => [EVERYBODY] });
    for (const realm of ['One', 'Two']) {
      await server.reload({ config: { auth: { realm } } });
    }
    server.seeded.grace.deleteUser();
    server.emulator.addMailbox({ upn: 'bob@contoso.com' });
    await server.nextLook();
    await server.nextLook();
    expect(await server.names()).toEqual(['ada', 'bob']);
  });

  it('with other settings give the mailboxes these at once', async () => {
    const server = await serve({ seed: people, mounts: () => [EVERYBODY] });
    await server.reload({ mounts: [{ ...EVERYBODY, readOnly: true }] });
    expect((await server.dav()('PUT', '/ada/x', {}, 'x')).status).toBe(403);
    expect(await server.names()).toEqual(['ada', 'grace']);
  });

  it('keep the date of the root while the same mounts are shown', async () => {
    const server = await serve({ seed: people, mounts: () => [EVERYBODY] });
    const dateOfRoot = async () =>
      /<D:getlastmodified>([^<]*)</.exec((await server.dav()('PROPFIND', '/', { Depth: '0' })).text)![1];
    const before = await dateOfRoot();
    await server.clock.pass(5_000);
    await server.reload({ config: { auth: { realm: 'Other' } } });
    expect(await dateOfRoot()).toBe(before);
    await server.reload({ mounts: [EVERYBODY, { mailbox: 'grace@contoso.com', name: 'other' }] });
    await eventually(async () => expect(await server.names()).toContain('other'));
    expect(await dateOfRoot()).not.toBe(before);
  });

  it('take the place of those before at once, though a request is under way that began with those', async () => {
    const server = await serve({ seed: people, mounts: () => [EVERYBODY] });
    const account = { url: server.url(), user: 'all', password: PASSWORD };
    const put = await openPut(account, '/ada/new', { Expect: '100-continue', 'Content-Length': '3' });
    server.emulator.resetCalls();
    await server.reload({ mounts: [{ mailboxes: { match: ['*', 'ada@*'] } }] });
    await eventually(() => expect(looks(server)).toBe(1));
    await server.idle(1);
    await server.nextLook();
    expect(looks(server)).toBe(2);
    put.put.end('new');
    expect(await put.status).toBe(201);
  });
});
