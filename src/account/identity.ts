import type { AdmittedPerson, People } from '../people/people.ts';
import type { Claims } from './provider.ts';
import { RefusedError } from './refusal.ts';

/** How an ID token names a person of the directory. */
export type Naming =
  /** Entra's own: object id and tenant id. `isOfTenant`: whether a person's tenant is the one of the sign-in. */
  | { readonly kind: 'entra'; readonly isOfTenant: (tenantId: string) => boolean }
  /** Another issuer's: this claim is a principal name, mail address or object id. */
  | { readonly kind: 'claim'; readonly claim: string };

export interface Identifying {
  readonly naming: Naming;
  readonly people: People;
  /** Whether the directory could not be asked; its error says for how long, if it does. */
  readonly explainDirectory: (error: unknown) => { readonly retryAfterSeconds?: number | undefined };
}

/** Entra's issuer of a tenant ends with its id (learn, "ID token claims reference"). */
const TENANT_OF_ISSUER = /\/([\da-f-]{36})\/v2\.0$/;
const RETRY_AFTER_SECONDS = 30;

/**
 * Finds the person of an ID token, and asks the directory about them now. Throws RefusedError when they are not
 * admitted or nobody can tell.
 */
export async function identify(claims: Claims, how: Identifying, signal: AbortSignal): Promise<AdmittedPerson> {
  const attempted = textOf(claims.preferred_username) ?? textOf(claims.email) ?? claims.sub;
  const { naming } = how;
  const userId = naming.kind === 'entra' ? objectIdOf(claims, attempted) : named(claims, how, attempted);
  const admitted = userId === undefined ? undefined : await look(userId, how, signal);
  if (admitted === undefined || (naming.kind === 'entra' && !naming.isOfTenant(admitted.person.tenantId))) {
    throw isGuest(claims) ? guestRefused(attempted) : notAdmitted(attempted);
  }
  return admitted;
}

/** Returns the object id of a person of the issuer's own tenant, which has one for each of its guests, too. */
function objectIdOf(claims: Claims, attempted: string): string {
  const [, issued] = TENANT_OF_ISSUER.exec(claims.iss) ?? [];
  const [userId, tenantId] = [textOf(claims.oid)?.toLowerCase(), textOf(claims.tid)?.toLowerCase()];
  if (userId === undefined || tenantId === undefined || tenantId !== issued) {
    throw new RefusedError({
      status: 403,
      title: 'This account is of another organisation',
      message: 'Please sign in with your account of this organisation.',
      canRetry: true,
      reason: 'other-tenant',
      attempted,
    });
  }
  return userId;
}

/** Returns the object id of the person whom another issuer names. */
function named(claims: Claims, { naming, people }: Identifying, attempted: string): string | undefined {
  const claim = naming.kind === 'claim' ? naming.claim : '';
  const value = textOf(claims[claim]);
  if (value === undefined || (claim === 'email' && !mayBeVerified(claims))) {
    throw new RefusedError({
      status: 403,
      title: 'The sign-in service does not say who you are',
      message:
        'This server needs a verified name of you, and the sign-in service sends none. Please ask your administrator.',
      cure: `The ID token has no usable claim “${claim}” (signIn.claim): give the client its scope or mapper; an “email” counts only when it is verified.`,
      canRetry: true,
      reason: 'claim-missing',
      attempted,
    });
  }
  // A short name could be another person's in the directory.
  const known = people.find(value) ?? (value.includes('@') ? people.named(value) : undefined);
  const pending = known === undefined ? people.pending() : undefined;
  if (pending !== undefined) {
    throw cannotTell(pending);
  }
  return known?.person.userId;
}

/** Some issuers write truth values as texts. */
function mayBeVerified({ email_verified: isVerified }: Claims): boolean {
  return isVerified === undefined || isVerified === true || isVerified === 'true';
}

async function look(
  userId: string,
  { people, explainDirectory }: Identifying,
  signal: AbortSignal,
): Promise<AdmittedPerson | undefined> {
  try {
    return await people.look(userId, signal);
  } catch (error) {
    throw cannotTell(explainDirectory(error), error);
  }
}

/** Both claims say so (learn, "Optional claims reference", `acct`; "ID token claims reference", `idp`). */
function isGuest({ acct, idp, iss }: Claims): boolean {
  return acct === 1 || (idp !== undefined && idp !== iss);
}

function guestRefused(attempted: string): RefusedError {
  return new RefusedError({
    status: 403,
    title: 'Guests cannot sign in here',
    message: 'Your account is a guest of this organisation, and this server is for its own people.',
    cure: 'A rule under “people” admits guests only with “guests: true”.',
    reason: 'guest',
    attempted,
  });
}

function notAdmitted(attempted: string): RefusedError {
  return new RefusedError({
    status: 403,
    title: 'You may not use this server',
    message: `You have signed in as ${attempted}, and no rule of this server admits that account. If you should have access, please ask the administrator of your organisation.`,
    cure: 'A rule under “people” in the configuration must match the person, and the account must be enabled; check-config --as shows who may see what.',
    canRetry: true,
    reason: 'not-admitted',
    attempted,
  });
}

/** The page for the time in which the directory has not been read. */
export function cannotTell(wait: { readonly retryAfterSeconds?: number | undefined }, cause?: unknown): RefusedError {
  return new RefusedError(
    {
      status: 503,
      title: 'The directory cannot be read now',
      message:
        'This server must ask the directory of your organisation who may use it, and gets no answer. Please try again in a moment.',
      cure: 'The log and the doctor command name the reason.',
      canRetry: true,
      retryAfterSeconds: wait.retryAfterSeconds ?? RETRY_AFTER_SECONDS,
      reason: 'directory-unavailable',
    },
    { cause },
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
