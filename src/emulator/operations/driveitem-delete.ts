import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { checkIfMatch } from '../if-match.ts';

/** `DELETE …/items/{id}` (Graph docs, "Delete a DriveItem"): to the recycle bin, with its contents. */
export function driveitemDelete(exchange: Exchange, address: ItemAddress): Reply {
  return remove(exchange, address, { isPermanent: false });
}

/** `POST …/permanentDelete` (Graph docs): past the recycle bin. */
export function driveitemPermanentDelete(exchange: Exchange, address: ItemAddress): Reply {
  return remove(exchange, address, { isPermanent: true });
}

function remove(exchange: Exchange, address: ItemAddress, { isPermanent }: { isPermanent: boolean }): Reply {
  const item = existing(address);
  if (item.parent === null) {
    throw new GraphFault('accessDenied', 'The root cannot be deleted.');
  }
  checkIfMatch(exchange, item, exchange.world.settings.ifMatchStatus);
  refuseHeld(item, actOf(exchange, address.caller));
  address.library.drive.remove(item, { now: now(exchange), isPermanent });
  return { status: 204 };
}
