import type { AccessToken } from '@azure/identity';
import type { Clock } from '../lib/clock.ts';
import type { Credential } from './credential-kinds.ts';
import type { GraphError } from './errors.ts';
import { RefusedCredentials } from './refused-credentials.ts';
import type { CredentialSource } from './rolling-credential.ts';
import { isOfCredential } from './token-refusals.ts';

type AskBy = (credential: Credential, signal: AbortSignal) => Promise<AccessToken>;

/**
 * Returns a function that asks by the newest credential, and when that is refused by the one before. What was refused
 * is not sent again for some seconds: then the refusal of the newest is thrown, which the operator must know.
 */
export function createAsking(credentials: CredentialSource, askBy: AskBy, clock: Clock) {
  const refused = new RefusedCredentials(clock);
  const send: AskBy = async (credential, signal) => {
    try {
      const token = await askBy(credential, signal);
      refused.forget(credential);
      return token;
    } catch (error) {
      if (isOfCredential(error as GraphError)) {
        refused.note(credential, error as GraphError);
      }
      throw error;
    }
  };
  /** Undefined: this one is refused, too. */
  const sendOther = async (other: Credential, signal: AbortSignal): Promise<AccessToken | undefined> => {
    if (refused.of(other) !== undefined) {
      return undefined;
    }
    return await send(other, signal).catch((error: GraphError) => {
      if (!isOfCredential(error)) {
        throw error;
      }
      return undefined;
    });
  };
  return async (signal: AbortSignal): Promise<AccessToken> => {
    const newest = await credentials.current();
    const earlier = refused.of(newest);
    let refusal = earlier;
    if (earlier === undefined) {
      try {
        return await send(newest, signal);
      } catch (error) {
        refusal = error as GraphError;
      }
    }
    const other = isOfCredential(refusal!) ? await credentials.instead(newest) : undefined;
    if (other === undefined) {
      throw refusal;
    }
    const found = await sendOther(other, signal);
    if (found !== undefined) {
      return found;
    }
    // Since the newest was refused, Microsoft may have learnt of it, and forgotten the other.
    if (earlier !== undefined && !refused.isOlder(other, newest)) {
      return await send(newest, signal);
    }
    refused.note(newest, refusal!);
    throw refusal;
  };
}
