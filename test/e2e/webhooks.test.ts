import { afterEach, describe, expect, it } from 'vitest';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/reverse-proxy.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const running: TestServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    expect(server.emulator.violations).toEqual([]);
    await server.stop();
  }
});

/** A server that Graph can reach, and that would not poll for an hour. */
async function startNotified({ path = '' }: { path?: string } = {}) {
  const port = await freePort();
  const server = await startTestServer({
    yaml: [
      `listen: { host: 127.0.0.1, port: ${port}, basePath: "${path === '' ? '/' : path}" }`,
      `publicUrls: ["http://127.0.0.1:${port}${path}"]`,
      'cache: { pollSeconds: 3600, webhooks: true }',
    ],
  });
  running.push(server);
  const dav = davClient(server);
  const count = (operation: string) => server.emulator.calls.filter(call => call.operation === operation).length;
  const list = async () => (await dav('PROPFIND', `${path}/ada/`, { Depth: '1' })).text;
  const notify = (body: string, query = '') =>
    fetch(`http://127.0.0.1:${port}${path}/-/notifications${query}`, { method: 'POST', body });
  return { server, dav, list, count, notify };
}

/** Lists the drive, so that its feed is followed and Graph has been asked to notify. */
async function inUse(under: Awaited<ReturnType<typeof startNotified>>) {
  await under.list();
  await eventually(() => {
    expect([under.count('subscription-post-subscriptions'), under.count('driveItem-delta')]).toEqual([1, 1]);
  });
  await under.list();
}

describe('notifications of Graph', () => {
  it.each(['', '/dav'])(
    'make a change show at once that the next poll would show in an hour (base path "%s")',
    async path => {
      const under = await startNotified({ path });
      await inUse(under);
      await under.server.mailboxes.ada.put('/new.txt', 'made elsewhere');
      await eventually(() => expect(under.count('driveItem-delta')).toBe(2));
      await eventually(async () => expect(await under.list()).toContain('new.txt'));
      // Nothing that is about another drive was asked for.
      expect(under.count('subscription-post-subscriptions')).toBe(1);
    },
  );

  it('cost no call for a drive that nobody uses', async () => {
    const under = await startNotified();
    await inUse(under);
    const before = under.server.emulator.calls.length;
    await under.server.mailboxes.grace.put('/new.txt', 'of Grace');
    expect(under.server.emulator.calls.length).toBe(before);
  });

  it('end with the server', async () => {
    const under = await startNotified();
    await inUse(under);
    await under.server.suspend();
    expect(under.count('subscription-delete')).toBe(1);
  });

  it('are believed only with the state that was given to Graph, and answered alike', async () => {
    const under = await startNotified();
    await inUse(under);
    const forged = { subscriptionId: 'guess', clientState: 'guess', resource: 'drives/x/root' };
    const statuses: number[] = [];
    for (const body of [JSON.stringify({ value: [forged, null, {}] }), '{"value":[]}', '{}', 'no json', '']) {
      statuses.push((await under.notify(body)).status);
    }
    expect(statuses).toEqual([202, 202, 400, 400, 400]);
    expect((await under.notify('x'.repeat(1024 * 1024 + 1))).status).toBe(400);
    expect(under.count('driveItem-delta')).toBe(1);
  });

  it('repeat a token as plain text, of a bounded length', async () => {
    const { notify } = await startNotified();
    const answer = await notify('', `?validationToken=${encodeURIComponent('<b>a b+c</b>')}`);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      '<b>a b+c</b>',
    ]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await notify('', `?validationToken=${'x'.repeat(4097)}`)).status).toBe(400);
  });

  it('are read below a base path in any spelling', async () => {
    const { server } = await startNotified({ path: '/my files' });
    const ask = (target: string) => fetch(`${server.url}${target}?validationToken=a?b`, { method: 'POST' });
    for (const target of ['/my%20files/-/notifications', '//my%20files/-/notifications']) {
      const answer = await ask(target);
      expect([target, answer.status, await answer.text()]).toEqual([target, 200, 'a?b']);
    }
  });

  it('are not listened to unless they are wanted', async () => {
    const server = await startTestServer();
    running.push(server);
    const answer = await fetch(`${server.url}/-/notifications?validationToken=x`, { method: 'POST' });
    expect([answer.status, await answer.text()]).toEqual([404, 'not found\n']);
  });

  it('that cannot be had are said in one line, and the drives are polled as before', async () => {
    const server = await startTestServer({
      // Nobody listens there.
      yaml: [`publicUrls: ["http://127.0.0.1:${await freePort()}"]`, 'cache: { webhooks: true }'],
    });
    running.push(server);
    const dav = davClient(server);
    const warnings = () => server.logged.filter(line => line.includes('Graph does not notify'));
    for (const drive of ['ada', 'grace']) {
      await dav('PROPFIND', `/${drive}/`, { Depth: '1' });
    }
    const polled = () => server.emulator.calls.filter(({ operation }) => operation === 'driveItem-delta').length;
    await eventually(() => expect([warnings().length, polled()]).toEqual([1, 2]));
    expect((await dav('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
  });
});
