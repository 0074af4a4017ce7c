import { createHash, X509Certificate } from 'node:crypto';
import { type Application, type AppRole, secretEnd } from '../application.ts';
import { noSuchResource, refuseUnknownQuery, selectFrom } from '../directory-query.ts';
import { time, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { renderApi } from '../exposed-api.ts';
import { GRAPH_APP_ID, permissionId, scopeId } from '../permissions.ts';
import type { Tenant } from '../tenant.ts';
import { authorize } from '../tokens.ts';

/** An application's object id or client id. */
export type ApplicationKey = { readonly id: string } | { readonly appId: string };

/**
 * `GET /applications/{id}`, `/applications(appId='…')` (Graph docs, "Get application"): the expiry of its secrets and
 * certificates, among others.
 */
export function applicationGet(exchange: Exchange, key: ApplicationKey): Reply {
  const { tenant } = authorize(exchange, 'readApplications');
  refuseUnknownQuery(exchange, ['$select']);
  const application = existingApplication(tenant, key);
  const withKeys = (exchange.url.searchParams.get('$select') ?? '').includes('keyCredentials');
  const json = selectFrom(exchange, {
    id: application.objectId,
    appId: application.clientId,
    createdDateTime: time(application.created),
    displayName: application.displayName,
    api: renderApi(application),
    appRoles: application.appRoles.map(renderAppRole),
    groupMembershipClaims: application.groupMembershipClaims,
    identifierUris: application.identifierUris,
    isFallbackPublicClient: application.publicClient,
    keyCredentials: application.certificates.map(pem => renderCertificate(pem, withKeys)),
    passwordCredentials: [renderSecret(application)],
    requiredResourceAccess: renderRequired(application),
    signInAudience: application.signInAudience,
    web: { redirectUris: application.redirectUris },
  });
  return { status: 200, json: withContext(exchange, json, 'applications/$entity') };
}

export function existingApplication(tenant: Tenant, key: ApplicationKey): Application {
  const found = tenant.applications.find(({ objectId, clientId }) =>
    'id' in key ? objectId === key.id : clientId === key.appId,
  );
  if (found === undefined) {
    throw noSuchResource('id' in key ? key.id : key.appId);
  }
  return found;
}

/** Renders a secret: only the first three letters of its value. */
function renderSecret(application: Application): Record<string, unknown> {
  return {
    customKeyIdentifier: null,
    displayName: 'secret',
    endDateTime: time(secretEnd(application)),
    hint: application.clientSecret.slice(0, 3),
    keyId: application.objectId,
    secretText: null,
    startDateTime: time(application.created),
  };
}

/** Renders a certificate: the public key itself only if it was selected by name. */
function renderCertificate(pem: string, withKey: boolean): Record<string, unknown> {
  const { raw, subject, validFromDate, validToDate } = new X509Certificate(pem);
  return {
    customKeyIdentifier: createHash('sha1').update(raw).digest('hex').toUpperCase(),
    displayName: subject,
    endDateTime: time(validToDate.getTime()),
    key: withKey ? raw.toString('base64') : null,
    startDateTime: time(validFromDate.getTime()),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
  };
}

/** Renders an app role, for applications and service principals. */
export function renderAppRole({ id, value, displayName }: AppRole): Record<string, unknown> {
  return {
    allowedMemberTypes: ['User'],
    description: displayName,
    displayName,
    id,
    isEnabled: true,
    origin: 'Application',
    value,
  };
}

function renderRequired({ requiredRoles, requiredScopes }: Application): unknown[] {
  const access = (type: string, id: string | undefined) => (id === undefined ? [] : [{ id, type }]);
  const resourceAccess = [
    ...requiredScopes.flatMap(scope => access('Scope', scopeId(scope))),
    ...requiredRoles.flatMap(role => access('Role', permissionId(role))),
  ];
  return resourceAccess.length === 0 ? [] : [{ resourceAppId: GRAPH_APP_ID, resourceAccess }];
}
