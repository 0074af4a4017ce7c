import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import type { Timers } from '../../src/emulator/timers.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { type NotificationEndpoint, notificationEndpoint } from '../support/notification-endpoint.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MINUTE = 60_000;

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;
let clock: FakeClock;
let endpoint: NotificationEndpoint;
/** Lets go what waits for the emulated time: the oldest first. */
let release: (() => void)[];
const timers: Timers = { now: () => 0, sleep: () => new Promise(resolve => release.push(resolve)) };

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock();
  release = [];
  emulator = await createEmulator({ clock, timers, ...options });
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

beforeEach(async () => {
  endpoint = await notificationEndpoint();
  await start();
});
afterEach(async () => {
  await stop();
  await endpoint.close();
});

const bodyOf = (more: object = {}) => ({
  changeType: 'updated',
  notificationUrl: endpoint.url,
  resource: `/drives/${mailbox.driveId}/root`,
  expirationDateTime: new Date(clock.now() + 60 * MINUTE).toISOString(),
  clientState: 'secret',
  ...more,
});
const subscribe = (more: object = {}) => client.graph('/subscriptions', { method: 'POST', body: bodyOf(more) });
const list = async (): Promise<{ id: string }[]> => (await client.graph('/subscriptions')).json.value;

/** Runs the oldest wait to its end; there must be one. */
function letOneGo(): void {
  const next = release.shift();
  expect(next).toBeDefined();
  next?.();
}

describe('subscribing', () => {
  it('asks the endpoint to repeat a token, and gives the subscription', async () => {
    const { status, json } = await subscribe();
    expect([status, json]).toEqual([
      201,
      expect.objectContaining({ ...bodyOf(), applicationId: emulator.clientId, id: expect.any(String) }),
    ]);
    expect(endpoint.validations).toEqual(['text/plain; charset=utf-8']);
    expect((await client.graph(`/subscriptions/${json.id}`)).json).toMatchObject({
      id: json.id,
      clientState: 'secret',
    });
    expect(await list()).toMatchObject([{ id: json.id }]);
  });

  it.each(['fail', 'lie', 'silence'] as const)('fails when the endpoint does otherwise (%s)', async behaviour => {
    await stop();
    await start({ notificationTimeoutMs: behaviour === 'silence' ? 20 : 10_000 });
    endpoint.behaviour = behaviour;
    const { status, json } = await subscribe();
    expect([status, json.error.code]).toEqual([400, 'InvalidRequest']);
    expect(json.error.message).toMatch(/^Subscription validation request failed\. /);
    expect(await list()).toEqual([]);
  });

  it.each([
    ['another change', { changeType: 'created,updated' }, 400],
    ['a plain address elsewhere', { notificationUrl: 'http://example.com/' }, 400],
    ['no address', { notificationUrl: undefined }, 400],
    ['a long clientState', { clientState: 'x'.repeat(129) }, 400],
    ['an end that has passed', { expirationDateTime: '2020-01-01T00:00:00Z' }, 400],
    ['no end', { expirationDateTime: undefined }, 400],
    ['no resource', { resource: '' }, 400],
    ['a resource that is not modelled', { resource: '/users' }, 501],
    ['a property that is not modelled', { includeResourceData: true }, 501],
  ])('refuses %s', async (_, more, status) => {
    expect((await subscribe(more)).status).toBe(status);
    expect([endpoint.validations, await list()]).toEqual([[], []]);
  });

  it.each(['http://example.com/', 'http://127.0.0.1.example.com/', 'ftp://127.0.0.1/', 'nonsense'])(
    'does not call %s at all',
    async notificationUrl => {
      expect((await subscribe({ notificationUrl })).json.error.message).toBe(
        'The notificationUrl must be an https address.',
      );
    },
  );

  it('takes 42,300 minutes at most', async () => {
    const at = (minutes: number) => ({ expirationDateTime: new Date(clock.now() + minutes * MINUTE).toISOString() });
    expect((await subscribe(at(42_301))).status).toBe(400);
    expect((await subscribe(at(42_300))).status).toBe(201);
  });

  it('is of the root of a drive, by any of its addresses', async () => {
    mailbox.mkdir('/folder');
    const { id } = (await client.graph(`/drives/${mailbox.driveId}/root:/folder`)).json;
    for (const rest of ['root:/folder', `items/${id}`]) {
      expect((await subscribe({ resource: `/drives/${mailbox.driveId}/${rest}` })).status).toBe(400);
    }
    for (const resource of [`drives/${mailbox.driveId}/root`, `/users/${mailbox.userId}/drive/root`]) {
      expect((await subscribe({ resource })).status).toBe(201);
    }
    expect((await subscribe({ resource: '/drives/x/root' })).status).toBe(400);
  });

  it('requires https when the switch says so', async () => {
    await stop();
    await start({ notificationUrls: 'https' });
    expect((await subscribe()).json.error.message).toMatch(/https/);
    expect(endpoint.validations).toEqual([]);
  });

  it('needs the permission to write, and is seen by its own application only', async () => {
    const { id } = (await subscribe()).json;
    const other = emulator.addApplication({ roles: ['Files.ReadWrite.All'] });
    const reader = emulator.addApplication({ roles: ['Files.Read.All'] });
    const [stranger, poor] = [
      await microsoftClient(emulator, { application: other }),
      await microsoftClient(emulator, { application: reader }),
    ];
    expect((await stranger.graph('/subscriptions')).json.value).toEqual([]);
    for (const method of ['GET', 'DELETE']) {
      expect((await stranger.graph(`/subscriptions/${id}`, { method })).status).toBe(404);
    }
    expect((await poor.graph('/subscriptions', { method: 'POST', body: bodyOf() })).status).toBe(403);
    await stranger.close();
    await poor.close();
  });
});

describe('a subscription', () => {
  it('tells of changes, whoever makes them, many in one', async () => {
    const { id, expirationDateTime } = (await subscribe()).json;
    const path = `/drives/${mailbox.driveId}/root:/a.txt:/content?@microsoft.graph.conflictBehavior=replace`;
    await client.graph(path, { method: 'PUT', body: 'a' });
    await mailbox.put('/b.txt', 'b');
    mailbox.remove('/b.txt');
    expect(release).toHaveLength(1);
    letOneGo();
    await endpoint.until(1);
    expect(endpoint.received).toEqual([
      [
        {
          subscriptionId: id,
          subscriptionExpirationDateTime: expirationDateTime,
          clientState: 'secret',
          changeType: 'updated',
          resource: `/drives/${mailbox.driveId}/root`,
          tenantId: emulator.tenantId,
        },
      ],
    ]);
    await mailbox.put('/c.txt', 'c');
    letOneGo();
    await endpoint.until(2);
  });

  it('is notified together with others of the same endpoint, and only about its own drive', async () => {
    const bob = emulator.addMailbox({ upn: 'bob@contoso.com' });
    const eve = emulator.addMailbox({ upn: 'eve@contoso.com' });
    const first = (await subscribe()).json.id;
    const second = (await subscribe({ resource: `/drives/${bob.driveId}/root` })).json.id;
    await subscribe({ resource: `/drives/${eve.driveId}/root` });
    await mailbox.put('/a', '');
    await bob.put('/b', '');
    expect(release).toHaveLength(1);
    letOneGo();
    await endpoint.until(1);
    expect(endpoint.received[0]?.map(each => each.subscriptionId)).toEqual([first, second]);
  });

  it('tries again, three times in all', async () => {
    await subscribe();
    endpoint.behaviour = 'fail';
    await mailbox.put('/a', '');
    for (const count of [1, 2, 3]) {
      while (release.length === 0) {
        await new Promise(resolve => setImmediate(resolve));
      }
      letOneGo();
      await endpoint.until(count);
    }
    endpoint.behaviour = 'echo';
    await mailbox.put('/b', '');
    letOneGo();
    await endpoint.until(4);
    expect(release).toEqual([]);
  });

  it('ends with its time, and is renewed before', async () => {
    const { id } = (await subscribe()).json;
    clock.advance(50 * MINUTE);
    const expirationDateTime = new Date(clock.now() + 20 * MINUTE).toISOString();
    const renewed = await client.graph(`/subscriptions/${id}`, { method: 'PATCH', body: { expirationDateTime } });
    expect([renewed.status, renewed.json.expirationDateTime]).toEqual([200, expirationDateTime]);
    const tooLong = { expirationDateTime: new Date(clock.now() + 42_301 * MINUTE).toISOString() };
    expect((await client.graph(`/subscriptions/${id}`, { method: 'PATCH', body: tooLong })).status).toBe(400);
    const other = { notificationUrl: 'https://example.com' };
    expect((await client.graph(`/subscriptions/${id}`, { method: 'PATCH', body: other })).status).toBe(501);
    clock.advance(15 * MINUTE);
    // The first token has ended by now.
    const later = await microsoftClient(emulator);
    expect((await later.graph(`/subscriptions/${id}`)).status).toBe(200);
    clock.advance(5 * MINUTE);
    expect((await later.graph(`/subscriptions/${id}`)).status).toBe(404);
    await later.close();
    await mailbox.put('/late', '');
    expect(release).toEqual([]);
  });

  it('is quiet once it is deleted', async () => {
    const { id } = (await subscribe()).json;
    expect((await client.graph(`/subscriptions/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await client.graph(`/subscriptions/${id}`, { method: 'DELETE' })).status).toBe(404);
    await mailbox.put('/a', '');
    expect([release, await list()]).toEqual([[], []]);
  });

  it('is not notified without a change', async () => {
    await subscribe();
    expect((await client.graph(`/drives/${mailbox.driveId}/root:/nothing`, { method: 'DELETE' })).status).toBe(404);
    await client.graph(`/drives/${mailbox.driveId}/root/children`);
    expect(release).toEqual([]);
  });

  it('outlives a restart', async () => {
    await stop();
    await using dir = await makeTempDir();
    const dataDir = dir.path;
    await start({ dataDir });
    const { id } = (await subscribe()).json;
    await stop();
    emulator = await createEmulator({ clock, timers, dataDir });
    client = await microsoftClient(emulator);
    expect(await list()).toMatchObject([{ id }]);
    const path = `/drives/${mailbox.driveId}/root:/a.txt:/content?@microsoft.graph.conflictBehavior=replace`;
    await client.graph(path, { method: 'PUT', body: 'a' });
    letOneGo();
    await endpoint.until(1);
    expect(endpoint.received[0]).toMatchObject([{ subscriptionId: id }]);
    await stop();
    await start();
  });
});
