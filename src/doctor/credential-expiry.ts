import { getSecretExpiry, type SecretExpiry } from '../graph/applications.ts';
import { isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import type { Secret } from '../lib/secret.ts';
import type { Check, Finding, ThrottlingCheck } from './check.ts';
import { inTenant, type TenantUnderTest } from './tenant.ts';

export interface CredentialExpiryParts {
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
  readonly clock: Clock;
}

/** Checks when the credential expires, as far as that can be known. */
export function credentialExpiryCheck({ tenant, needs, throttling, clock }: CredentialExpiryParts): Check {
  return {
    name: 'credential-expiry',
    tenant: tenant.label,
    needs,
    throttling,
    run: async signal => {
      const { credential } = tenant.config;
      switch (credential.kind) {
        case 'certificate':
          return [
            describe({ what: 'the certificate', key: 'tenant.certificateFile' }, credential.expires, {
              tenant,
              now: clock.now(),
            }),
          ];
        case 'secret':
          return [await examineSecret(credential, { tenant, now: clock.now(), signal })];
        case 'managed-identity':
        case 'workload-identity':
          return [{ level: 'ok', saw: 'there is nothing to renew' }];
      }
    },
  };
}

async function examineSecret(
  credential: { clientId: string; secret: Secret },
  { tenant, now, signal }: { tenant: TenantUnderTest; now: number; signal: AbortSignal },
): Promise<Finding> {
  const expiry = await lookUp(credential, tenant, signal);
  if (expiry === 'forbidden') {
    return {
      level: 'skipped',
      saw: 'the expiry of the client secret is unknown: the application may not read its own registration (Application.Read.All)',
    };
  }
  // An expired secret that only begins alike cannot be the one that has just worked.
  return expiry === undefined || (!expiry.isCertain && expiry.ends.getTime() < now)
    ? {
        level: 'skipped',
        saw: 'the expiry of the client secret is unknown: its registration in this tenant does not show it',
      }
    : describe(
        {
          what: expiry.isCertain ? 'the client secret' : 'the client secret (or one that begins like it)',
          key: 'tenant.clientSecret',
        },
        expiry.ends,
        { tenant, now },
      );
}

async function lookUp(
  credential: { clientId: string; secret: Secret },
  { graph }: TenantUnderTest,
  signal: AbortSignal,
): Promise<SecretExpiry | 'forbidden' | undefined> {
  try {
    return await getSecretExpiry(graph.call, credential, signal);
  } catch (error) {
    if (isGraphError(error, 'answer') && error.status === 403) {
      return 'forbidden';
    }
    if (isGraphError(error, 'answer') && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}

/** `key` is the configuration key of the credential. */
function describe(
  { what, key }: { what: string; key: string },
  ends: Date,
  { tenant, now }: { tenant: TenantUnderTest; now: number },
): Finding {
  const days = daysUntil(ends, now);
  if (days >= WARN_DAYS) {
    return { level: 'ok', saw: `${what} is valid until ${dayOf(ends)}` };
  }
  return {
    level: 'warning',
    saw: `${what} ${days < 0 ? 'has expired' : `expires in ${days} days`} (${dayOf(ends)})`,
    means: 'from then on Microsoft issues no tokens, and every mount fails at once',
    cure: inTenant(`create a new one in Entra and put it in ${key}; ${nextStep(key)}`, tenant),
    link: tenant.links.credentials,
  };
}

/** The environment of a process does not change. */
function nextStep(key: string): string {
  return key.endsWith('Env') ? 'then restart the server' : 'a running server takes it by itself';
}
