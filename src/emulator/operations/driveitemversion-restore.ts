import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { findVersion } from '../versions.ts';

/**
 * `POST …/versions/{id}/restoreVersion` (Graph docs, "Restore a previous version of a DriveItem"): a new version with
 * the old content.
 */
export function driveitemversionRestore(exchange: Exchange, { library, ...address }: ItemAddress): Reply {
  const item = existing({ library, ...address });
  const version = findVersion(library.drive, item, address.args.versionId!);
  refuseHeld(item);
  if (version.isCurrent) {
    throw new GraphFault('invalidRequest', 'The current version cannot be restored.');
  }
  library.drive.restoreVersion(item, version, actOf(exchange, address.caller));
  return { status: 204 };
}
