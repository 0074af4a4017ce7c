import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { compose, rawRequest, sendAndVanish } from '../support/raw-http.ts';

let emulator: Emulator;
let ada: MailboxHandle;
let client: MicrosoftClient;
let reported: string[];

beforeEach(async () => {
  reported = [];
  emulator = await createEmulator({
    onInternalError: (error, { operation }) => reported.push(`${operation}: ${error}`),
  });
  ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await ada.put('/a.txt', 'a');
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

function patch(body: string | Buffer) {
  return client.graph(`/drives/${ada.driveId}/root:/a.txt:`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

it.for([
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"x"'],
  ['a number', '5'],
  ['nothing that is JSON', '{"name":'],
  ['a parentReference that is null', '{"parentReference":null}'],
  ['a parentReference that is a text', '{"parentReference":"x"}'],
  ['a fileSystemInfo that is a list', '{"fileSystemInfo":[]}'],
  ['a name that is a number', '{"name":5}'],
  ['a name that is null', '{"name":null}'],
  ['a lone surrogate in a name', String.raw`{"name":"\ud800.txt"}`],
  ['a lone surrogate in a key', String.raw`{"\udc00":1}`],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
] as const)('a body of %s is 400 in Graph’s envelope', async ([, body]) => {
  const { status, json } = await patch(body as string | Buffer);
  expect([status, json.error.code]).toEqual([400, 'BadRequest']);
  expect(Object.keys(ada.tree())).toEqual(['/a.txt']);
  expect(emulator.violations.filter(({ rule }) => rule === 'internal-error')).toEqual([]);
});

it('a bug of the emulator is 500 generalException, reported and recorded with its call', async () => {
  emulator.resetCalls();
  // Nothing that a client can do; a bug of the emulator might.
  emulator.addMailbox({ upn: 'bug@contoso.com' }).rename(5 as unknown as string);
  const bug = await client.graph('/users?$select=id,userType');
  expect([bug.status, bug.json.error.code]).toEqual([500, 'generalException']);
  expect(reported).toEqual(['user-list: TypeError: user.upn.includes is not a function']);
  expect(emulator.violations).toEqual([
    { rule: 'internal-error', detail: expect.stringContaining('GET /v1.0/users: TypeError'), call: 0 },
  ]);
});

it('ids come back on success as on errors, and so do the version and the diagnostics', async () => {
  const options = { headers: { 'client-request-id': 'my-id' } };
  for (const path of ['/users', '/nonsense']) {
    const { headers } = await client.graph(path, options);
    expect([headers['client-request-id'], headers['odata-version']]).toEqual(['my-id', '4.0']);
    expect(headers['x-ms-ags-diagnostic']).toContain('ServerInfo');
    expect(headers['request-id']).not.toBe('my-id');
  }
  const { headers } = await client.graph('/users');
  expect(headers['client-request-id']).toBe(headers['request-id']);
});

it('an address that is none is 400, and no dropped connection', async () => {
  for (const target of ['http://[', '//[/x']) {
    const { status, body } = await rawRequest(
      emulator.proxy,
      compose(`GET ${target}`, { Host: 'graph.microsoft.com' }),
    );
    expect([status, JSON.parse(body).error.code]).toEqual([400, 'BadRequest']);
  }
});

it('a client that leaves is no bug of the emulator', async () => {
  const { port } = new URL(emulator.proxy);
  const token = (await client.token()).json.access_token as string;
  const headers = { Host: 'graph.microsoft.com', Authorization: `Bearer ${token}`, 'Content-Length': '1000' };
  await sendAndVanish(
    `http://127.0.0.1:${port}`,
    compose(
      `PUT /v1.0/drives/${ada.driveId}/root:/b.txt:/content?@microsoft.graph.conflictBehavior=fail`,
      headers,
      'x',
    ),
  );
  await expect
    .poll(() => emulator.calls.at(-1)?.operation, { timeout: 30_000, interval: 5 })
    .toBe('driveItem-put-content');
  await expect.poll(() => emulator.activeResponses(), { timeout: 30_000, interval: 5 }).toBe(0);
  expect([emulator.violations, reported]).toEqual([[], []]);
});

it('HEAD has no body, whatever it is answered', async () => {
  const { status, text } = await client.graph('/users', { method: 'HEAD' });
  expect([status, text]).toEqual([501, '']);
});
