import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { failToken, throttleGraph } from '../../src/emulator/faults.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

let clock: FakeClock;
let emulator: Emulator;
let client: MicrosoftClient;

beforeEach(async () => {
  clock = fakeClock(Date.parse('2026-11-25T10:00:00Z'));
  emulator = await createEmulator({ clock });
  emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

describe('throttling', () => {
  it('meets every call of Graph and no token, until it is taken back', async () => {
    emulator.setFault(throttleGraph('7'));
    for (const path of ['/users', '/users/ada@contoso.com/drive', '/drives/x/root/children']) {
      const { status, headers, json } = await client.graph(path);
      expect([status, headers['retry-after'], json.error.code]).toEqual([429, '7', 'activityLimitReached']);
    }
    expect((await client.token()).status).toBe(200);
    emulator.setFault(undefined);
    clock.advance(7_000);
    expect((await client.graph('/users')).status).toBe(200);
  });

  it('records a violation for an early retry, but not for a token request', async () => {
    emulator.setFault(throttleGraph('7'));
    await client.graph('/users');
    emulator.setFault(undefined);
    await client.token();
    expect(emulator.violations).toEqual([]);
    await client.graph('/users');
    expect(emulator.violations.map(({ rule }) => rule)).toEqual(['retry-after']);
  });
});

describe('the token endpoint', () => {
  it('fails in Entra’s envelope and not in Graph’s', async () => {
    emulator.setFault(failToken(503));
    const { status, json } = await client.token();
    expect([status, json.error, json.error_codes]).toEqual([503, 'temporarily_unavailable', [90033]]);
    expect(json.error_description).toMatch(/^AADSTS90033: .*\r\nTrace ID: /);
    expect((await client.graph('/users')).status).toBe(200);
  });

  it('can refuse with any code, with Retry-After, which is none of Graph’s', async () => {
    emulator.setFault(failToken({ status: 400, aadsts: 53003, error: 'access_denied', message: 'Blocked.' }));
    const blocked = await client.token();
    expect([blocked.status, blocked.json.error]).toEqual([400, 'access_denied']);
    expect(blocked.json.error_description).toMatch(/^AADSTS53003: Blocked\./);
    emulator.setFault(failToken({ status: 429, retryAfter: '30' }));
    expect((await client.token()).headers['retry-after']).toBe('30');
    emulator.setFault(undefined);
    await client.graph('/users');
    expect(emulator.violations).toEqual([]);
  });

  it('can be hidden by somebody’s page', async () => {
    emulator.setFault(failToken({ status: 200, html: '<h1>Welcome to the hotel</h1>' }));
    const { status, headers, text } = await client.token();
    expect([status, headers['content-type'], text]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<h1>Welcome to the hotel</h1>',
    ]);
  });
});

it('every answer has the time of the emulator’s clock', async () => {
  const dates = async () => [
    (await client.graph('/users')).headers.date,
    (await client.token()).headers.date,
    (await client.graph('/nonsense')).headers.date,
  ];
  expect(new Set(await dates())).toEqual(new Set(['Wed, 25 Nov 2026 10:00:00 GMT']));
  clock.advance(20 * 60_000);
  expect(new Set(await dates())).toEqual(new Set(['Wed, 25 Nov 2026 10:20:00 GMT']));
});
