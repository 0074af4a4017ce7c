import type { IncomingMessage } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { AdmittedPerson, People } from '../people/people.ts';
import type { Session, SessionStore } from '../state/session-store.ts';
import { readCookie, setCookie } from './cookies.ts';
import { cannotTell } from './identity.ts';
import { digestOf, isSecretShaped, randomSecret } from './tokens.ts';

/** A browser's session, with its person as the directory knows them now. */
export interface SignedIn {
  readonly session: Session;
  readonly admitted: AdmittedPerson;
}

export interface SessionOptions {
  readonly store: SessionStore;
  readonly people: People;
  /** The fixed life of a session; use does not prolong it. */
  readonly seconds: number;
  readonly clock: Clock;
}

/** The sessions of browsers. The cookie is random; only its digest is stored. */
export class Sessions {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /**
   * Begins a session, and returns its `Set-Cookie` header. The value is always new: one that the browser had before the
   * sign-in, by whomever it was planted, never becomes a session, and an older session of the browser ends.
   */
  async begin(request: IncomingMessage, { person }: AdmittedPerson): Promise<string> {
    const { store, clock, seconds } = this.#options;
    const value = randomSecret();
    const now = clock.now();
    const next: Session = {
      digest: digestOf(value),
      tenantId: person.tenantId,
      userId: person.userId,
      created: now,
      expires: now + seconds * 1000,
      formSecret: randomSecret(),
    };
    const old = digestOfCookie(request);
    if (old === undefined || !(await store.rotate(old, next))) {
      await store.add(next);
    }
    return setCookie('session', value, seconds);
  }

  /**
   * Finds the session of a browser; ends it when its person is no longer admitted. Throws RefusedError while the
   * directory has not been read.
   */
  async find(request: Pick<IncomingMessage, 'headers'>): Promise<SignedIn | undefined> {
    const { store, people, clock } = this.#options;
    const digest = digestOfCookie(request);
    const session = digest === undefined ? undefined : await store.find(digest, clock.now());
    if (session === undefined) {
      return undefined;
    }
    const admitted = people.find(session.userId);
    if (admitted !== undefined && admitted.person.tenantId === session.tenantId) {
      return { session, admitted };
    }
    const pending = people.pending();
    if (pending !== undefined) {
      throw cannotTell(pending);
    }
    await store.remove(session.digest);
    return undefined;
  }

  async end({ digest }: Session): Promise<void> {
    await this.#options.store.remove(digest);
  }

  /** Ends all sessions of a person. */
  async endAll({ userId }: Session): Promise<void> {
    await this.#options.store.removeAll(userId);
  }
}

function digestOfCookie(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  const value = readCookie(request, 'session');
  return value === undefined || !isSecretShaped(value) ? undefined : digestOf(value);
}
