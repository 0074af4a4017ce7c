import { randomBytes } from 'node:crypto';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What Entra recommends for a new secret. */
const SECRET_LIFE_MS = 180 * DAY_MS;

/** A federated identity credential: whose tokens the application may show instead of a secret. */
export interface FederatedIssuer {
  readonly issuer: string;
  readonly subject: string;
  /** `api://AzureADTokenExchange` unless somebody has chosen another. */
  readonly audience: string;
  /** In PEM; Entra gets it from the issuer. */
  readonly publicKey: string;
}

/** A role that an application has for people and groups (Graph docs, "appRole resource type"). */
export interface AppRole {
  readonly id: string;
  /** What the claim `roles` says. */
  readonly value: string;
  readonly displayName: string;
}

/** Who may use an application, and as what (Graph docs, "appRoleAssignment resource type"). */
export interface AppRoleAssignment {
  readonly id: string;
  /** Of a user or a group. */
  readonly principalId: string;
  readonly appRoleId: string;
  readonly created: number;
}

/** The role of an assignment that names none (Graph docs, "Grant an appRoleAssignment to a user"). */
export const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000';

/** What an application has asked to be added to its tokens (learn, "Configure optional claims"). */
export type OptionalClaim = 'acct' | 'email';

/** An application that is registered in a tenant, together with its service principal there. */
export interface Application {
  /** Of the application object; its client id is another. */
  readonly objectId: string;
  readonly servicePrincipalId: string;
  clientId: string;
  clientSecret: string;
  /** What the consent page calls it. */
  displayName: string;
  /** In PEM, without their keys. */
  certificates: readonly string[];
  federatedIssuers: readonly FederatedIssuer[];
  /** Consented application permissions; none: consent is missing. Tokens that were issued before keep what they had. */
  roles: readonly string[];
  /** Application permissions that the registration asks for; consent grants these. */
  requiredRoles: readonly string[];
  /** Where the login host may send a browser. */
  redirectUris: readonly string[];
  secretExpired: boolean;
  /** Milliseconds since 1970; after it the secret is as good as `secretExpired`. */
  secretEnds: number;
  readonly created: number;
  disabled: boolean;
  /** Whose people may sign in to it: those of its own tenant, or those of every tenant. */
  signInAudience: 'AzureADMyOrg' | 'AzureADMultipleOrgs';
  /** Whether it is a program on people's machines, which can keep no secret (`isFallbackPublicClient` in Graph). */
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
  /** What people have consented to for themselves. */
  userConsents: readonly { readonly userId: string; readonly scopes: readonly string[] }[];
  appRoles: readonly AppRole[];
  appRoleAssignments: readonly AppRoleAssignment[];
  /** Whether only people with an assignment may sign in. */
  assignmentRequired: boolean;
  /** Which groups the claim `groups` names; null: there is no such claim (learn, "Configure group claims"). */
  groupMembershipClaims: 'SecurityGroup' | 'All' | 'ApplicationGroup' | null;
  optionalClaims: readonly OptionalClaim[];
}

/** What `openid` and the other scopes of OpenID Connect mean to consent: each is asked for. */
const SIGN_IN_SCOPES = ['openid', 'profile', 'email', 'offline_access', 'User.Read'];

/** What a registration has besides its credentials; what was saved before these were known gets them as well. */
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
  } satisfies Partial<Application>;
}

/** A registration with a fresh secret, and its permissions granted. */
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

/** When its secret ends or has ended, in milliseconds since 1970. */
export function secretEnd({ secretExpired, secretEnds, created }: Application): number {
  return secretExpired ? Math.min(secretEnds, created) : secretEnds;
}

/** An administrator's consent: what the registration asks for is granted, beside what was granted before. */
export function grantRequired(application: Application): void {
  application.roles = union(application.roles, application.requiredRoles);
  application.consentedScopes = union(application.consentedScopes, application.requiredScopes);
}

/** What somebody has consented to for themselves. */
export function consentOf({ userConsents }: Application, userId: string): readonly string[] {
  return userConsents.find(consent => consent.userId === userId)?.scopes ?? [];
}

/** Somebody's own consent, beside what they have consented to before. */
export function addUserConsent(application: Application, userId: string, scopes: readonly string[]): void {
  const others = application.userConsents.filter(consent => consent.userId !== userId);
  application.userConsents = [...others, { userId, scopes: union(consentOf(application, userId), scopes) }];
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])];
}
