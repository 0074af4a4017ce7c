import { type Application, consentOf } from './application.ts';
import { preAuthorizedScopes } from './exposed-api.ts';
import { groupsOf } from './group.ts';
import type { Registration } from './login-tenant.ts';
import { GRAPH_APP_ID } from './permissions.ts';
import { scopeNames } from './scopes.ts';
import type { Scopes } from './sign-in.ts';
import { signInName } from './site.ts';
import type { Person, Tenant } from './tenant.ts';
import type { Tenants } from './tenants.ts';
import { invalidGrant, type Refusal } from './token-refusal.ts';

/** Whether the account may sign in to anything. */
export function checkAccount({ user }: Person): Refusal | undefined {
  if (!user.accountEnabled) {
    return invalidGrant(50057, 'The user account is disabled.');
  }
  return user.blockedByPolicy
    ? invalidGrant(
        53003,
        'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
        'message_only',
      )
    : undefined;
}

/** Tells whether the account's second factor has been confirmed, if it needs one. */
export function checkMultiFactor({ user }: Person, confirmed: boolean): Refusal | undefined {
  const why =
    'Due to a configuration change made by your administrator, or because you moved to a new location, you must';
  if (user.mfa === 'not-registered') {
    const text = `${why} enroll in multi-factor authentication to access '${GRAPH_APP_ID}'.`;
    return invalidGrant(50079, text, 'basic_action');
  }
  return user.mfa === 'required' && !confirmed
    ? invalidGrant(50076, `${why} use multi-factor authentication to access '${GRAPH_APP_ID}'.`, 'basic_action')
    : undefined;
}

/**
 * Tells whether this person may use an application that requires assignment. Other tenants' service principals have no
 * such rule here.
 */
export function checkAssignment({ application, home }: Registration, person: Person): Refusal | undefined {
  const { user, tenant } = person;
  if (!application.assignmentRequired || tenant !== home || assignmentsOf(application, person).length > 0) {
    return undefined;
  }
  const { clientId, displayName } = application;
  const text = `Your administrator has configured the application ${displayName} ('${clientId}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '${signInName(user)}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator. Please contact your administrator to assign access to this application.`;
  return invalidGrant(50105, text);
}

/** Returns the requested scopes without consent. */
export function missingConsent(
  registration: Registration,
  person: Person,
  { scopes, tenants }: { scopes: Scopes; tenants: Tenants },
): string[] {
  const consented = consentedScopes(registration, person, { scopes, tenants });
  return scopeNames(scopes).filter(scope => !consented.includes(scope));
}

/**
 * Returns the scopes that an administrator of the application's tenant, or the person, has consented to, and those
 * that the API gives this application without consent.
 */
export function consentedScopes(
  { application, home }: Registration,
  { tenant, user }: Person,
  { scopes, tenants }: { scopes: Scopes; tenants: Tenants },
): string[] {
  const api = scopes.api === undefined ? undefined : tenants.findApi(scopes.api.clientId, tenant);
  return [
    ...(tenant === home ? application.consentedScopes : []),
    ...consentOf(application, user.id),
    ...(api === undefined ? [] : preAuthorizedScopes(api, application.clientId)),
  ];
}

export function noConsent({ clientId, displayName }: Application): Refusal {
  const text = `The user or administrator has not consented to use the application with ID '${clientId}' named '${displayName}'. Send an interactive authorization request for this user and resource.`;
  return invalidGrant(65001, text, 'consent_required');
}

/** Returns the refusal for an unknown name. */
export function unknownPerson(name: string, tenant: Tenant | undefined): Refusal {
  const text = `The user account ${name} does not exist in the ${tenant?.id ?? 'organizations'} directory. To sign into this application, the account must be added to the directory.`;
  return invalidGrant(50034, text);
}

/**
 * Returns the person's roles in the application: their own, and those of their direct groups; nested groups give
 * none.
 */
export function appRolesOf(application: Application, person: Person): string[] {
  const given = assignmentsOf(application, person).map(({ appRoleId }) => appRoleId);
  return application.appRoles.filter(({ id }) => given.includes(id)).map(({ value }) => value);
}

export function assignmentsOf({ appRoleAssignments }: Application, { tenant, user }: Person) {
  const groups = groupsOf(user, tenant.groups, { transitive: false });
  const principals = [user.id, ...groups.map(({ id }) => id)];
  return appRoleAssignments.filter(({ principalId }) => principals.includes(principalId));
}
