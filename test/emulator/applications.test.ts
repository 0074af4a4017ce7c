import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { daysFromNow, makeCertificate } from '../support/certificates.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

let clock: FakeClock;
let emulator: Emulator;
let client: MicrosoftClient;

beforeEach(async () => {
  clock = fakeClock(Date.parse('2026-11-25T10:00:00Z'));
  emulator = await createEmulator({ clock });
  emulator.setApplication({ roles: ['Application.Read.All'] });
  client = await microsoftClient(emulator);
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error?.code];
const own = (more = '') => client.graph(`/applications(appId='${emulator.clientId}')${more}`);

describe('an application', () => {
  it('shows when its secret ends, and not the secret', async () => {
    emulator.setApplication({ secretEnds: clock.now() + 20 * DAY_MS });
    const { status, json, text } = await own();
    expect(status).toBe(200);
    expect(json.passwordCredentials).toMatchObject([{ endDateTime: '2026-12-15T10:00:00Z', secretText: null }]);
    expect(text).not.toContain(emulator.clientSecret);
  });

  it('gets no token by a secret whose time is over', async () => {
    emulator.setApplication({ secretEnds: clock.now() + 20 * DAY_MS });
    expect((await client.token()).status).toBe(200);
    clock.advance(20 * DAY_MS);
    expect((await client.token()).json.error_codes).toEqual([7000222]);
  });

  it('shows an end in the past of a secret that was said to be expired', async () => {
    emulator.setApplication({ secretExpired: true });
    clock.advance(1);
    const [{ endDateTime }] = (await own()).json.passwordCredentials;
    expect(Date.parse(endDateTime)).toBeLessThan(clock.now());
  });

  it('shows its certificates, with the key only if it is selected by name', async () => {
    const { certificate } = await makeCertificate({ notAfter: daysFromNow(12) });
    emulator.setApplication({ certificates: [certificate] });
    const { raw, validToDate, fingerprint } = new X509Certificate(certificate);
    const [shown] = (await own()).json.keyCredentials;
    expect(shown).toMatchObject({ type: 'AsymmetricX509Cert', usage: 'Verify', key: null });
    expect(Date.parse(shown.endDateTime)).toBe(validToDate.getTime());
    expect(shown.customKeyIdentifier).toBe(fingerprint.replaceAll(':', ''));
    const [selected] = (await own('?$select=keyCredentials')).json.keyCredentials;
    expect(selected.key).toBe(raw.toString('base64'));
  });

  it('shows the requested permissions by their ids, and the redirect URIs', async () => {
    emulator.setApplication({
      requiredRoles: ['Files.ReadWrite.All', 'User.Read.All'],
      redirectUris: ['http://localhost/a'],
    });
    const { json } = await own('?$select=requiredResourceAccess,web,displayName');
    expect(json.requiredResourceAccess).toEqual([
      {
        resourceAppId: '00000003-0000-0000-c000-000000000000',
        resourceAccess: [
          { id: '75359482-378d-4052-8f01-80520e7db3cd', type: 'Role' },
          { id: 'df021288-bdef-4463-88db-98f22de89214', type: 'Role' },
        ],
      },
    ]);
    expect(json.web.redirectUris).toEqual(['http://localhost/a']);
    expect(json).not.toHaveProperty('passwordCredentials');
  });

  it('is found by its object id, which is not its client id', async () => {
    const { id, appId } = (await own()).json;
    expect(appId).toBe(emulator.clientId);
    expect((await client.graph(`/applications/${id}`)).json.appId).toBe(appId);
    expect(outcome(await client.graph(`/applications/${appId}`))).toEqual([404, 'Request_ResourceNotFound']);
    expect(outcome(await client.graph("/applications(appId='x')"))).toEqual([404, 'Request_ResourceNotFound']);
  });

  it('is not shown without the permission, not even to itself', async () => {
    emulator.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All'] });
    const other = await microsoftClient(emulator);
    for (const kind of ['applications', 'servicePrincipals']) {
      const answer = await other.graph(`/${kind}(appId='${emulator.clientId}')`);
      expect(outcome(answer)).toEqual([403, 'Authorization_RequestDenied']);
    }
    await other.close();
  });
});

describe('a service principal', () => {
  it('says whether it is enabled, and has no secrets of its own', async () => {
    const shown = async () => (await client.graph(`/servicePrincipals(appId='${emulator.clientId}')`)).json;
    expect(await shown()).toMatchObject({ appId: emulator.clientId, accountEnabled: true, passwordCredentials: [] });
    emulator.setApplication({ disabled: true });
    expect((await shown()).accountEnabled).toBe(false);
    expect((await client.token()).json.error_codes).toEqual([7000112]);
  });
});
