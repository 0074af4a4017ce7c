import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { PROFILES, type Throttling } from '../../src/emulator/throttling.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

let clock: FakeClock;
let emulator: Emulator;
let client: MicrosoftClient;
let drive: string;

beforeEach(async () => {
  clock = fakeClock(Date.parse('2026-11-25T10:00:00Z'));
  emulator = await createEmulator({ clock });
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  emulator.addMailbox({ upn: 'new@contoso.com', drive: 'no-mysite' });
  await ada.put('/a.txt', 'a');
  drive = `/drives/${ada.driveId}`;
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

/** Single items, one unit each. */
async function items(count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    statuses.push((await client.graph(`${drive}/root`)).status);
  }
  return statuses;
}

function throttle(throttling: Throttling): void {
  emulator.setThrottling(throttling);
}

it('is off by default, and answers state their units all the same', async () => {
  expect((await client.graph(`${drive}/root/children`)).headers['x-ms-resource-unit']).toBe('2');
  expect((await client.graph(`${drive}/root`)).headers['x-ms-resource-unit']).toBe('1');
  expect((await client.token()).headers['x-ms-resource-unit']).toBeUndefined();
});

it('has Microsoft’s numbers by the size of the tenant', () => {
  expect(
    Object.values(PROFILES).map(({ appMinute, appDay, tenantFiveMinutes }) => [appMinute, appDay, tenantFiveMinutes]),
  ).toEqual([
    [1_250, 1_200_000, 18_750],
    [2_500, 2_400_000, 37_500],
    [3_750, 3_600_000, 56_250],
    [5_000, 4_800_000, 75_000],
    [6_250, 6_000_000, 93_750],
  ]);
});

describe('a minute of an application', () => {
  it('tells from 80 % on how much is left, and refuses what is beyond', async () => {
    throttle({ appMinute: 5 });
    expect(await items(3)).toEqual([200, 200, 200]);
    const told = await client.graph(`${drive}/root`);
    expect([
      told.headers['ratelimit-limit'],
      told.headers['ratelimit-remaining'],
      told.headers['ratelimit-reset'],
    ]).toEqual(['5', '1', '60']);
    clock.advance(20_000);
    expect(await items(1)).toEqual([200]);
    const refused = await client.graph(`${drive}/root`);
    expect([refused.status, refused.json.error.code]).toEqual([429, 'activityLimitReached']);
    expect([refused.headers['retry-after'], refused.headers['ratelimit-remaining']]).toEqual(['40', '0']);
    clock.advance(40_000);
    expect(await items(1)).toEqual([200]);
    expect(emulator.violations).toEqual([]);
  });

  it('begins anew with the first call after its end, with all of its units', async () => {
    throttle({ appMinute: 2 });
    expect(await items(3)).toEqual([200, 200, 429]);
    clock.advance(60_000);
    expect(await items(3)).toEqual([200, 200, 429]);
  });

  it('does not tell below 80 %', async () => {
    throttle({ appMinute: 10 });
    const headers = (await client.graph(`${drive}/root`)).headers;
    expect(headers['ratelimit-limit']).toBeUndefined();
  });

  it('counts listings twice', async () => {
    throttle({ appMinute: 3 });
    expect((await client.graph(`${drive}/root/children`)).status).toBe(200);
    expect((await client.graph(`${drive}/root/children`)).status).toBe(429);
  });

  it('is each application’s own; a token is never refused', async () => {
    throttle({ appMinute: 1 });
    expect(await items(2)).toEqual([200, 429]);
    const application = emulator.addApplication({ roles: ['Files.ReadWrite.All'] });
    const other = await microsoftClient(emulator, { application });
    expect((await other.graph(`${drive}/root`)).status).toBe(200);
    expect((await client.token()).status).toBe(200);
    await other.close();
  });

  it('refuses before anything is done', async () => {
    throttle({ appMinute: 0 });
    expect((await client.graph(`${drive}/root:/a.txt:`, { method: 'DELETE' })).status).toBe(429);
    throttle({});
    expect((await client.graph(`${drive}/root:/a.txt:`)).status).toBe(200);
  });
});

it('a day, and a tenant’s five minutes, are limits as well', async () => {
  throttle({ appDay: 1 });
  expect(await items(1)).toEqual([200]);
  expect((await client.graph(`${drive}/root`)).headers['retry-after']).toBe('86400');
  throttle({ tenantFiveMinutes: 1 });
  clock.advance(86_400_000);
  client = await refreshed();
  expect(await items(1)).toEqual([200]);
  expect((await client.graph(`${drive}/root`)).headers['retry-after']).toBe('300');
});

it.for([
  ['seconds', '60'],
  ['fraction', '60.128'],
  ['date', 'Wed, 25 Nov 2026 10:01:00 GMT'],
  ['none', undefined],
] as const)('Retry-After by %s', async ([retryAfter, expected]) => {
  throttle({ appMinute: 0, retryAfter, status: 503 });
  const { status, headers, json } = await client.graph(`${drive}/root`);
  expect([status, json.error.code, headers['retry-after']]).toEqual([503, 'serviceNotAvailable', expected]);
});

it('a retry that comes too early counts and makes the wait longer; many end in a block', async () => {
  throttle({ appMinute: 1, blockAfter: 3 });
  await items(1);
  const waits = [];
  for (let index = 0; index < 4; index += 1) {
    const { status, headers } = await client.graph(`${drive}/root`);
    waits.push([status, headers['retry-after']]);
  }
  expect(waits).toEqual([
    [429, '60'],
    [429, '61'],
    [429, '62'],
    [503, '3600'],
  ]);
  expect(emulator.violations.map(({ rule }) => rule)).toEqual(['retry-after', 'retry-after', 'retry-after']);
  clock.advance(3_600_000);
  client = await refreshed();
  expect(await items(1)).toEqual([200]);
});

it('too many look-ups of OneDrives that are not there throttle', async () => {
  throttle({ missingDrives: 2 });
  const statuses = [];
  for (let index = 0; index < 4; index += 1) {
    statuses.push((await client.graph('/users/new@contoso.com/drive')).status);
  }
  expect(statuses).toEqual([404, 404, 404, 429]);
});

it.for([
  [false, 0],
  [true, 2],
] as const)('fragments cost units: %s', async ([fragmentsCost, units]) => {
  throttle({ fragmentsCost });
  const { json } = await client.graph(`${drive}/root:/b.txt:/createUploadSession`, {
    method: 'POST',
    body: { item: { '@microsoft.graph.conflictBehavior': 'fail' } },
  });
  await client.plain(json.uploadUrl, { method: 'PUT', headers: { 'content-range': 'bytes 0-0/1' }, body: 'b' });
  expect(emulator.calls.at(-1)).toMatchObject({ operation: 'upload-fragment', status: 201, resourceUnits: units });
});

/** A client with a token of now. */
async function refreshed(): Promise<MicrosoftClient> {
  await client.close();
  return microsoftClient(emulator);
}
