import type { Application } from './application.ts';
import type { CloudName } from './clouds.ts';
import { DriveState } from './drive.ts';
import type { DriveQuirks } from './drive-quirks.ts';
import type { GrantRole, Site, User } from './site.ts';
import type { Database } from './store/database.ts';
import { Tenant } from './tenant.ts';
import type { Tenants } from './tenants.ts';
import { UploadSessions } from './upload-sessions.ts';

const ENTRY = 'directory';

interface SavedTenant {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly cloud: CloudName;
  readonly applications: readonly Application[];
  readonly sites: readonly SavedSite[];
  readonly users: readonly (Omit<User, 'site'> & { readonly siteId: string })[];
  readonly groups: readonly SavedGroup[];
}

type SavedSite = Omit<Site, 'owner' | 'libraries' | 'grants'> & {
  /** The owner of the site; the user may have been deleted. */
  readonly owner: Omit<User, 'site'> | undefined;
  readonly grants: readonly [string, GrantRole][];
  readonly libraries: readonly SavedLibrary[];
};

interface SavedLibrary {
  readonly name: string;
  readonly folder: string;
  readonly spec: DriveState['spec'];
  readonly quirks?: DriveQuirks;
}

interface SavedGroup {
  readonly id: string;
  readonly displayName: string;
  readonly created: number;
  /** Ids of users and groups. */
  readonly members: readonly string[];
}

/** Keeps tenants with their users, groups, sites and applications in the database; drives keep themselves. */
export class DirectoryStore {
  readonly #db: Database;
  readonly #tenants: Tenants;
  #written: string | undefined;
  #isDue = false;

  constructor(db: Database, tenants: Tenants) {
    this.#db = db;
    this.#tenants = tenants;
  }

  /** Restores the saved state; returns false when there is none. */
  restore(ids: () => string): boolean {
    const kept = this.#db.getMeta(ENTRY);
    if (kept === undefined) {
      return false;
    }
    const saved = JSON.parse(Buffer.from(kept).toString()) as readonly SavedTenant[];
    this.#tenants.all.push(...saved.map(each => restoreTenant(each, { db: this.#db, ids })));
    return true;
  }

  /** Must be called after any change; changes of one turn of the event loop are written together. */
  changed(): void {
    if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(() => this.#isDue && this.flush());
    }
  }

  flush(): void {
    this.#isDue = false;
    const text = JSON.stringify(this.#tenants.all.map(saveTenant));
    if (text !== this.#written) {
      this.#db.setMeta(ENTRY, Buffer.from(text));
      this.#written = text;
    }
  }
}

function saveTenant(tenant: Tenant): SavedTenant {
  const { id, name, displayName, cloud, applications, sites, users, groups } = tenant;
  return {
    ...{ id, name, displayName, applications },
    cloud: cloud.name,
    sites: sites.map(saveSite),
    users: users.map(({ site, ...user }) => ({ ...user, siteId: site.siteId })),
    groups: groups.map(({ members, ...group }) => ({ ...group, members: [...members].map(member => member.id) })),
  };
}

function saveSite({ owner, libraries, grants, ...site }: Site): SavedSite {
  const { site: _, ...person } = owner ?? { site: undefined };
  return {
    ...site,
    owner: owner === undefined ? undefined : (person as Omit<User, 'site'>),
    grants: [...grants],
    libraries: libraries.map(({ name, folder, drive, quirks }) => ({ name, folder, spec: drive.spec, quirks })),
  };
}

function restoreTenant(saved: SavedTenant, { db, ids }: { db: Database; ids: () => string }): Tenant {
  const tenant = new Tenant(saved, { db, ids, now: 0 });
  Object.assign(tenant, { id: saved.id });
  tenant.applications.splice(0, 1, ...saved.applications);
  tenant.sites.push(...saved.sites.map(site => restoreSite(site, db)));
  for (const { siteId, ...person } of saved.users) {
    const site = tenant.sites.find(each => each.siteId === siteId)!;
    const user: User = { ...person, site };
    site.owner = user;
    tenant.users.push(user);
  }
  restoreGroups(tenant, saved.groups);
  return tenant;
}

function restoreSite({ owner, libraries, grants, ...saved }: SavedSite, db: Database): Site {
  const site: Site = { ...saved, owner: undefined, grants: new Map(grants), libraries: [] };
  site.owner = owner && { ...owner, site };
  for (const { name, folder, spec, quirks = {} } of libraries) {
    const drive = new DriveState(db, spec);
    site.libraries.push({ site, name, folder, drive, sessions: new UploadSessions(db, drive.key), quirks });
  }
  return site;
}

/** A group may be a member of one that was saved before it. */
function restoreGroups(tenant: Tenant, saved: readonly SavedGroup[]): void {
  tenant.groups.push(...saved.map(({ members: _, ...group }) => ({ ...group, members: new Set<never>() })));
  for (const { id, members } of saved) {
    const group = tenant.groups.find(each => each.id === id)!;
    for (const member of members) {
      group.members.add(
        tenant.groups.find(each => each.id === member) ?? tenant.users.find(each => each.id === member)!,
      );
    }
  }
}
