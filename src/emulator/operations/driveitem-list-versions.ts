import { existing, type ItemAddress } from '../address.ts';
import { time, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';

/** `GET …/versions` (Graph docs, "List versions of a driveItem"): newest first. */
export function driveitemListVersions(exchange: Exchange, address: ItemAddress): Reply {
  const item = existing(address);
  const { store } = address.library.drive;
  const current = { number: item.versionNumber, size: item.size, modified: item.modified };
  const value = [...store.versions(item.key), current].reverse().map(({ number, size, modified }) => ({
    id: `${number}.0`,
    lastModifiedDateTime: time(modified),
    size,
  }));
  return { status: 200, json: withContext(exchange, { value }, 'versions') };
}
