import { CLOUDS, type Cloud, isLoginHost, issuerOf, v1IssuerOf } from '../clouds.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { type Authority, readAuthority } from '../login-tenant.ts';
import { publicJwk } from '../signing-keys.ts';
import { isRefusal, type Refusal, renderRefusal } from '../token-refusal.ts';

/** Scripts of any page may read these. */
const FOR_ALL = { 'access-control-allow-origin': '*' };
/** Placeholder for the tenant's id, where the person decides the tenant. */
const TEMPLATE = '{tenantid}';
/** The tenant of all personal accounts, which `consumers` stands for. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';

/**
 * `GET /{tenant}/v2.0/.well-known/openid-configuration`, and without `v2.0` (OpenID Connect Discovery §4; the members
 * are Entra's).
 */
export function openidConfiguration(exchange: Exchange): Reply {
  const authority = readAuthority(exchange);
  if (isRefusal(authority)) {
    return refusal(exchange, authority);
  }
  const isV2 = exchange.url.pathname.includes('/v2.0/');
  const cloud = cloudOf(exchange, authority);
  const id = idOf(authority);
  // The endpoints have the tenant's id, however the request names the tenant.
  const base = `${originOf(exchange)}/${'tenant' in authority ? id : authority.name}`;
  const protocol = `${base}/oauth2${isV2 ? '/v2.0' : ''}`;
  return {
    status: 200,
    headers: FOR_ALL,
    json: {
      token_endpoint: `${protocol}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: isV2 ? `${base}/discovery/v2.0/keys` : `${originOf(exchange)}/common/discovery/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: isV2 ? ['openid', 'profile', 'email', 'offline_access'] : ['openid'],
      issuer: isV2 ? issuerOf(cloud, id) : v1IssuerOf(cloud, id),
      request_uri_parameter_supported: false,
      userinfo_endpoint: `https://${cloud.graphHost}/oidc/userinfo`,
      authorization_endpoint: `${protocol}/authorize`,
      device_authorization_endpoint: `${protocol}/devicecode`,
      http_logout_supported: true,
      frontchannel_logout_supported: true,
      end_session_endpoint: `${protocol}/logout`,
      claims_supported: CLAIMS,
      kerberos_endpoint: `${base}/kerberos`,
      tenant_region_scope: 'tenant' in authority ? 'EU' : null,
      cloud_instance_name: cloud.loginHosts.at(-1)!.replace(/^login\./, ''),
      cloud_graph_host_name: 'graph.windows.net',
      msgraph_host: cloud.graphHost,
      rbac_url: 'https://pas.windows.net',
    },
  };
}

const CLAIMS = [
  ...['sub', 'iss', 'cloud_instance_name', 'cloud_instance_host_name', 'cloud_graph_host_name', 'msgraph_host', 'aud'],
  ...[
    'exp',
    'iat',
    'auth_time',
    'acr',
    'nonce',
    'preferred_username',
    'name',
    'tid',
    'ver',
    'at_hash',
    'c_hash',
    'email',
  ],
];

/**
 * `GET /{tenant}/discovery/keys` and `/discovery/v2.0/keys`: every key whose tokens are valid now; in v2.0 with their
 * issuers.
 */
export function signingKeys(exchange: Exchange): Reply {
  const authority = readAuthority(exchange);
  if (isRefusal(authority)) {
    return refusal(exchange, authority);
  }
  const isV2 = exchange.url.pathname.includes('/v2.0/');
  const issuer = issuerOf(cloudOf(exchange, authority), idOf(authority));
  const keys = exchange.world.keys.published(now(exchange)).map(({ kid, certificate }) => ({
    ...{ kty: 'RSA', use: 'sig', kid, x5t: kid, ...publicJwk(certificate.publicKey) },
    x5c: [certificate.raw.toString('base64')],
    ...(isV2 ? { issuer } : {}),
  }));
  return { status: 200, headers: FOR_ALL, json: { keys } };
}

/**
 * `GET /common/discovery/instance`: the aliases of a login host, and a tenant's configuration URL. MSAL queries it
 * for unknown hosts.
 */
export function instanceDiscovery(exchange: Exchange): Reply {
  const asked = URL.parse(exchange.url.searchParams.get('authorization_endpoint') ?? '');
  if (asked === null || !isLoginHost(asked.hostname)) {
    return refusal(exchange, {
      ...{ code: 50049, error: 'invalid_instance', status: 400 },
      text: 'Unknown or invalid instance.',
    });
  }
  const tenant = asked.pathname.split('/')[1]!;
  return {
    status: 200,
    headers: FOR_ALL,
    json: {
      tenant_discovery_endpoint: `https://${asked.host}/${tenant}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: aliases().map(hosts => ({
        preferred_network: hosts.at(-1)!,
        preferred_cache: hosts.at(-1)!,
        aliases: hosts,
      })),
    },
  };
}

/** The two clouds of the US government have one login host. */
function aliases(): (readonly string[])[] {
  const hosts = Object.values(CLOUDS).map(({ loginHosts }) => loginHosts);
  return hosts.filter(([first], index) => hosts.findIndex(each => each[0] === first) === index);
}

function idOf(authority: Authority): string {
  if ('tenant' in authority) {
    return authority.tenant.id;
  }
  return authority.name === 'consumers' ? CONSUMERS : TEMPLATE;
}

function cloudOf({ host }: Exchange, authority: Authority): Cloud {
  const ofHost = Object.values(CLOUDS).find(({ loginHosts }) => loginHosts.includes(host));
  return 'tenant' in authority ? authority.tenant.cloud : (ofHost ?? CLOUDS.global);
}

/** Returns the base of the endpoints: the request's own, where the hosts are one; the issuer never changes. */
function originOf({ host, url, request }: Exchange): string {
  if (isLoginHost(host)) {
    return `https://${host}`;
  }
  return `${'encrypted' in request.socket ? 'https' : 'http'}://${url.host}`;
}

function refusal({ world }: Exchange, refused: Refusal): Reply {
  return { ...renderRefusal(refused, world.settings.clock.now(), world.settings.ids), headers: FOR_ALL };
}
