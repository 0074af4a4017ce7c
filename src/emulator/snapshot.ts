import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Application, newApplication } from './application.ts';
import type { CloudName } from './clouds.ts';
import { DriveState, type Item } from './drive.ts';
import { type DriveCondition, type GrantRole, type Site, signInFacts, type User } from './site.ts';
import { Tenant } from './tenant.ts';
import type { Tenants } from './tenants.ts';

const FILE = 'tenant.json';
/** Raised whenever what was saved cannot be read as it is. */
const VERSION = 2;

interface Snapshot {
  readonly version: typeof VERSION;
  readonly tenants: readonly SavedTenant[];
}

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
  /** Whose site it is, and who may be gone. */
  readonly owner: Omit<User, 'site'> | undefined;
  readonly grants: readonly [string, GrantRole][];
  readonly libraries: readonly SavedLibrary[];
};

interface SavedLibrary {
  readonly name: string;
  readonly folder: string;
  readonly spec: DriveState['spec'];
  readonly deletedBytes: number;
  readonly items: readonly SavedItem[];
}

type SavedItem = Omit<Item, 'children'> & { readonly children: [string, string][] | undefined };

interface SavedGroup {
  readonly id: string;
  readonly displayName: string;
  readonly created: number;
  /** Ids of users and groups. */
  readonly members: readonly string[];
}

/** What the versions before the first number wrote: one tenant, its users with a drive each. */
interface OldSnapshot {
  readonly id: string;
  readonly application: Partial<Application>;
  readonly users: readonly {
    readonly upn: string;
    readonly displayName: string;
    readonly userId: string;
    readonly accountEnabled?: boolean;
    readonly mail?: string | null;
    readonly condition: DriveCondition;
    readonly site: string;
    readonly drive: DriveState['spec'];
    readonly items: readonly SavedItem[];
  }[];
}

/** Writes all tenants beside their contents, whole or not at all. Upload sessions are not kept. */
export async function saveTenants(folder: string, tenants: Tenants): Promise<void> {
  const snapshot: Snapshot = { version: VERSION, tenants: tenants.all.map(saveTenant) };
  const file = join(folder, FILE);
  await writeFile(`${file}.new`, JSON.stringify(snapshot), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Puts back what `saveTenants` has written, or what it wrote before there was more than one; false when there is nothing. */
export async function restoreTenants(folder: string, tenants: Tenants, ids: () => string): Promise<boolean> {
  const file = join(folder, FILE);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return false;
  }
  const snapshot = JSON.parse(text) as Snapshot | OldSnapshot;
  const version = 'version' in snapshot ? snapshot.version : 1;
  if (version > VERSION) {
    throw new Error(`${file} was written by a newer emulator (format ${version}); use that one, or another folder`);
  }
  const saved = 'version' in snapshot ? snapshot.tenants : [modernise(snapshot, ids)];
  tenants.all.push(...saved.map(each => restoreTenant(each, ids)));
  return true;
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
    libraries: libraries.map(({ name, folder, drive }) => ({
      ...{ name, folder, spec: drive.spec, deletedBytes: drive.deletedBytes },
      items: [...drive.items.values()].map(item => ({ ...item, children: item.children && [...item.children] })),
    })),
  };
}

function restoreTenant(saved: SavedTenant, ids: () => string): Tenant {
  const tenant = new Tenant(saved, ids, 0);
  Object.assign(tenant, { id: saved.id });
  tenant.applications.splice(0, 1, ...saved.applications);
  tenant.sites.push(...saved.sites.map(restoreSite));
  for (const { siteId, ...person } of saved.users) {
    const site = tenant.sites.find(each => each.siteId === siteId)!;
    const user: User = { ...person, site };
    site.owner = user;
    tenant.users.push(user);
  }
  restoreGroups(tenant, saved.groups);
  return tenant;
}

function restoreSite({ owner, libraries, grants, ...saved }: SavedSite): Site {
  const site: Site = { ...saved, owner: undefined, grants: new Map(grants), libraries: [] };
  site.owner = owner && { ...owner, site };
  for (const { name, folder, spec, deletedBytes, items } of libraries) {
    const drive = new DriveState(spec);
    drive.deletedBytes = deletedBytes;
    for (const item of items) {
      drive.items.set(item.id, { ...item, children: item.children && new Map(item.children) });
    }
    site.libraries.push({ site, name, folder, drive });
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

function modernise({ id, application, users }: OldSnapshot, ids: () => string): SavedTenant {
  const now = users[0]?.drive.now ?? Date.now();
  const people = users.map(({ userId, upn, displayName, accountEnabled = true, mail = upn, condition }) => ({
    ...{ id: userId, upn, displayName, accountEnabled, mail },
    licensed: condition !== 'no-licence',
    ...signInFacts(),
  }));
  return {
    ...{ id, name: 'contoso', displayName: 'Contoso', cloud: 'global', groups: [] },
    applications: [newApplication(ids, Date.now(), application)],
    users: people.map((person, index) => ({ ...person, siteId: users[index]!.drive.siteId })),
    sites: users.map(({ drive, condition, site, items }, index) => ({
      ...{ siteId: drive.siteId, webId: drive.webId, condition, grants: [], created: now },
      host: 'contoso-my.sharepoint.com',
      path: `/personal/${site}`,
      displayName: people[index]!.displayName,
      owner: people[index]!,
      libraries: [{ name: 'OneDrive', folder: 'Documents', spec: drive, deletedBytes: 0, items }],
    })),
  };
}
