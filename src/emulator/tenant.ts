import { type Application, newApplication } from './application.ts';
import { CLOUDS, type Cloud, type CloudName } from './clouds.ts';
import type { Group } from './group.ts';
import {
  addLibrary,
  type DriveCondition,
  type Library,
  type MultiFactor,
  type Site,
  signInFacts,
  signInName,
  type User,
} from './site.ts';
import type { Database } from './store/database.ts';

const TEBIBYTE = 1024 ** 4;

export interface MailboxSpec {
  readonly upn: string;
  readonly displayName?: string;
  readonly userId?: string;
  readonly quotaBytes?: number;
  readonly drive?: DriveCondition;
  /** False: nobody can sign in; the drive stays. */
  readonly accountEnabled?: boolean;
  /** Null for no mail address; the user principal name by default. */
  readonly mail?: string | null;
  /** Whether a licence with SharePoint is assigned; by default it is, unless `drive` is `no-licence`. */
  readonly licensed?: boolean;
  readonly mfa?: MultiFactor;
  /** For `grant_type=password`. */
  readonly password?: string;
  /**
   * A guest signs in with `upn`, their address in their home tenant; in this tenant their name is
   * `ada_fabrikam.com#EXT#@contoso.onmicrosoft.com` (learn, "Properties of a Microsoft Entra B2B collaboration user").
   * A guest has no OneDrive unless `drive` is set.
   */
  readonly guest?: boolean;
}

export interface SiteSpec {
  /** Below the tenant's SharePoint host: `/sites/team`; `/` for its root site. */
  readonly path: string;
  readonly name: string;
  /** Document libraries by their names; the first one is the default. Only `Documents` when absent. */
  readonly libraries?: readonly string[];
  /** Of each library. */
  readonly quotaBytes?: number;
}

export interface TenantSpec {
  /** `contoso`, the first label of its domain and of its SharePoint hosts. */
  readonly name: string;
  readonly cloud?: CloudName;
  readonly displayName?: string;
}

/** A user with the account's tenant. */
export interface Person {
  readonly tenant: Tenant;
  readonly user: User;
}

/** One tenant: its users with their drives, groups, sites and registered applications. */
export class Tenant {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly cloud: Cloud;
  readonly users: User[] = [];
  readonly groups: Group[] = [];
  /** Team sites and personal sites. A personal site may outlive its user. */
  readonly sites: Site[] = [];
  /** The first one is the default. */
  readonly applications: Application[];
  /** `jti` → the second at which it may be forgotten. */
  readonly seenAssertions = new Map<string, number>();
  /** A cache of drives by id; a tenant may have thousands. */
  readonly #byDriveId = new Map<string, Library>();
  readonly #db: Database;
  readonly #ids: () => string;

  constructor(
    { name, cloud = 'global', displayName }: TenantSpec,
    { db, ids, now }: { db: Database; ids: () => string; now: number },
  ) {
    this.#db = db;
    this.#ids = ids;
    this.id = ids();
    this.name = name;
    this.displayName = displayName ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
    this.cloud = CLOUDS[cloud];
    this.applications = [newApplication(ids, now)];
  }

  get application(): Application {
    return this.applications[0]!;
  }

  /** Its initial domain. */
  get domain(): string {
    return `${this.name}${this.cloud.domainSuffix}`;
  }

  /**
   * Its initial domain, and those of its people's addresses: names can only be at verified domains.
   */
  get domains(): ReadonlySet<string> {
    const ofPeople = this.users.filter(({ upn }) => !upn.includes('#EXT#')).map(({ upn }) => upn.split('@')[1]!);
    return new Set([this.domain, ...ofPeople.map(domain => domain.toLowerCase())]);
  }

  get sharePointHost(): string {
    return `${this.name}${this.cloud.sharePointSuffix}`;
  }

  get personalHost(): string {
    return `${this.name}-my${this.cloud.sharePointSuffix}`;
  }

  addUser(spec: MailboxSpec, now: number): User {
    const displayName = spec.displayName ?? spec.upn.split('@')[0]!;
    const upn = spec.guest ? `${spec.upn.replace('@', '_')}#EXT#@${this.domain}` : spec.upn;
    const drive = spec.drive ?? (spec.guest ? 'no-licence' : 'ready');
    const path = `/personal/${upn.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`;
    const site = this.#newSite({ host: this.personalHost, path, displayName, now });
    const user: User = {
      ...signInFacts(),
      id: spec.userId ?? this.#ids(),
      upn,
      displayName,
      accountEnabled: spec.accountEnabled ?? true,
      mail: spec.mail === undefined ? spec.upn : spec.mail,
      licensed: spec.licensed ?? drive !== 'no-licence',
      mfa: spec.mfa ?? 'off',
      password: spec.password ?? null,
      guestOf: spec.guest ? spec.upn : null,
      site,
    };
    site.owner = user;
    site.condition = drive;
    const quotaBytes = spec.quotaBytes ?? TEBIBYTE;
    addLibrary(site, { db: this.#db, name: 'OneDrive', folder: 'Documents', listId: this.#ids(), quotaBytes });
    this.users.push(user);
    return user;
  }

  addSite({ path, name, libraries = ['Documents'], quotaBytes = 25 * TEBIBYTE }: SiteSpec, now: number): Site {
    const clean = path.replace(/\/+$/, '');
    const site = this.#newSite({ host: this.sharePointHost, path: clean, displayName: name, now });
    for (const library of libraries) {
      // The default library's folder is called otherwise in every site.
      const folder = library === 'Documents' ? 'Shared Documents' : library;
      addLibrary(site, { db: this.#db, name: library, folder, listId: this.#ids(), quotaBytes });
    }
    return site;
  }

  /** Finds a user by object id or, ignoring case, by user principal name. */
  findUser(idOrUpn: string): User | undefined {
    return this.users.find(user => user.id === idOrUpn || user.upn.toLowerCase() === idOrUpn.toLowerCase());
  }

  /** Finds a user by sign-in name: a guest's is the one at home. */
  findPerson(name: string): User | undefined {
    const wanted = name.toLowerCase();
    return this.users.find(user => signInName(user).toLowerCase() === wanted || user.upn.toLowerCase() === wanted);
  }

  findApplication(clientId: string): Application | undefined {
    return this.applications.find(application => application.clientId === clientId);
  }

  /** Returns every drive, including those of deleted users. */
  libraries(): Library[] {
    return this.sites.flatMap(site => site.libraries);
  }

  findLibrary(driveId: string): Library | undefined {
    const known = this.#byDriveId.get(driveId);
    const found = known ?? this.libraries().find(({ drive }) => drive.id === driveId);
    if (known === undefined && found !== undefined) {
      this.#byDriveId.set(driveId, found);
    }
    return found;
  }

  remove(user: User): void {
    this.users.splice(this.users.indexOf(user), 1);
    this.#unassign(user.id);
    for (const group of this.groups) {
      group.members.delete(user);
    }
  }

  removeGroup(group: Group): void {
    this.groups.splice(this.groups.indexOf(group), 1);
    this.#unassign(group.id);
    for (const { members } of this.groups) {
      members.delete(group);
    }
  }

  removeSite(site: Site): void {
    this.sites.splice(this.sites.indexOf(site), 1);
    for (const { drive } of site.libraries) {
      this.#byDriveId.delete(drive.id);
    }
  }

  #unassign(principalId: string): void {
    for (const application of this.applications) {
      application.appRoleAssignments = application.appRoleAssignments.filter(each => each.principalId !== principalId);
    }
  }

  #newSite({ now: created, ...spec }: Pick<Site, 'host' | 'path' | 'displayName'> & { now: number }): Site {
    const [siteId, webId] = [this.#ids(), this.#ids()];
    const site: Site = {
      ...{ siteId, webId, ...spec, created },
      ...{ owner: undefined, condition: 'ready', libraries: [], grants: new Map() },
    };
    this.sites.push(site);
    return site;
  }
}
