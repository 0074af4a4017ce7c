import type { Item } from './drive.ts';
import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { refuseLocked } from './no-drive.ts';
import type { Library } from './site.ts';

/** A drive item as a URL names it: a base item and, optionally, a path from there. */
export interface ItemAddress {
  readonly library: Library;
  readonly base: Item;
  /** Decoded names from the base down; undefined where the URL has no `:/path:`. */
  readonly names: readonly string[] | undefined;
  /** `children`, `content`, …; `''` for the item itself. */
  readonly action: string;
}

/** Parses what follows `/v1.0/drives/{id}`: `/root…` or `/items/{id}…`, with `:/path:` and an action. */
export function parseItemAddress({ world }: Exchange, library: Library, rest: string): ItemAddress | undefined {
  const match = /^\/(?:root|items\/([^/:]+))(?::\/([^:]*)(?::|$))?(?:\/(.*))?$/.exec(rest);
  if (match === null) {
    return undefined;
  }
  const [, id, path, action = ''] = match;
  refuseLocked(library.site, world.settings);
  return {
    library,
    base: library.drive.get(id === undefined ? 'root' : decodeName(id)),
    names: path === undefined ? undefined : decodePath(path),
    action,
  };
}

/** The item that exists at the address, or `itemNotFound`. */
export function existing(address: ItemAddress): Item {
  return address.library.drive.walk(address.base, address.names ?? []);
}

function decodePath(path: string): string[] {
  return path
    .split('/')
    .filter(segment => segment !== '')
    .map(decodeName);
}

/** A segment of a URL, decoded once. */
export function decodeName(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GraphFault('invalidRequest', 'The URL is not properly encoded.', { innerCode: 'invalidPath' });
  }
}
