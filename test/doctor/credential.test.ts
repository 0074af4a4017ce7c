import { describe, expect, it } from 'vitest';
import type { TenantConfig } from '../../src/config/load.ts';
import type { Check, ThrottlingCheck } from '../../src/doctor/check.ts';
import { SkippedBecause } from '../../src/doctor/check.ts';
import { credentialCheck } from '../../src/doctor/credential.ts';
import type { TenantUnderTest } from '../../src/doctor/tenant.ts';
import { Traffic } from '../../src/doctor/traffic.ts';
import { cloudOf } from '../../src/graph/clouds.ts';
import { errorFromCredential } from '../../src/graph/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { TOKEN_REFUSALS } from '../../src/graph/token-refusals.ts';
import { Secret } from '../../src/lib/secret.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** Those of the token endpoint that are known from its documentation and from clients. */
const CODES = [
  ...['7000215', '7000222', '700016', '90002', '900023', '7000216', '7000218', '1002012', '70011', '500011'],
  ...['700027', '700024', '7000112', '53003', '90033'],
];

interface Case {
  readonly error: Error;
  readonly cloud?: 'global' | 'china';
  readonly label?: string;
  readonly isClockWrong?: boolean;
  readonly traffic?: Traffic;
}

function examine({ error, cloud = 'global', label, isClockWrong = false, traffic = new Traffic(fakeClock()) }: Case) {
  const config: TenantConfig = {
    ...{ name: label ?? 'default', cloud, tenantId: 'tenant', authorityHost: undefined, graphUrl: undefined },
    contentHosts: [],
    credential: { kind: 'secret', clientId: 'client', secret: new Secret('secret') },
  };
  const token = async () => {
    throw errorFromCredential(error);
  };
  const graph = { tokens: { token, forget: () => {} } } as unknown as Graph;
  const tenant = { config, cloud: cloudOf(cloud), label, graph, traffic } as unknown as TenantUnderTest;
  const other = (name: string): Check => ({ name, run: async () => [] });
  const clockCheck = { ...other('clock'), isWrong: () => isClockWrong };
  const throttling: ThrottlingCheck = { ...other('throttling'), isSilent: () => traffic.isSilent() };
  return credentialCheck({ tenant, needs: [], throttling, clockCheck }).run(new AbortController().signal);
}

const refusal = (code: string) =>
  new Error(`invalid_client: Error(s): ${code} - Timestamp: x - Description: AADSTS${code}: text`);

describe('the check of the credential', () => {
  it.each(CODES)('has a sentence, a cure and a page of Microsoft for AADSTS%s', async code => {
    const { means, cure } = TOKEN_REFUSALS[code]!;
    expect(await examine({ error: refusal(code) })).toEqual([
      {
        level: 'failure',
        saw: `Microsoft gives no token for application client in tenant tenant: AADSTS${code}`,
        means,
        cure,
        link: `https://login.microsoftonline.com/error?code=${code}`,
      },
    ]);
  });

  it('names the keys where a tenant with a name has them, and the page of its cloud', async () => {
    const [finding] = await examine({ error: refusal('7000215'), label: 'contoso', cloud: 'china' });
    expect(finding!.cure).toContain('to tenants.contoso.clientSecret');
    expect(finding!.link).toBe('https://login.partner.microsoftonline.cn/error?code=7000215');
  });

  it('shows a refusal that it does not know as it is', async () => {
    const [finding] = await examine({ error: refusal('999999') });
    expect(finding).toMatchObject({ level: 'failure', saw: 'Microsoft issued no token (AADSTS999999)' });
    expect(finding!.link).toBe('https://login.microsoftonline.com/error?code=999999');
  });

  it('leaves an assertion outside its validity to the clock, when that is wrong', async () => {
    await expect(examine({ error: refusal('700024'), isClockWrong: true })).rejects.toThrow(SkippedBecause);
    expect(await examine({ error: refusal('700024') })).toMatchObject([{ level: 'failure' }]);
    expect(await examine({ error: refusal('7000215'), isClockWrong: true })).toMatchObject([{ level: 'failure' }]);
  });

  it('leaves it to throttling when the login host wants silence', async () => {
    const traffic = new Traffic(fakeClock());
    traffic.note('https://login.microsoftonline.com/x', { status: 429, headers: { 'retry-after': '30' } });
    await expect(examine({ error: refusal('90033'), traffic })).rejects.toMatchObject({
      check: { name: 'throttling' },
    });
  });
});
