import type { Clock } from '../lib/clock.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import { Repeating } from '../lib/repeating.ts';
import { getSecretExpiry } from './applications.ts';
import type { CallGraph } from './client.ts';
import type { Credential } from './credential-kinds.ts';
import { isGraphError } from './errors.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Requests of clients after a start go first. */
const FIRST_QUESTION_MS = 60 * 1000;

const NAMES = {
  certificate: 'the certificate of tenant.certificateFile',
  secret: 'the client secret of tenant.clientSecret',
};
const CURES = {
  certificate: 'upload a new one to the application in Entra and put it there',
  secret: 'create a new one for the application in Entra and put it there',
};

/** Returns the warning for a certificate or secret that expires soon or has expired; undefined while there is time. */
export function expiryWarning(
  ends: Date,
  now: number,
  kind: 'certificate' | 'secret' = 'certificate',
): string | undefined {
  const days = daysUntil(ends, now);
  if (days >= WARN_DAYS) {
    return undefined;
  }
  const left = days < 0 ? 'has expired' : days === 0 ? 'expires within a day' : `expires in ${days} days`;
  return `${NAMES[kind]} ${left} (${dayOf(ends)}): ${CURES[kind]}`;
}

/** A credential from the configuration; a certificate's expiry is known. */
export type ExpiringCredential =
  | Exclude<Credential, { kind: 'certificate' }>
  | (Extract<Credential, { kind: 'certificate' }> & { readonly expires: Date });

export interface ExpiryWatchOptions {
  readonly credential: ExpiringCredential;
  readonly call: CallGraph;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** Called once a day with the credential's expiry. */
  readonly tell: (ends: Date) => void;
}

/**
 * Checks once a day when the credential expires, and warns in time. Only Graph knows when a secret expires, and tells
 * it to applications with Application.Read.All; for others this watch does nothing. Returns undefined for credentials
 * that does not need renewal.
 */
export function watchExpiry(options: ExpiryWatchOptions): Repeating | undefined {
  const { clock, warn, tell } = options;
  const credential = renewable(options.credential);
  if (credential === undefined) {
    return undefined;
  }
  const { kind } = credential;
  return new Repeating({
    clock,
    firstAfter: kind === 'secret' ? FIRST_QUESTION_MS : 0,
    pauseAfter: failed => (failed === undefined ? DAY_MS : HOUR_MS),
    work: async signal => {
      const ends =
        credential.kind === 'certificate' ? credential.expires : await askForEnd(options, credential, signal);
      if (ends === undefined) {
        return;
      }
      tell(ends);
      const message = expiryWarning(ends, clock.now(), kind);
      if (message !== undefined) {
        warn(message);
      }
    },
  });
}

/** Returns the credential if it needs renewal. */
function renewable(
  credential: ExpiringCredential,
): Extract<ExpiringCredential, { kind: 'certificate' | 'secret' }> | undefined {
  switch (credential.kind) {
    case 'certificate':
    case 'secret':
      return credential;
    case 'managed-identity':
    case 'workload-identity':
      return undefined;
  }
}

async function askForEnd(
  { call, clock }: ExpiryWatchOptions,
  credential: Extract<Credential, { kind: 'secret' }>,
  signal: AbortSignal,
): Promise<Date | undefined> {
  try {
    const expiry = await getSecretExpiry(call, credential, signal);
    // An expired secret that only begins alike cannot be the one that we have just used.
    return expiry?.isCertain === false && expiry.ends.getTime() < clock.now() ? undefined : expiry?.ends;
  } catch (error) {
    // 404: the application is registered in another tenant, and only that one knows the secrets.
    if (isGraphError(error, 'answer') && (error.status === 403 || error.status === 404)) {
      return undefined;
    }
    throw error;
  }
}
