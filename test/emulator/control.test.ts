import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { compose, rawRequest } from '../support/raw-http.ts';

let emulator: Emulator;
let ada: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator();
  ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

async function control(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${emulator.control}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) };
}

describe('access to the control API', () => {
  it('is this machine, by the plain door and by its own name', async () => {
    const { port } = new URL(emulator.control);
    const plain = (headers: Record<string, string>) =>
      rawRequest(emulator.control, compose('GET /-/emulator/state', headers));
    expect((await plain({ Host: `127.0.0.1:${port}` })).status).toBe(200);
    expect((await plain({ Host: `localhost:${port}` })).status).toBe(200);
    expect((await plain({ Host: 'evil.example' })).status).toBe(501);
    expect((await plain({ Host: '127.0.0.1.evil.example' })).status).toBe(501);
    expect((await plain({ Host: 'localhost', Origin: 'https://evil.example' })).status).toBe(403);
    expect((await client.plain('https://graph.microsoft.com/-/emulator/state')).status).toBe(501);
    // By TLS it is Microsoft that is asked, under whichever name.
    expect((await client.plain(`${emulator.url}/-/emulator/state`)).status).toBe(501);
  });

  it('learns which endpoints and methods exist', async () => {
    const text = await (await fetch(emulator.control)).text();
    expect(text).toContain('PUT    /-/emulator/faults');
    expect(text.trim().split('\n').length).toBe(20);
    expect((await control('GET', 'nothing')).status).toBe(404);
    expect((await control('GET', 'state/x')).status).toBe(404);
    expect((await control('POST', 'state')).json.error).toBe('This endpoint allows GET.');
  });
});

it('GET state has people, applications and settings', async () => {
  const { json } = await control('GET', 'state');
  expect(json.tenants[0]).toMatchObject({ name: 'contoso', tenantId: emulator.tenantId, clientId: emulator.clientId });
  expect(json.tenants[0].people[0]).toMatchObject({ upn: 'ada@contoso.com', driveId: ada.driveId, drive: 'ready' });
  expect([json.throttling, json.faults, json.latency, json.bandwidth]).toEqual([null, [], {}, {}]);
});

it('calls and violations are read and forgotten', async () => {
  await client.graph('/users');
  await client.graph('/me');
  expect((await control('GET', 'calls')).json.at(-2)).toMatchObject({ operation: 'user-list', status: 200 });
  expect((await control('GET', 'violations')).json).toMatchObject([{ rule: 'me', call: 2 }]);
  expect((await control('DELETE', 'calls')).status).toBe(204);
  await control('DELETE', 'violations');
  expect([emulator.calls, emulator.violations]).toEqual([[], []]);
});

it('faults are put, read and taken back; what is none is 400', async () => {
  const faults = [{ fault: 'error-500', operation: 'user-*', count: 1 }];
  expect((await control('PUT', 'faults', { faults })).status).toBe(204);
  expect((await control('GET', 'faults')).json).toEqual({ faults });
  expect((await client.graph('/users')).status).toBe(500);
  expect((await client.graph('/users')).status).toBe(200);
  await control('PUT', 'faults', { faults: [{ fault: { wire: { done: 'yes', status: 299, body: 'own' } } }] });
  expect((await client.graph('/users')).text).toBe('own');
  await control('DELETE', 'faults');
  expect((await client.graph('/users')).status).toBe(200);
  expect((await control('GET', 'faults')).json).toEqual({ faults: [] });
  for (const wrong of [{ fault: 'nonsense' }, { fault: 'error-500', nht: 1 }, { fault: { wire: {} } }]) {
    expect((await control('PUT', 'faults', { faults: [wrong] })).status).toBe(400);
  }
});

it('the clock moves, unless it is somebody else’s', async () => {
  const { json } = await control('POST', 'clock', { advanceMs: 7_200_000 });
  expect(json.offsetMs).toBe(7_200_000);
  // The token of before has expired.
  expect((await client.graph('/users')).status).toBe(401);
  await control('POST', 'clock', { offsetMs: 0 });
  expect((await client.graph('/users')).status).toBe(200);
  const other = await createEmulator({ clock: fakeClock() });
  const answer = await fetch(`${other.control}clock`, { method: 'POST', body: '{"offsetMs":1}' });
  expect(answer.status).toBe(409);
  await other.close();
});

it('people come, change and go; quotas are set; groups are made', async () => {
  const added = await control('POST', 'people', { upn: 'eve@contoso.com' });
  expect((await client.graph('/users/eve@contoso.com')).json.id).toBe(added.json.userId);
  expect((await control('POST', 'people', { upn: 'eve@contoso.com' })).status).toBe(409);
  await control('PATCH', 'people/eve@contoso.com', { upn: 'eva@contoso.com', accountEnabled: false });
  const renamed = await client.graph(`/users/${added.json.userId}?$select=userPrincipalName,accountEnabled`);
  expect([renamed.json.userPrincipalName, renamed.json.accountEnabled]).toEqual(['eva@contoso.com', false]);
  await control('PATCH', 'people/eva@contoso.com', { drive: 'no-mysite' });
  expect((await client.graph('/users/eva@contoso.com/drive')).status).toBe(404);
  const members = ['eva@contoso.com', 'ada@contoso.com'];
  const { json: group } = await control('POST', 'groups', { displayName: 'Team', members });
  expect(emulator.groups).toEqual([{ groupId: group.groupId, displayName: 'Team' }]);
  expect((await control('POST', 'groups', { displayName: 'x', members: ['no@body'] })).status).toBe(404);
  await control('DELETE', 'people/eva@contoso.com');
  expect((await client.graph('/users/eva@contoso.com')).status).toBe(404);
  expect((await control('DELETE', 'people/eva@contoso.com')).status).toBe(404);
  await control('PUT', 'quota/ada@contoso.com', { bytes: 1 });
  const path = `/drives/${ada.driveId}/root:/a.txt:/content?@microsoft.graph.conflictBehavior=fail`;
  expect((await client.graph(path, { method: 'PUT', body: 'more than one' })).status).toBe(507);
});

it('throttling, latency, bandwidth and consent are set', async () => {
  await control('PUT', 'throttling', { appMinute: 0 });
  expect((await client.graph('/users')).status).toBe(429);
  await control('PUT', 'throttling', { off: true });
  expect((await client.graph('/users')).status).toBe(200);
  await control('PUT', 'latency', { default: 0, token: 1 });
  await control('PUT', 'bandwidth', { down: 1e9 });
  await control('PUT', 'consent', { consent: 'refuse' });
  const { json } = await control('GET', 'state');
  expect([json.latency, json.bandwidth, json.consent, json.throttling]).toEqual([
    ...[{ default: 0, token: 1 }, { down: 1e9 }, 'refuse', null],
  ]);
  expect((await control('PUT', 'bandwidth', { down: -1 })).status).toBe(400);
});

it('a restart drops every connection, even a waiting one, and continues with the stored state', async () => {
  await ada.put('/a.txt', 'a');
  emulator.setFaults([{ fault: 'stall-before', operation: 'user-list', count: 1 }]);
  const hanging = client.graph('/users').then(
    () => 'answered',
    () => 'dropped',
  );
  await expect.poll(() => emulator.calls.at(-1)?.operation, { timeout: 30_000, interval: 5 }).toBe('user-list');
  expect((await control('POST', 'restart')).json).toEqual({ restarting: true });
  expect(await hanging).toBe('dropped');
  expect((await client.graph(`/drives/${ada.driveId}/root:/a.txt:`)).status).toBe(200);
});

it('an emulator with an answer that never comes can be closed', async () => {
  const other = await createEmulator();
  const impatient = await microsoftClient(other);
  other.setFaults([{ fault: 'stall-before' }]);
  const hanging = impatient.graph('/users').catch(() => 'dropped');
  await expect.poll(() => other.activeResponses(), { timeout: 30_000, interval: 5 }).toBe(1);
  await other.close();
  expect(await hanging).toBe('dropped');
  await impatient.close();
});
