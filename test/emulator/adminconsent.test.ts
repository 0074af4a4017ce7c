import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ApplicationHandle,
  createEmulator,
  type Emulator,
  type EmulatorOptions,
} from '../../src/emulator/emulator.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const REDIRECT = 'http://localhost/consent';
const GRAPH_SCOPE = 'https://graph.microsoft.com/.default';

let emulator: Emulator;
let application: ApplicationHandle;
let client: MicrosoftClient;

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await createEmulator(options);
  emulator.addMailbox({ upn: 'ada@contoso.com' });
  application = emulator.addApplication({
    displayName: 'Files <b>for all</b>',
    requiredRoles: ['Files.ReadWrite.All', 'User.Read.All'],
    redirectUris: [REDIRECT],
  });
  client = await microsoftClient(emulator, { application });
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

interface Asked {
  readonly tenant?: string;
  readonly version?: 'v1' | 'v2';
  /** Null leaves one out. */
  readonly query?: Record<string, string | null>;
}

function consentUrl({ tenant = emulator.tenantId, version = 'v1', query = {} }: Asked = {}): string {
  const scope = version === 'v2' ? GRAPH_SCOPE : null;
  const all = { client_id: application.clientId, redirect_uri: REDIRECT, state: 'a b&c', scope, ...query };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  const path = version === 'v2' ? 'v2.0/adminconsent' : 'adminconsent';
  return `https://login.microsoftonline.com/${tenant}/${path}?${new URLSearchParams(given)}`;
}

const ask = (asked: Asked = {}) => client.plain(consentUrl(asked));

/** Presses a button of the page. */
function press(page: MicrosoftAnswer, decision: string, url = consentUrl()): Promise<MicrosoftAnswer> {
  const ticket = /name="ticket" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  return client.plain(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ticket, decision }).toString(),
  });
}

/** Where a browser is sent, taken apart. */
function redirectOf({ status, headers }: MicrosoftAnswer): {
  status: number;
  to: string;
  query: Record<string, string>;
} {
  const url = new URL(String(headers.location));
  return { status, to: `${url.origin}${url.pathname}`, query: Object.fromEntries(url.searchParams) };
}

const driveStatus = async (token: string) =>
  (
    await client.plain('https://graph.microsoft.com/v1.0/users/ada@contoso.com/drive', {
      headers: { authorization: `Bearer ${token}` },
    })
  ).status;
const newToken = async (): Promise<string> => (await client.token()).json.access_token;

describe('the consent page', () => {
  it('names the application and what it asks for, with text that is none of its markup', async () => {
    const page = await ask();
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('Files &lt;b&gt;for all&lt;/b&gt;');
    expect(page.text).toContain('Read and write files in all site collections');
    expect(page.text).toContain('User.Read.All');
    expect(page.text).not.toContain('Files.Read.All');
    expect(page.text).toMatch(/<button[^>]*>Accept<\/button>/);
    expect(page.text).toMatch(/<button[^>]*>Cancel<\/button>/);
  });

  it('is no consent by itself', async () => {
    await ask();
    expect(application.roles).toEqual([]);
    expect(await driveStatus(await newToken())).toBe(403);
  });

  it('grants on Accept what the registration asks for, in tokens from now on', async () => {
    const before = await newToken();
    const answer = redirectOf(await press(await ask(), 'accept'));
    expect(answer).toEqual({
      status: 302,
      to: REDIRECT,
      query: { admin_consent: 'True', tenant: emulator.tenantId, state: 'a b&c' },
    });
    expect(application.roles).toEqual(['Files.ReadWrite.All', 'User.Read.All']);
    expect(await driveStatus(before)).toBe(403);
    expect(await driveStatus(await newToken())).toBe(200);
  });

  it('grants nothing on Cancel, and says so with AADSTS65004', async () => {
    const { to, query } = redirectOf(await press(await ask(), 'cancel'));
    const { error, error_description, state, admin_consent } = query;
    expect([to, error, state, admin_consent]).toEqual([REDIRECT, 'access_denied', 'a b&c', undefined]);
    expect(error_description).toMatch(/^AADSTS65004: .*\r\nTrace ID: /);
    expect(application.roles).toEqual([]);
  });

  it('is answered once', async () => {
    const page = await ask();
    await press(page, 'cancel');
    const again = await press(page, 'accept');
    expect([again.status, again.headers.location]).toEqual([400, undefined]);
    expect(application.roles).toEqual([]);
  });

  it('keeps what was granted before', async () => {
    application.set({ roles: ['Sites.Selected'] });
    await press(await ask(), 'accept');
    expect(application.roles).toEqual(['Sites.Selected', 'Files.ReadWrite.All', 'User.Read.All']);
  });

  it('leaves out a state that was not sent', async () => {
    const { query } = redirectOf(await press(await ask({ query: { state: null } }), 'accept'));
    expect(query).toEqual({ admin_consent: 'True', tenant: emulator.tenantId });
  });

  it('is the same on the v2.0 endpoint, which gives the scope back, and says admin_consent=True even of a refusal', async () => {
    const url = consentUrl({ version: 'v2' });
    const accepted = redirectOf(await press(await client.plain(url), 'accept', url));
    expect(accepted.query).toEqual({
      admin_consent: 'True',
      tenant: emulator.tenantId,
      state: 'a b&c',
      scope: GRAPH_SCOPE,
    });
    const { query } = redirectOf(await press(await client.plain(url), 'cancel', url));
    expect(query).toMatchObject({ admin_consent: 'True', tenant: emulator.tenantId, error: 'access_denied' });
  });

  it.each(['common', 'organizations', 'contoso.onmicrosoft.com'])('is found by %s as well', async tenant => {
    const { query } = redirectOf(await press(await ask({ tenant }), 'accept'));
    expect(query.tenant).toBe(emulator.tenantId);
  });

  it('is served where the hosts are one, too', async () => {
    const { pathname, search } = new URL(consentUrl());
    const answer = await fetch(`${emulator.proxy}${pathname}${search}`);
    expect(await answer.text()).toContain('Permissions requested');
  });
});

describe('a consent request that is wrong', () => {
  it.each<[string, Asked, number]>([
    ['of an unknown application', { query: { client_id: 'x' } }, 700016],
    ['with an address that is not registered', { query: { redirect_uri: 'https://evil.example/consent' } }, 50011],
    ['with another path', { query: { redirect_uri: 'http://localhost/other' } }, 50011],
    ['with a path in other case', { query: { redirect_uri: 'http://localhost/Consent' } }, 50011],
    ['with another name of this machine', { query: { redirect_uri: 'http://127.0.0.1/consent' } }, 50011],
    ['with another scheme', { query: { redirect_uri: 'https://localhost/consent' } }, 50011],
    ['with an address that is none', { query: { redirect_uri: 'nonsense' } }, 50011],
    ['to an unknown tenant', { tenant: '00000000-0000-0000-0000-000000000000' }, 90002],
    ['to a tenant that is none', { tenant: 'nonsense' }, 900023],
    ['without a scope on v2.0', { version: 'v2', query: { scope: null } }, 900144],
  ])('%s shows its error and sends nobody anywhere', async (_, asked, code) => {
    const { status, headers, text } = await ask(asked);
    expect([status, headers.location]).toEqual([400, undefined]);
    expect(text).toContain(`AADSTS${code}: `);
    expect(text).not.toContain('Accept');
  });

  it('with a delegated scope is 501: nobody here knows what it would grant', async () => {
    expect((await ask({ version: 'v2', query: { scope: 'https://graph.microsoft.com/User.Read' } })).status).toBe(501);
  });

  it('of an application without any address is AADSTS500113, with one in plain http elsewhere AADSTS500117', async () => {
    application.set({ redirectUris: [] });
    expect((await ask()).text).toContain('AADSTS500113: ');
    application.set({ redirectUris: ['http://files.example/consent'] });
    expect((await ask({ query: { redirect_uri: 'http://files.example/consent' } })).text).toContain('AADSTS500117: ');
  });
});

describe('a redirect to this machine', () => {
  const redirect_uri = 'http://localhost:41234/consent';

  it('may have any port', async () => {
    const { to } = redirectOf(await press(await ask({ query: { redirect_uri } }), 'accept'));
    expect(to).toBe(redirect_uri);
  });

  it('must have the registered port where ports count', async () => {
    await client.close();
    await emulator.close();
    await start({ redirectPort: 'exact' });
    expect((await ask({ query: { redirect_uri } })).text).toContain('AADSTS50011: ');
    expect((await ask()).text).toContain('Permissions requested');
  });

  it('of another machine must have the registered port', async () => {
    application.set({ redirectUris: ['https://files.example/consent'] });
    const ported = { redirect_uri: 'https://files.example:8443/consent' };
    expect((await ask({ query: ported })).text).toContain('AADSTS50011: ');
  });

  it('is the first registered one when it is not said', async () => {
    expect(redirectOf(await press(await ask({ query: { redirect_uri: null } }), 'accept')).to).toBe(REDIRECT);
  });
});

describe('without anybody at a browser', () => {
  it('accepts or refuses at once', async () => {
    emulator.setConsent('refuse');
    expect(redirectOf(await ask()).query.error).toBe('access_denied');
    expect(application.roles).toEqual([]);
    emulator.setConsent('accept');
    expect(redirectOf(await ask()).query.admin_consent).toBe('True');
    expect(application.roles).toContain('Files.ReadWrite.All');
  });

  it.each(['permission_denied', 'consent_required'] as const)('says %s where Entra would', async error => {
    await client.close();
    await emulator.close();
    await start({ consent: 'refuse', consentCancelledError: error });
    expect(redirectOf(await ask()).query.error).toBe(error);
  });

  it('shows AADSTS90094 to a person who is not an administrator, and a way back with consent_required', async () => {
    emulator.setConsent('not-an-administrator');
    const page = await ask();
    expect([page.status, page.headers.location]).toEqual([200, undefined]);
    expect(page.text).toContain('AADSTS90094: ');
    const back = /href="(http[^"]+)"/.exec(page.text)![1]!.replaceAll('&amp;', '&');
    const query = Object.fromEntries(new URL(back).searchParams);
    expect(query).toMatchObject({ error: 'consent_required', state: 'a b&c' });
    expect(query.error_description).toMatch(/^AADSTS90094: /);
    expect(application.roles).toEqual([]);
  });
});

it('counts consents by their names', async () => {
  emulator.resetCalls();
  await press(await ask(), 'cancel');
  expect(emulator.calls.map(({ operation, status }) => [operation, status])).toEqual([
    ['adminconsent', 200],
    ['adminconsent-decision', 302],
  ]);
});
