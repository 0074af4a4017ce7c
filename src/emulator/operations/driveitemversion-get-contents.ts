import { existing, type ItemAddress } from '../address.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { downloadUrl } from '../pre-authenticated.ts';
import { findVersion } from '../versions.ts';

/**
 * `GET …/versions/{id}/content` (Graph docs, "Download contents of a DriveItemVersion resource"): 302, of old versions
 * only.
 */
export function driveitemversionGetContents(exchange: Exchange, { library, ...address }: ItemAddress): Reply {
  const item = existing({ library, ...address });
  const version = findVersion(library.drive, item, address.args.versionId!);
  if (version.isCurrent) {
    // In these words: several clients look for them (found in public repositories).
    throw new GraphFault('invalidRequest', 'You cannot get the content of the current version.');
  }
  return { status: 302, headers: { location: downloadUrl(exchange.world, library, item, version.number) } };
}
