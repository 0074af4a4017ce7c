import { type Item, notFound } from './drive-reader.ts';
import { type Exchange, now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { ItemPath } from './item-path.ts';
import { refuseLocked } from './no-drive.ts';
import type { Library } from './site.ts';
import type { Caller } from './tokens.ts';

/** A drive item as a URL names it: a base item and, optionally, a path from there. */
export interface ItemAddress {
  readonly library: Library;
  readonly caller: Caller;
  readonly base: Item;
  /** Decoded names from the base down; undefined if the URL has no `:/path:`. */
  readonly names: readonly string[] | undefined;
  /** The captures of the action's pattern, decoded: `{ versionId: '1.0' }`. */
  readonly args: Readonly<Record<string, string>>;
  /** Items created after this time, in milliseconds since 1970, are not visible yet. */
  readonly seenUntil: number;
  /** The look-ups that lag in this way. */
  readonly lagsBy: 'path' | 'id';
}

/** Finds the base item; the operation looks up the rest. */
export function locate(
  exchange: Exchange,
  { library, caller }: { library: Library; caller: Caller },
  { path, args }: { path: ItemPath; args: Readonly<Record<string, string>> },
): ItemAddress {
  const { settings } = exchange.world;
  refuseLocked(library.site, settings);
  if (
    settings.photoNeedsColon &&
    path.action === '' &&
    !path.isClosed &&
    path.names?.at(-1)?.toLowerCase() === 'photo'
  ) {
    // Graph takes the segment for the `photo` property (onedrive-api-docs 1020; rclone 3039).
    throw new GraphFault('invalidRequest', "Resource not found for the segment 'photo'.");
  }
  const base = library.drive.get(path.base);
  const seenUntil = now(exchange) - settings.lookupLagMs;
  return { library, caller, base, names: path.names, args, seenUntil, lagsBy: settings.lookupLagBy };
}

/** Returns the item at the address, or throws `itemNotFound`. */
export function existing({ library, base, names = [], seenUntil, lagsBy }: ItemAddress): Item {
  const item = library.drive.walk(base, names);
  if (names.length > 0 === (lagsBy === 'path') && item.parent !== null && item.created > seenUntil) {
    throw notFound();
  }
  return item;
}
