import type { CloudName } from '../graph/cloud-names.ts';
import { type GraphError, isGraphError } from '../graph/errors.ts';
import { explainTokenRefusal } from '../graph/token-refusals.ts';
import { type Check, type Finding, SkippedBecause, type ThrottlingCheck } from './check.ts';
import type { ClockCheck } from './clock.ts';
import { inTenant, type TenantUnderTest } from './tenant.ts';

/** The assertion is outside its validity. */
const OUTSIDE_VALIDITY = 'aadsts700024';
/** The page about each code (learn, "Microsoft Entra authentication and authorization error codes"). */
const ERROR_PAGES = {
  global: 'https://login.microsoftonline.com/error?code=',
  usgov: 'https://login.microsoftonline.com/error?code=',
  usgovdod: 'https://login.microsoftonline.com/error?code=',
  china: 'https://login.partner.microsoftonline.cn/error?code=',
} satisfies Record<CloudName, string>;

export interface CredentialParts {
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
  readonly clockCheck: ClockCheck;
}

/** Checks whether Microsoft issues a token for the application's credential. */
export function credentialCheck({ tenant, needs, throttling, clockCheck }: CredentialParts): Check {
  return {
    name: 'credential',
    tenant: tenant.label,
    needs,
    throttling,
    run: async signal => {
      try {
        await tenant.graph.tokens.token(signal);
        return [{ level: 'ok', saw: `Microsoft issues a token for ${describe(tenant)}` }];
      } catch (error) {
        if (!isGraphError(error, 'credential') || tenant.traffic.isSilent()) {
          throw tenant.traffic.isSilent() ? new SkippedBecause(throttling) : error;
        }
        if (error.has(OUTSIDE_VALIDITY) && clockCheck.isWrong()) {
          throw new SkippedBecause(clockCheck);
        }
        return [explain(error, tenant)];
      }
    },
  };
}

function describe({ config: { credential, tenantId, cloud } }: TenantUnderTest): string {
  const where = `tenant ${tenantId} (${cloud})`;
  switch (credential.kind) {
    case 'secret':
      return `the client secret of application ${credential.clientId} in ${where}`;
    case 'certificate':
      return `the certificate of application ${credential.clientId} in ${where}`;
    case 'managed-identity':
      return `the managed identity of this machine in ${where}`;
    case 'workload-identity':
      return `the workload identity of application ${credential.clientId} in ${where}`;
  }
}

function explain(error: GraphError, tenant: TenantUnderTest): Finding {
  const code = error.codes[0]?.replace('aadsts', '');
  const refusal = explainTokenRefusal({ code, text: error.message });
  const { credential } = tenant.config;
  const who =
    'clientId' in credential && credential.clientId !== undefined ? ` for application ${credential.clientId}` : '';
  const level = 'failure';
  if (refusal === undefined) {
    const cure = 'look the code up at the link; if there is none, check the hosts above';
    return { level, saw: error.message, cure: code === undefined ? undefined : cure, link: linkOf(code, tenant) };
  }
  return {
    level,
    saw: `Microsoft issues no token${who} in tenant ${tenant.config.tenantId}${code === undefined ? '' : `: AADSTS${code}`}`,
    means: inTenant(refusal.means, tenant),
    cure: inTenant(refusal.cure, tenant),
    link: linkOf(code, tenant),
  };
}

function linkOf(code: string | undefined, { config: { cloud } }: TenantUnderTest): string | undefined {
  return code === undefined ? undefined : `${ERROR_PAGES[cloud]}${code}`;
}
