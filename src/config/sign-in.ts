import { Secret } from '../lib/secret.ts';
import type { Problem } from './config-error.ts';
import { chooseTenant } from './mounts.ts';
import type { ParsedConfig } from './schema.ts';
import { readSecret, type SecretSources } from './secrets.ts';
import { kindOf } from './tenant-schema.ts';

/** How people sign in on the account pages. */
export interface SignInConfig {
  /** Null: Microsoft, by the application of a tenant. */
  readonly issuer: string | null;
  /** Of an issuer. */
  readonly clientId: string | null;
  /** Of an issuer; undefined: a public client. */
  readonly clientSecret: Secret | undefined;
  readonly claim: string | null;
  /** The origin of the addresses to which browsers are sent; null: the issuer's. */
  readonly loginHost: string | null;
  /** The name of the tenant whose people sign in; null: the only one. */
  readonly tenant: string | null;
  readonly sessionHours: number;
}

/** Finds what is wrong with the sign-in when people may sign in. */
export function findSignInProblems(
  config: ParsedConfig,
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): Problem[] {
  if (config.people.length === 0 || config.signIn.issuer !== null) {
    return [];
  }
  const names = config.tenants === null ? undefined : Object.keys(config.tenants);
  // A rule without its tenant is a problem of its own.
  const isOfNone = (tenant: string | null) => (tenant === null ? names!.length > 1 : !names!.includes(tenant));
  if (names !== undefined && config.people.some(({ tenant }) => isOfNone(tenant))) {
    return [];
  }
  const problems: Problem[] = [];
  const name = chooseTenant({ tenant: tenantOfSignIn(config) }, config, (key, message) => {
    problems.push({ line: lineOf(['signIn', key]) ?? lineOf(['people']), key: `signIn.${key}`, message });
  });
  const tenant = config.tenant ?? config.tenants?.[name];
  if (tenant && kindOf(tenant) === 'managed-identity') {
    problems.push({
      line: lineOf(['people']),
      key: 'people',
      message:
        'nobody can sign in with a managed identity, which has no redirect URI: give the tenant a clientId with a secret, a certificate or workloadIdentity, or set signIn.issuer',
    });
  }
  return problems;
}

/** Returns the given tenant, or the only one whose people may sign in. */
function tenantOfSignIn({ signIn, people }: Pick<ParsedConfig, 'signIn' | 'people'>): string | null {
  const [only = null, ...others] = new Set(people.map(({ tenant }) => tenant));
  return signIn.tenant ?? (others.length === 0 ? only : null);
}

/** Reads the secret of the issuer; the schema guarantees one at most. */
export async function readSignIn(
  config: Pick<ParsedConfig, 'signIn' | 'people'>,
  sources: SecretSources,
): Promise<SignInConfig> {
  const { clientSecret: value, clientSecretFile: file, clientSecretEnv: env, ...rest } = config.signIn;
  const keys = { file: 'signIn.clientSecretFile', env: 'signIn.clientSecretEnv' };
  const isGiven = value !== null || file !== null || env !== null;
  return {
    ...rest,
    tenant: tenantOfSignIn(config),
    clientSecret: isGiven ? new Secret(await readSecret({ value, file, env, keys }, sources)) : undefined,
  };
}
