import { existing, type ItemAddress } from '../address.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { checkIfMatch } from '../if-match.ts';

/** `DELETE …/items/{id}` (Graph docs, "Delete a DriveItem"): to the recycle bin, with all that is in it. */
export function driveitemDelete(exchange: Exchange, address: ItemAddress): Reply {
  const item = existing(address);
  if (item.parentId === undefined) {
    throw new GraphFault('accessDenied', 'The root cannot be deleted.');
  }
  checkIfMatch(exchange, item, exchange.world.settings.ifMatchStatus);
  address.library.drive.remove(item);
  return { status: 204 };
}

/** `POST …/permanentDelete` (Graph docs): past the recycle bin. */
export function driveitemPermanentDelete(exchange: Exchange, address: ItemAddress): Reply {
  const { drive } = address.library;
  const before = drive.deletedBytes;
  const reply = driveitemDelete(exchange, address);
  drive.deletedBytes = before;
  return reply;
}
