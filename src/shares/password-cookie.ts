import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import { mayUseCookie } from '../lib/own-page.ts';
import type { MakeCode } from '../state/sealing.ts';
import type { Share } from '../state/share-store.ts';
import { endOf, type ShareRules } from './share-rules.ts';

/**
 * `__Secure-`: browsers take it over TLS alone, and from this machine (RFC 6265bis §4.1.3.1). `__Host-` would demand
 * `Path=/`, and then each share would get the cookies of all others.
 */
const NAME = '__Secure-onedrive-webdav-share';
const LIFE_MS = 12 * 60 * 60_000;
/** The end, in base 36, and the code. */
const FORM = /^([\da-z]{1,10})\.([\w-]{43})$/;

/** What a browser gets that has sent the password of a share, in place of the password. */
export interface PasswordCookies {
  /** Tells whether a request has the cookie of this share, and comes from where a cookie counts. */
  readonly isWith: (share: Share, request: Pick<IncomingMessage, 'headers' | 'method'>) => boolean;
  /** Returns the `Set-Cookie` header. `path`: of the share in the client's URLs, without a slash at its end. */
  readonly make: (share: Share, path: string) => string;
}

export interface PasswordCookieOptions {
  readonly codeOf: MakeCode;
  readonly rules: ShareRules;
  readonly clock: Clock;
}

/**
 * Creates the cookies of shares. Nothing of them is stored: the code in one is of its share, of the hash of the password
 * and of its end, so that it opens no other share, and a new password ends it. What ends a share ends it as well, since
 * the door looks at that first.
 */
export function createPasswordCookies({ codeOf, rules, clock }: PasswordCookieOptions): PasswordCookies {
  const codeFor = ({ id, digest, passwordHash = '' }: Share, ends: string) =>
    codeOf('password of a share', [id, digest, passwordHash, ends].join('\0'));
  const isRight = (share: Share, value: string) => {
    const [, ends, code] = FORM.exec(value) ?? [];
    return (
      ends !== undefined &&
      Number.parseInt(ends, 36) > clock.now() &&
      timingSafeEqual(Buffer.from(code!), Buffer.from(codeFor(share, ends)))
    );
  };
  return {
    isWith: (share, { headers, method = '' }) =>
      valuesIn(headers.cookie).some(value => isRight(share, value)) && mayUseCookie(method, headers),
    make: (share, path) => {
      const now = Math.floor(clock.now());
      const ends = Math.min(now + LIFE_MS, endOf(share, rules));
      const end = Math.floor(ends).toString(36);
      const seconds = Math.max(0, Math.floor((ends - now) / 1000));
      // `Lax`: people open a share by a link in their mail.
      return `${NAME}=${end}.${codeFor(share, end)}; Path=${path}; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`;
    },
  };
}

/** A host beside ours may plant further ones; they hide none that is right. */
function valuesIn(header = ''): string[] {
  return header
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair.startsWith(`${NAME}=`))
    .map(pair => pair.slice(NAME.length + 1));
}
