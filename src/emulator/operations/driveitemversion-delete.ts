import { existing, type ItemAddress } from '../address.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { findVersion } from '../versions.ts';

/** `DELETE …/versions/{id}` (rclone's `--onedrive-no-versions` and `cleanup`): frees its share of the quota. */
export function driveitemversionDelete(_exchange: Exchange, { library, ...address }: ItemAddress): Reply {
  const item = existing({ library, ...address });
  const version = findVersion(library.drive, item, address.args.versionId!);
  refuseHeld(item);
  if (version.isCurrent) {
    throw new GraphFault('invalidRequest', 'You cannot delete the current version.');
  }
  library.drive.deleteVersion(item, version.number);
  return { status: 204 };
}
