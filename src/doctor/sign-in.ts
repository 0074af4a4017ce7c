import { getSignInSettings, SIGN_IN_SCOPES, type SignInSettings } from '../graph/applications.ts';
import { isGraphError } from '../graph/errors.ts';
import { callbackUrl } from '../lib/callback-url.ts';
import { isLoopback } from '../lib/loopback.ts';
import type { Check, Finding, ThrottlingCheck } from './check.ts';
import type { TenantUnderTest } from './tenant.ts';

export interface SignInParts {
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
  readonly publicUrls: readonly string[];
  /** The values of the roles that rules for people name. */
  readonly appRoles: readonly string[];
}

const LIKE = 'set publicUrls to the addresses that people open, such as https://files.example.com';

/** Checks that people can sign in with Microsoft at `/-/account`. Only planned where rules let people in. */
export function signInCheck({ tenant, needs, throttling, publicUrls, appRoles }: SignInParts): Check {
  return {
    name: 'sign-in',
    tenant: tenant.label,
    needs,
    throttling,
    run: async signal => {
      const settings = await lookUp(tenant, signal);
      const usable = publicUrls.filter(url => !isPlain(url));
      return [
        ...examineUrls(publicUrls),
        ...(typeof settings === 'string'
          ? [explainUnknown(settings, usable)]
          : examineSettings(settings, { tenant, publicUrls: usable, appRoles })),
      ];
    },
  };
}

async function lookUp(
  { graph, config }: TenantUnderTest,
  signal: AbortSignal,
): Promise<SignInSettings | 'forbidden' | 'elsewhere'> {
  try {
    return await getSignInSettings(graph.call, config.credential.clientId!, signal);
  } catch (error) {
    if (isGraphError(error, 'answer') && error.status === 403) {
      return 'forbidden';
    }
    if (isGraphError(error, 'answer') && error.status === 404) {
      return 'elsewhere';
    }
    throw error;
  }
}

/** Entra redirects to plain http only on the browser's own machine (AADSTS500117), and browsers keep no cookie there. */
function examineUrls(publicUrls: readonly string[]): Finding[] {
  if (publicUrls.length === 0) {
    return [
      {
        level: 'failure',
        saw: 'publicUrls is empty',
        means: 'people can sign in from this machine only: no other address can be a redirect URI',
        cure: LIKE,
      },
    ];
  }
  return publicUrls.filter(isPlain).map(url => ({
    level: 'failure',
    saw: `${url} is plain http`,
    means: 'nobody can sign in there: Microsoft sends browsers back to https alone',
    cure: 'serve it over https, by listen.tls or a proxy in front',
  }));
}

function isPlain(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && !isLoopback(hostname);
}

function explainUnknown(why: 'forbidden' | 'elsewhere', publicUrls: readonly string[]): Finding {
  const uris = publicUrls.map(callbackUrl).join(', ');
  return {
    level: 'skipped',
    saw:
      why === 'forbidden'
        ? 'the registration cannot be examined: the application may not read it (Application.Read.All)'
        : 'the registration cannot be examined: it is in another tenant',
    ...(uris === '' ? {} : { means: `its redirect URIs must have, for Web: ${uris}` }),
  };
}

function examineSettings(
  { redirectUris, scopes, appRoles: known }: SignInSettings,
  { tenant, publicUrls, appRoles }: Pick<SignInParts, 'tenant' | 'publicUrls' | 'appRoles'>,
): Finding[] {
  // Entra compares them exactly (learn, "Redirect URI (reply URL) restrictions and limitations").
  const missing = publicUrls.map(callbackUrl).filter(uri => !redirectUris.includes(uri));
  const unticked = Object.keys(SIGN_IN_SCOPES).filter(name => !scopes.includes(name));
  const findings: Finding[] = [
    ...missing.map(uri => lacksRedirect(uri, tenant)),
    ...appRoles.filter(role => !known.includes(role)).map(role => lacksRole(role, { known, tenant })),
    ...(unticked.length === 0 ? [] : [lacksScopes(unticked, tenant)]),
  ];
  const isFine = findings.length === 0 && publicUrls.length > 0;
  return isFine ? [{ level: 'ok', saw: `people can sign in at ${publicUrls.join(', ')}` }] : findings;
}

function lacksRedirect(uri: string, { links }: TenantUnderTest): Finding {
  return {
    level: 'failure',
    saw: `the application has no redirect URI ${uri}`,
    means: 'whoever signs in there ends on a page of Microsoft with AADSTS50011',
    cure: 'add exactly this redirect URI to the application, for Web',
    link: links.authentication,
  };
}

function lacksRole(role: string, { known, tenant }: { known: readonly string[]; tenant: TenantUnderTest }): Finding {
  return {
    level: 'failure',
    saw: `the application has no role "${role}" for people; it has: ${known.join(', ') || 'none'}`,
    means: 'the rules for people that name it let nobody in',
    cure: 'create it under App roles, with this Value, for users and groups, and assign people to it; or correct appRole',
    link: tenant.links.authentication,
  };
}

function lacksScopes(names: readonly string[], { links }: TenantUnderTest): Finding {
  return {
    level: 'warning',
    saw: `the application does not ask for ${names.join(' and ')}`,
    means: 'each person is asked for consent; where people may not consent, they cannot sign in (AADSTS90094)',
    cure: `tick ${names.join(' and ')} of Microsoft Graph, as delegated permissions, and grant admin consent`,
    link: links.permissions,
  };
}
