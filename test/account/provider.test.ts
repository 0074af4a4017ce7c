import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientCredential } from '../../src/account/client-authentication.ts';
import { Provider, type ProviderOptions } from '../../src/account/provider.ts';
import { RefusedError } from '../../src/account/refusal.ts';
import { type CloudName, createEmulator, type Emulator, type TenantHandle } from '../../src/emulator/emulator.ts';
import { cloudOf } from '../../src/graph/clouds.ts';
import { createTransport, type Transport } from '../../src/graph/transport.ts';
import { createWebFetch } from '../../src/graph/web-fetch.ts';
import { Secret } from '../../src/lib/secret.ts';
import { federatedClaims, signJwt } from '../support/assertions.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { signInBrowser } from '../support/sign-in-browser.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const CALLBACK = 'https://files.example/-/account/callback';
const HOUR_MS = 60 * 60_000;

let emulator: Emulator;
let transport: Transport;
let clock: FakeClock;

beforeEach(async () => {
  emulator = await createEmulator();
  emulator.setSignIn({ as: 'ada@contoso.com' });
  prepare(emulator);
  transport = createTransport({ proxy: emulator.proxy, caPem: emulator.caPem, userAgent: 'test' });
  clock = fakeClock(Date.now());
});
afterEach(async () => {
  await transport.close();
  await emulator.close();
});

function prepare(tenant: Pick<TenantHandle, 'setApplication' | 'addMailbox' | 'domain'>): void {
  tenant.setApplication({ redirectUris: [CALLBACK] });
  tenant.addMailbox({ upn: 'ada@contoso.com' });
}

function providerOf(changes: Partial<ProviderOptions> & { tenant?: string; cloud?: CloudName } = {}): Provider {
  const { tenant = emulator.tenantId, cloud = 'global', ...more } = changes;
  return new Provider({
    label: 'Microsoft',
    issuer: new URL(`${cloudOf(cloud).authorityHost}/${tenant}/v2.0`),
    isEntra: true,
    clientId: emulator.clientId,
    credential: { kind: 'secret', secret: new Secret(emulator.clientSecret) },
    scope: 'openid profile',
    loginHost: null,
    fetch: createWebFetch(transport),
    clock,
    ...more,
  });
}

/** Signs in without a browser; returns the name in the claims, or the reason of the refusal. */
async function signInBy(provider: Provider): Promise<unknown> {
  const client = await microsoftClient(emulator);
  try {
    const { url, checks } = await provider.begin(CALLBACK);
    const { headers } = await signInBrowser(client).open(url);
    return (await provider.finish(new URL(String(headers.location)), checks)).preferred_username;
  } catch (error) {
    return error instanceof RefusedError ? error.refusal.reason : error;
  } finally {
    await client.close();
  }
}

describe('the credential of the application', () => {
  it('may be a certificate: an assertion signed with its key', async () => {
    const { certificate, key } = await makeCertificate();
    const credential: ClientCredential = { kind: 'certificate', pem: new Secret(`${certificate}${key}`) };
    expect(await signInBy(providerOf({ credential }))).toBe('server-credential');
    emulator.setApplication({ certificates: [certificate] });
    expect(await signInBy(providerOf({ credential }))).toBe('ada@contoso.com');
  });

  it('may be a workload identity: the token in its file, read each time', async () => {
    await using folder = await makeTempDir();
    const { certificate, key } = await makeCertificate();
    const record = { issuer: 'https://oidc.example/', subject: 'pod', audience: 'api://AzureADTokenExchange' };
    const publicKey = createPublicKey(certificate).export({ type: 'spki', format: 'pem' }).toString();
    emulator.setApplication({ federatedIssuers: [{ ...record, publicKey }] });
    const tokenFile = join(folder.path, 'token');
    const provider = providerOf({ credential: { kind: 'workload-identity', tokenFile } });
    await writeFile(tokenFile, signJwt({ alg: 'RS256', kid: '1' }, federatedClaims(record, 0), key));
    expect(await signInBy(provider)).toBe('server-credential');
    const claims = federatedClaims(record, Math.floor(Date.now() / 1000));
    await writeFile(tokenFile, `${signJwt({ alg: 'RS256', kid: '1' }, claims, key)}\n`);
    expect(await signInBy(provider)).toBe('ada@contoso.com');
  });
});

describe('Entra', () => {
  it('may be named by a domain of the tenant', async () => {
    expect(await signInBy(providerOf({ tenant: emulator.domain }))).toBe('ada@contoso.com');
  });

  it.each<CloudName>(['usgov', 'usgovdod', 'china'])('signs people in in the cloud %s', async cloud => {
    const tenant = emulator.addTenant({ name: 'northwind', cloud });
    prepare(tenant);
    const { clientId, clientSecret, tenantId } = tenant;
    const credential: ClientCredential = { kind: 'secret', secret: new Secret(clientSecret) };
    expect(await signInBy(providerOf({ cloud, tenant: tenantId, clientId, credential }))).toBe('ada@contoso.com');
  });

  it.each(['common', 'organizations'])('is not the issuer %s, which is everybody’s', async tenant => {
    expect(await signInBy(providerOf({ tenant }))).toBe('provider-unavailable');
  });

  it('is not another tenant whose configuration comes in its place', async () => {
    const other = emulator.addTenant({ name: 'fabrikam' });
    const fetch = createWebFetch(transport);
    const mixedUp: ProviderOptions['fetch'] = (url, request) =>
      fetch(url.replace(`${emulator.tenantId}/v2.0/.well-known`, `${other.tenantId}/v2.0/.well-known`), request);
    expect(await signInBy(providerOf({ fetch: mixedUp }))).toBe('provider-unavailable');
  });
});

describe('the configuration of the provider', () => {
  const discoveries = () => emulator.calls.filter(({ operation }) => operation === 'openid-configuration').length;

  it('is fetched once for many who sign in at once, and again after an hour', async () => {
    const provider = providerOf();
    await Promise.all([provider.begin(CALLBACK), provider.begin(CALLBACK)]);
    expect(discoveries()).toBe(1);
    clock.advance(HOUR_MS);
    await provider.begin(CALLBACK);
    expect(discoveries()).toBe(2);
  });

  it('is used for a day when no newer one is to be had', async () => {
    const provider = providerOf();
    await provider.begin(CALLBACK);
    emulator.setFault(() => ({ status: 503, retryAfter: '5' }));
    clock.advance(HOUR_MS);
    expect((await provider.begin(CALLBACK)).url).toContain(emulator.tenantId);
    clock.advance(23 * HOUR_MS);
    await expect(provider.begin(CALLBACK)).rejects.toMatchObject({ refusal: { status: 503, retryAfterSeconds: 5 } });
    emulator.setFault(undefined);
    clock.advance(5_000);
    expect((await provider.begin(CALLBACK)).url).toContain(emulator.tenantId);
  });

  it('that cannot be fetched says why', async () => {
    await transport.close();
    await expect(providerOf().begin(CALLBACK)).rejects.toMatchObject({ refusal: { status: 503, canRetry: true } });
  });
});

describe('the end of a session', () => {
  it('is at the provider, and comes back', async () => {
    expect(await providerOf().endSession(CALLBACK)).toBe(
      `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/logout?${new URLSearchParams({
        client_id: emulator.clientId,
        post_logout_redirect_uri: CALLBACK,
      })}`,
    );
  });

  it('is only here while the provider cannot be reached', async () => {
    emulator.setFault(() => ({ status: 503 }));
    expect(await providerOf().endSession(CALLBACK)).toBeUndefined();
  });
});
