import type { ServerResponse } from 'node:http';
import type { UnlockOutcome } from '../../state/lock-store.ts';
import { checkConditions, hasConditions, statOrNull } from '../check-conditions.ts';
import { isUnlockOfNothingFine } from '../client-quirks.ts';
import { DavError } from '../errors.ts';
import { parseLockToken } from '../headers/lock-token.ts';
import { refuseReadOnlyLock } from '../locks/lock-guard.ts';
import { locksAt } from '../locks/locks-at.ts';
import { type DavRequest, headerOf, placeOf } from '../request.ts';
import { sendEmpty } from '../respond.ts';
import { refuseBody } from '../unexpected-body.ts';

/**
 * UNLOCK (RFC 4918 §9.11): 204. The request may use any URL that the lock reaches. Only the user who took the lock may
 * end it.
 */
export async function unlock(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, services } = request;
  await refuseBody(request.raw, services.maxXmlBytes);
  const token = parseLockToken(headerOf(request.raw, 'lock-token'));
  if (hasConditions(request.conditions)) {
    await checkConditions(request, await statOrNull(drive, path, { signal }));
  }
  const lock = (await locksAt(request, path)).find(each => each.token === token);
  if (lock !== undefined) {
    refuseReadOnlyLock(request, lock, 'unlock');
  }
  const place = placeOf(drive, path);
  const outcome = await services.locks.unlock(token, { now: services.clock.now(), place, user: request.user });
  const refusal = REFUSALS[outcome]();
  if (refusal !== undefined && !(outcome === 'unknown' && isUnlockOfNothingFine(request.raw))) {
    throw refusal;
  }
  sendEmpty(response, 204);
}

const notHere = () =>
  new DavError(409, 'no lock with this token covers this resource', { condition: 'lock-token-matches-request-uri' });

/** An outcome without a line does not compile: only a lock that has ended is a success. */
const REFUSALS = {
  ended: () => undefined,
  'not-yours': () => new DavError(403, 'only the owner of a lock may end it'),
  elsewhere: notHere,
  unknown: notHere,
} satisfies Record<UnlockOutcome, () => DavError | undefined>;
