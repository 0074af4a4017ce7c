import type { Item } from './drive.ts';
import { notFound } from './drive.ts';
import type { World } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { User } from './tenant.ts';

/** A drive item as a URL names it: a base item and, optionally, a path from there. */
export interface ItemAddress {
  readonly user: User;
  readonly base: Item;
  /** Decoded names from the base down; undefined where the URL has no `:/path:`. */
  readonly names: readonly string[] | undefined;
  /** `children`, `content`, …; `''` for the item itself. */
  readonly action: string;
}

/** Parses what follows `/v1.0/drives/{id}`: `/root…` or `/items/{id}…`, with `:/path:` and an action. */
export function parseItemAddress(world: World, driveId: string, rest: string): ItemAddress | undefined {
  const match = /^\/(?:root|items\/([^/:]+))(?::\/([^:]*)(?::|$))?(?:\/(.*))?$/.exec(rest);
  if (match === null) {
    return undefined;
  }
  const [, id, path, action = ''] = match;
  const user = world.tenant.findDrive(decodeName(driveId));
  if (user === undefined) {
    throw notFound();
  }
  if (user.condition === 'locked') {
    throw new GraphFault('notAllowed', 'The site is locked.', { status: 423, innerCode: 'resourceLocked' });
  }
  return {
    user,
    base: user.drive.get(id === undefined ? 'root' : decodeName(id)),
    names: path === undefined ? undefined : decodePath(path),
    action,
  };
}

/** The item that exists at the address, or `itemNotFound`. */
export function existing(address: ItemAddress): Item {
  return address.user.drive.walk(address.base, address.names ?? []);
}

function decodePath(path: string): string[] {
  return path
    .split('/')
    .filter(segment => segment !== '')
    .map(decodeName);
}

function decodeName(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GraphFault('invalidRequest', 'The URL is not properly encoded.', { innerCode: 'invalidPath' });
  }
}
