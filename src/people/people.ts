import type { User } from '../auth/user.ts';

/** A user of a tenant's directory. */
export interface Person {
  /** Both in lower case; the object id stays when the address changes. */
  readonly tenantId: string;
  readonly userId: string;
  /** User principal name, as last seen. */
  readonly principal: string;
  readonly displayName: string;
  readonly mail: string | undefined;
}

/** A person whom a rule of the configuration lets in. */
export interface AdmittedPerson {
  readonly person: Person;
  /** The same object while the rights stay the same. */
  readonly user: User;
  /** The maximum number of their device passwords. */
  readonly devicePasswords: number;
}

/** The people whom the rules let in, as far as the directories have been read. Look-ups make no calls. */
export interface People {
  /** Finds a person by object id, in any case. Undefined: not admitted, or not known yet (see `pending`). */
  find(userId: string): AdmittedPerson | undefined;
  /**
   * Finds a person by principal name, mail address or short name (the part before the @), in any case. Undefined when
   * nobody, or more than one person, has the name.
   */
  named(name: string): AdmittedPerson | undefined;
  /** Returns undefined when the directories have been read; otherwise the seconds until a retry makes sense. */
  pending(): { readonly retryAfterSeconds: number } | undefined;
  /**
   * Asks the directory about one person now, for a sign-in: 2 Graph calls, and one more for each other tenant that has
   * to be asked. Roles of the application are those of the last whole look. Undefined: not admitted. Throws GraphError,
   * also when a role may be missing only because nobody has looked for it yet.
   */
  look(userId: string, signal: AbortSignal): Promise<AdmittedPerson | undefined>;
}
