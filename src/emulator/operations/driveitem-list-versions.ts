import { existing, type ItemAddress } from '../address.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { renderVersion, versionsOf } from '../versions.ts';

/** `GET …/versions` (Graph docs, "List versions of a driveItem"): newest first. */
export function driveitemListVersions(exchange: Exchange, address: ItemAddress): Reply {
  const { drive } = address.library;
  const value = versionsOf(drive, existing(address)).map(version => renderVersion(drive, version));
  return { status: 200, json: withContext(exchange, { value }, 'versions') };
}
