import type { ShareKind } from '../state/share-kind.ts';
import type { ShareRules } from './share-rules.ts';

const DAY_MS = 24 * 60 * 60_000;
export const MIN_PASSWORD_LENGTH = 6;
const MAX_PASSWORD_LENGTH = 200;
const MAX_DOWNLOADS = 1_000_000;

/** Why a share is not made, or not ended; the text is for the user. */
export class SharingError extends Error {
  override readonly name = 'SharingError';
  readonly kind: 'bad-request' | 'forbidden' | 'too-many' | 'not-found';

  constructor(kind: SharingError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What a user wants of a share. */
export interface ShareWish {
  readonly kind: ShareKind;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly password: string | undefined;
  readonly maxDownloads: number | undefined;
  /** Names the request, so that one that comes twice makes one share. */
  readonly key: string | undefined;
}

const KEYS = ['kind', 'days', 'expires', 'password', 'maxDownloads', 'key'];
/** Long enough for 128 random bits. */
const KEY_FORM = /^[\w-]{22,64}$/;

/** Reads the wish of a user: `{kind, days or expires, password, maxDownloads}`. Throws SharingError. */
export function readShareWish(input: Readonly<Record<string, unknown>>, rules: ShareRules, now: number): ShareWish {
  const unknown = Object.keys(input).find(key => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw bad(`there is no "${unknown}" in a share; there are: ${KEYS.join(', ')}`);
  }
  const kind = rules.kinds.find(each => each === input.kind);
  if (kind === undefined) {
    throw bad(`kind must be ${rules.kinds.join(' or ')}`);
  }
  return {
    kind,
    expires: readEnd(input, rules, now),
    password: readPassword(input.password, rules),
    maxDownloads: readMaxDownloads(input.maxDownloads, kind, rules),
    key: readKey(input.key),
  };
}

function readEnd({ days, expires }: Readonly<Record<string, unknown>>, { maxDays }: ShareRules, now: number): number {
  const last = now + maxDays * DAY_MS;
  if (isGiven(days) && isGiven(expires)) {
    throw bad('give either days or expires');
  }
  if (isGiven(days)) {
    if (!Number.isInteger(days) || Number(days) < 1 || Number(days) > maxDays) {
      throw bad(`days must be a whole number from 1 to ${maxDays}`);
    }
    return now + Number(days) * DAY_MS;
  }
  if (!isGiven(expires)) {
    return last;
  }
  const end =
    typeof expires === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(expires)
      ? Date.parse(expires)
      : Number.NaN;
  if (!(end > now && end <= last)) {
    throw bad(`expires must be a time such as ${new Date(last).toISOString()}, and at most ${maxDays} days away`);
  }
  return end;
}

function readPassword(password: unknown, { requirePassword }: ShareRules): string | undefined {
  if (!isGiven(password) && !requirePassword) {
    return undefined;
  }
  const isGood =
    typeof password === 'string' &&
    password.length >= MIN_PASSWORD_LENGTH &&
    password.length <= MAX_PASSWORD_LENGTH &&
    password.isWellFormed();
  if (!isGood) {
    const why = requirePassword ? 'a share must have a password: ' : '';
    throw bad(`${why}password must be a text of ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`);
  }
  return password;
}

function readMaxDownloads(given: unknown, kind: ShareKind, { maxDownloads }: ShareRules): number | undefined {
  if (!isGiven(given)) {
    return undefined;
  }
  const most = maxDownloads ?? MAX_DOWNLOADS;
  if (kind === 'upload') {
    throw bad('maxDownloads is for shares that are read');
  }
  if (!Number.isInteger(given) || Number(given) < 1 || Number(given) > most) {
    throw bad(`maxDownloads must be a whole number from 1 to ${most}`);
  }
  return Number(given);
}

function readKey(key: unknown): string | undefined {
  if (!isGiven(key)) {
    return undefined;
  }
  if (typeof key !== 'string' || !KEY_FORM.test(key)) {
    throw bad('key must be 22 to 64 letters, digits, - and _, made at random');
  }
  return key;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function bad(message: string): SharingError {
  return new SharingError('bad-request', message);
}
