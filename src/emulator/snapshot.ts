import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DriveState, Item } from './drive.ts';
import type { Application, DriveCondition, Tenant } from './tenant.ts';

const FILE = 'tenant.json';

interface Snapshot {
  readonly application: Application;
  readonly users: SavedUser[];
}

interface SavedUser {
  readonly upn: string;
  readonly displayName: string;
  readonly userId: string;
  readonly accountEnabled?: boolean;
  readonly mail?: string | null;
  readonly condition: DriveCondition;
  readonly site: string;
  readonly drive: Omit<DriveState['spec'], never>;
  readonly items: (Omit<Item, 'children'> & { children: [string, string][] | undefined })[];
}

/** Writes the tenant beside its contents, whole or not at all. Upload sessions are not kept. */
export async function saveTenant(folder: string, tenant: Tenant): Promise<void> {
  const snapshot = { id: tenant.id, application: tenant.application, users: tenant.users.map(saveUser) };
  const file = join(folder, FILE);
  await writeFile(`${file}.new`, JSON.stringify(snapshot), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Puts back what `saveTenant` has written; false when there is nothing. */
export async function restoreTenant(folder: string, tenant: Tenant): Promise<boolean> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined);
  if (text === undefined) {
    return false;
  }
  const snapshot = JSON.parse(text) as Snapshot & { id: string };
  Object.assign(tenant, { id: snapshot.id });
  Object.assign(tenant.application, snapshot.application);
  for (const saved of snapshot.users) {
    restoreUser(tenant, saved);
  }
  return true;
}

function saveUser(user: Tenant['users'][number]): SavedUser {
  const items = [...user.drive.items.values()].map(item => ({
    ...item,
    children: item.children && [...item.children],
  }));
  const { upn, displayName, id, accountEnabled, mail, condition, site, drive } = user;
  return { upn, displayName, userId: id, accountEnabled, mail, condition, site, drive: drive.spec, items };
}

function restoreUser(tenant: Tenant, saved: SavedUser): void {
  const user = tenant.addUser(
    { ...saved, drive: saved.condition, quotaBytes: saved.drive.quotaBytes },
    saved.drive.now,
  );
  const drive = new (user.drive.constructor as new (spec: DriveState['spec']) => DriveState)(saved.drive);
  for (const item of saved.items) {
    drive.items.set(item.id, { ...item, children: item.children && new Map(item.children) });
  }
  Object.assign(user, { drive, site: saved.site });
}
