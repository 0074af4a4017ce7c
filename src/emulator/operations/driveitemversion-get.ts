import { existing, type ItemAddress } from '../address.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { findVersion, renderVersion } from '../versions.ts';

/** `GET …/versions/{id}` (Graph docs, "Get a DriveItemVersion resource"). */
export function driveitemversionGet(exchange: Exchange, address: ItemAddress): Reply {
  const { drive } = address.library;
  const version = findVersion(drive, existing(address), address.args.versionId!);
  return { status: 200, json: withContext(exchange, renderVersion(drive, version), 'versions/$entity') };
}
