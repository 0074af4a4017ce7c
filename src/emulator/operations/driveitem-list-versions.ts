import { existing, type ItemAddress } from '../address.ts';
import { time, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';

/** `GET …/versions` (Graph docs, "List versions of a driveItem"): newest first. */
export function driveitemListVersions(exchange: Exchange, address: ItemAddress): Reply {
  const item = existing(address);
  const current = {
    id: `${item.versions.length + 1}.0`,
    lastModifiedDateTime: time(item.modified),
    size: item.blob?.size ?? 0,
  };
  const older = item.versions.map(({ id, blob, lastModified }) => ({
    id,
    lastModifiedDateTime: time(lastModified),
    size: blob.size,
  }));
  return { status: 200, json: withContext(exchange, { value: [current, ...older.reverse()] }, 'versions') };
}
