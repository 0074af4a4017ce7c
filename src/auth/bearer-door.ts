import type { IncomingMessage } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import { admit, type KnownPeople, unknownKeys } from './admit.ts';
import type { Audit } from './audit.ts';
import type { Door, Verdict } from './door.ts';
import { claimedName, invalid, type TokenRefusal, type TrustedIssuer } from './token-check.ts';
import { TokenReader } from './token-reader.ts';

export interface BearerDoorOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** Asked with each request, also about the person of a token that is known. */
  readonly people: KnownPeople;
  /** The scope that `issuers` ask for, to tell a client whose token lacks it. */
  readonly scope: string | null;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** The door for access tokens of the issuers (RFC 6750 §2.1), which programs send instead of a password. */
export function createBearerDoor(options: BearerDoorOptions): Door {
  const { issuers, people, clock } = options;
  const reader = new TokenReader(issuers, clock);
  const judge = async (token: string, address: string): Promise<Verdict> => {
    const read = await reader.read(token);
    if ('refused' in read) {
      return refuse(read, { token, address, options });
    }
    const verdict = admit(read.person, people);
    if (read.isNew) {
      report(verdict, { token, address, options });
    }
    return verdict;
  };
  return ({ headers }, address) => {
    const token = readToken(headers);
    if (token === undefined) {
      return undefined;
    }
    return token === null
      ? Promise.resolve(refuse(invalid('it is malformed'), { token: '', address, options }))
      : judge(token, address).catch(unknownKeys);
  };
}

/** Returns the token; null when what follows `Bearer` is none. */
function readToken({ authorization }: IncomingMessage['headers']): string | null | undefined {
  if (authorization === undefined || !/^Bearer( |$)/i.test(authorization)) {
    return undefined;
  }
  return /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1] ?? null;
}

interface Attempt {
  readonly token: string;
  readonly address: string;
  readonly options: BearerDoorOptions;
}

/** RFC 6750 §3.1: `invalid_token` is 401, `insufficient_scope` 403. */
function refuse({ refused, reason }: TokenRefusal, { token, address, options }: Attempt): Verdict {
  const detail = { by: 'token', reason };
  options.audit({ event: 'credentials-refused', user: claimedName(token), address, detail });
  if (refused === 'scope') {
    const scope = options.scope === null ? '' : `, scope="${options.scope}"`;
    return { refused: 'forbidden', challenge: `Bearer error="insufficient_scope"${scope}` };
  }
  return { refused: 'wrong', challenge: `Bearer error="invalid_token", error_description="${reason}"` };
}

function report(verdict: Verdict, { token, address, options: { audit } }: Attempt): void {
  if ('user' in verdict) {
    audit({ event: 'signed-in', user: verdict.user.name, address, detail: { by: 'token' } });
  } else if (verdict.refused === 'forbidden') {
    const detail = { by: 'token', reason: 'no rule lets this person in' };
    audit({ event: 'credentials-refused', user: claimedName(token), address, detail });
  }
}
