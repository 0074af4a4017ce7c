/** A user of a directory, as the last look has shown them. */
export interface KnownPerson {
  /** Both in lower case. */
  readonly tenantId: string;
  readonly userId: string;
  /** User principal name. */
  readonly principal: string;
  readonly displayName: string;
  readonly mail: string | undefined;
  readonly isEnabled: boolean;
  /** Object ids, in lower case, of the groups of rules that contain the person. */
  readonly groups: readonly string[];
  /** Values of the application's roles that rules name and the person has. */
  readonly appRoles: readonly string[];
}

/** The result of a whole look into a tenant's directory. */
export interface PeopleLook {
  /** The tenant's id, in lower case; a tenant that is looked at for two applications has a second name besides. */
  readonly tenantId: string;
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  /** Tells which groups and roles were asked for: a look for others says nothing about these. */
  readonly key: string;
  readonly people: readonly KnownPerson[];
}

/**
 * The people of the directories as last seen, so that a restart knows them before it has looked again.
 * `test/contracts/people-store.ts` is the suite of its implementations.
 */
export interface PeopleStore {
  /** Returns a tenant's last look; undefined when there was none. */
  last(tenantId: string): Promise<PeopleLook | undefined>;
  /** Replaces a tenant's last look: the whole of it or, when it rejects, nothing. */
  keep(look: PeopleLook): Promise<void>;
  /** Adds or replaces one person of a tenant's last look; does nothing when there was none. */
  keepOne(tenantId: string, person: KnownPerson): Promise<void>;
  /** Removes one person of a tenant's last look. */
  forgetOne(tenantId: string, userId: string): Promise<void>;
}
