import { randomBytes } from 'node:crypto';
import { type ExposedApi, NO_API } from './exposed-api.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Entra's recommended lifetime of a new secret. */
const SECRET_LIFE_MS = 180 * DAY_MS;

/** A federated identity credential: the issuer whose tokens the application may use instead of a secret. */
export interface FederatedIssuer {
  readonly issuer: string;
  readonly subject: string;
  /** `api://AzureADTokenExchange` by default. */
  readonly audience: string;
  /** In PEM; Entra gets it from the issuer. */
  readonly publicKey: string;
}

/** A role that an application has for people and groups (Graph docs, "appRole resource type"). */
export interface AppRole {
  readonly id: string;
  /** The value in the claim `roles`. */
  readonly value: string;
  readonly displayName: string;
}

/** A user or group that may use an application, with its role (Graph docs, "appRoleAssignment resource type"). */
export interface AppRoleAssignment {
  readonly id: string;
  /** The id of a user or a group. */
  readonly principalId: string;
  readonly appRoleId: string;
  readonly created: number;
}

/** The role of an assignment that names none (Graph docs, "Grant an appRoleAssignment to a user"). */
export const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000';

/** The optional claims that an application requests for its tokens (learn, "Configure optional claims"). */
export type OptionalClaim = 'acct' | 'email';

/** An application that is registered in a tenant, together with its service principal there. */
export interface Application {
  /** The id of the application object, which is not the client id. */
  readonly objectId: string;
  readonly servicePrincipalId: string;
  clientId: string;
  clientSecret: string;
  /** Its name on the consent page. */
  displayName: string;
  /** In PEM, without their keys. */
  certificates: readonly string[];
  federatedIssuers: readonly FederatedIssuer[];
  /** Consented application permissions; none: consent is missing. Tokens issued before keep their roles. */
  roles: readonly string[];
  /** Application permissions that the registration asks for; consent grants these. */
  requiredRoles: readonly string[];
  /** The URLs to which the login host may send a browser. */
  redirectUris: readonly string[];
  secretExpired: boolean;
  /** Milliseconds since 1970; from then on the secret counts as `secretExpired`. */
  secretEnds: number;
  readonly created: number;
  disabled: boolean;
  /** Whether people of its own tenant or of every tenant may sign in to it. */
  signInAudience: 'AzureADMyOrg' | 'AzureADMultipleOrgs';
  /** Whether it runs on people's machines, so it cannot keep a secret (`isFallbackPublicClient` in Graph). */
  publicClient: boolean;
  /**
   * Delegated permissions that the registration asks for: `User.Read`. An administrator's consent grants these, too.
   */
  requiredScopes: readonly string[];
  /**
   * Delegated permissions, and `openid` and its like, that an administrator has consented to for everybody in the
   * application's tenant.
   */
  consentedScopes: readonly string[];
  /** The scopes that people have consented to for themselves. */
  userConsents: readonly { readonly userId: string; readonly scopes: readonly string[] }[];
  appRoles: readonly AppRole[];
  appRoleAssignments: readonly AppRoleAssignment[];
  /** Whether only people with an assignment may sign in. */
  assignmentRequired: boolean;
  /** The kind of groups in the claim `groups`; null: there is no such claim (learn, "Configure group claims"). */
  groupMembershipClaims: 'SecurityGroup' | 'All' | 'ApplicationGroup' | null;
  optionalClaims: readonly OptionalClaim[];
  /** The URIs of its API, such as `api://CLIENT_ID`; its client id names it as well. */
  identifierUris: readonly string[];
  api: ExposedApi;
}

/** The scopes of OpenID Connect; consent asks for each of them. */
const SIGN_IN_SCOPES = ['openid', 'profile', 'email', 'offline_access', 'User.Read'];

/** The defaults of a registration, besides its credentials; also applied to registrations saved by older versions. */
function signInDefaults() {
  return {
    signInAudience: 'AzureADMyOrg',
    publicClient: false,
    requiredScopes: [],
    consentedScopes: SIGN_IN_SCOPES,
    userConsents: [],
    appRoles: [],
    appRoleAssignments: [],
    assignmentRequired: false,
    groupMembershipClaims: null,
    optionalClaims: [],
    identifierUris: [],
    api: NO_API,
  } satisfies Partial<Application>;
}

/** Makes a registration with a fresh secret and granted permissions. */
export function newApplication(ids: () => string, now: number, given: Partial<Application> = {}): Application {
  return {
    clientId: ids(),
    objectId: ids(),
    servicePrincipalId: ids(),
    clientSecret: randomBytes(24).toString('base64url'),
    displayName: 'Sample application',
    certificates: [],
    federatedIssuers: [],
    roles: ['Files.ReadWrite.All', 'User.Read.All'],
    requiredRoles: ['Files.ReadWrite.All', 'User.Read.All'],
    redirectUris: ['http://localhost'],
    secretExpired: false,
    secretEnds: now + SECRET_LIFE_MS,
    created: now,
    disabled: false,
    ...signInDefaults(),
    ...given,
  };
}

/** Returns the expiry of its secret, in milliseconds since 1970. */
export function secretEnd({ secretExpired, secretEnds, created }: Application): number {
  return secretExpired ? Math.min(secretEnds, created) : secretEnds;
}

/** Applies an administrator's consent: adds the registration's permissions to the granted ones. */
export function grantRequired(application: Application): void {
  application.roles = union(application.roles, application.requiredRoles);
  application.consentedScopes = union(application.consentedScopes, application.requiredScopes);
}

/** Returns the scopes that somebody has consented to for themselves. */
export function consentOf({ userConsents }: Application, userId: string): readonly string[] {
  return userConsents.find(consent => consent.userId === userId)?.scopes ?? [];
}

/** Adds somebody's own consent to their earlier consents. */
export function addUserConsent(application: Application, userId: string, scopes: readonly string[]): void {
  const others = application.userConsents.filter(consent => consent.userId !== userId);
  application.userConsents = [...others, { userId, scopes: union(consentOf(application, userId), scopes) }];
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])];
}
