import type { AdmittedPerson, People } from '../people/people.ts';
import type { Verdict } from './door.ts';
import { KeysUnknownError } from './issuer-keys.ts';
import type { TokenPerson } from './token-check.ts';

/** The part of People that a door needs. */
export type KnownPeople = Pick<People, 'find' | 'named' | 'pending'>;

/** Returns the verdict on a person whose identity is proven. */
export function admit(person: TokenPerson, people: KnownPeople): Verdict {
  const found = findPerson(person, people);
  if (found !== undefined) {
    return { user: found.user };
  }
  const pending = people.pending();
  return pending === undefined ? { refused: 'forbidden' } : { refused: 'unknown', ...pending };
}

/** Finds a person of a token. An object id counts in its own tenant only. */
function findPerson(person: TokenPerson, people: KnownPeople): AdmittedPerson | undefined {
  if ('name' in person) {
    return people.find(person.name) ?? people.named(person.name);
  }
  const found = people.find(person.userId);
  // Of a tenant that is configured twice, each has a name behind its id.
  return found?.person.tenantId.split(' ', 1)[0] === person.tenantId ? found : undefined;
}

/** Turns the error about an issuer that cannot be asked into a verdict; other errors go on. */
export function unknownKeys(error: unknown): Verdict {
  if (error instanceof KeysUnknownError) {
    return { refused: 'unknown', retryAfterSeconds: error.retryAfterSeconds };
  }
  throw error;
}
