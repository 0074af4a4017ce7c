import { type AccountPages, createAccountPages, createWrongCodes } from '../account/account-pages.ts';
import type { ClientCredential, ClientCredentials } from '../account/client-authentication.ts';
import type { Naming } from '../account/identity.ts';
import type { ProviderOptions } from '../account/provider.ts';
import { type Audit, createAudit } from '../auth/audit.ts';
import type { Config, TenantConfig } from '../config/load.ts';
import { cloudOf } from '../graph/clouds.ts';
import type { Credential } from '../graph/credential-kinds.ts';
import { GraphError } from '../graph/errors.ts';
import type { RollingCredential } from '../graph/rolling-credential.ts';
import type { Transport } from '../graph/transport.ts';
import { createWebFetch } from '../graph/web-fetch.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { People } from '../people/people.ts';
import type { State } from '../state/state.ts';
import type { ServedTenants } from './tenants.ts';

const SECONDS_PER_HOUR = 3_600;
/** The claim of other issuers, unless the configuration names one. */
const DEFAULT_CLAIM = 'email';

/** Creates the account pages; undefined when no rule lets people sign in. Makes no calls before a sign-in. */
export function createPages(
  config: Config,
  parts: {
    readonly people: People;
    readonly state: Pick<State, 'devicePasswords' | 'sessions' | 'notes' | 'peers'>;
    readonly transport: Transport;
    readonly credentialsOf: ServedTenants['credentialsOf'];
    readonly keep: Keep;
    /** Absent: the log. */
    readonly audit?: Audit;
    readonly log: Log;
    readonly clock: Clock;
  },
): AccountPages | undefined {
  if (config.people.length === 0) {
    return undefined;
  }
  const { people, state, transport, credentialsOf, keep, log, clock } = parts;
  const wrongCodes = keep.use('wrong codes of sign-ins', [], () => createWrongCodes(clock, state.peers), {
    end: each => each.end(),
  });
  const { signIn, tenants, publicUrls } = config;
  const tenant = tenants.find(({ name }) => name === signIn.tenant) ?? tenants[0]!;
  const ofTenant = signIn.issuer === null ? credentialsOf(tenant.name) : undefined;
  // A credential that was put elsewhere is in `ofTenant`.
  const places = tenants.map(({ credential: _, credentialPlace: __, ...place }) => place);
  // The pages know what the provider publishes.
  return keep.use('account pages', [people, signIn, places, tenant.credential.clientId, ofTenant, publicUrls], () =>
    createAccountPages({
      ...signInOf(config, { tenant, credentials: ofTenant, fetch: createWebFetch(transport) }),
      loginHost: signIn.loginHost,
      people,
      explainDirectory: error => (error instanceof GraphError ? error : {}),
      sessions: state.sessions,
      passwords: state.devicePasswords,
      sessionSeconds: Math.round(signIn.sessionHours * SECONDS_PER_HOUR),
      publicUrls,
      notes: state.notes,
      wrongCodes,
      audit: parts.audit ?? createAudit(log, clock).record,
      clock,
    }),
  );
}

interface SignIn {
  readonly provider: Omit<ProviderOptions, 'clock' | 'loginHost'>;
  readonly naming: Naming;
}

interface MicrosoftParts {
  readonly tenant: TenantConfig;
  readonly credentials: RollingCredential;
  readonly fetch: ProviderOptions['fetch'];
}

function signInOf(
  { signIn }: Config,
  { tenant, credentials, fetch }: Omit<MicrosoftParts, 'credentials'> & Partial<MicrosoftParts>,
): SignIn {
  if (signIn.issuer === null) {
    return microsoft({ tenant, credentials: credentials!, fetch });
  }
  const { issuer, clientId, clientSecret, claim } = signIn;
  const url = new URL(issuer);
  const credential: ClientCredential =
    clientSecret === undefined ? { kind: 'none' } : { kind: 'secret', secret: clientSecret };
  return {
    provider: {
      ...{ label: url.host, issuer: url, isEntra: false, clientId: clientId!, credential, fetch },
      scope: 'openid profile email',
    },
    naming: { kind: 'claim', claim: claim ?? DEFAULT_CLAIM },
  };
}

function microsoft({ tenant, credentials, fetch }: MicrosoftParts): SignIn {
  const { name, tenantId, credential } = tenant;
  const { authorityHost } = cloudOf(tenant.cloud, tenant);
  const id = tenantId.toLowerCase();
  return {
    provider: {
      label: 'Microsoft',
      issuer: new URL(`${authorityHost}/${tenantId}/v2.0`),
      isEntra: true,
      clientId: credential.clientId ?? '',
      credential: toClientCredentials(credentials),
      scope: 'openid profile',
      fetch,
    },
    // A tenant that is configured twice has its name behind its id.
    naming: { kind: 'entra', isOfTenant: each => each === id || each === `${id} ${name}` },
  };
}

/** The same credential as that of the application without people: it rolls with it. */
function toClientCredentials(source: RollingCredential): ClientCredentials {
  return {
    current: async () => toClientCredential(await source.current()),
    instead: async refused => {
      const other = await source.instead(refused);
      return other && toClientCredential(other);
    },
  };
}

function toClientCredential(credential: Credential): ClientCredential {
  if (credential.kind === 'managed-identity') {
    throw new Error('nobody can sign in with a managed identity; the configuration refuses it');
  }
  return credential;
}
