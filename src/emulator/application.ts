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
    ...given,
  };
}

/** When its secret ends or has ended, in milliseconds since 1970. */
export function secretEnd({ secretExpired, secretEnds, created }: Application): number {
  return secretExpired ? Math.min(secretEnds, created) : secretEnds;
}

/** An administrator's consent: what the registration asks for is granted, beside what was granted before. */
export function grantRequired(application: Application): void {
  application.roles = [...new Set([...application.roles, ...application.requiredRoles])];
}
