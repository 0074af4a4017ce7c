import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import { checkIn, checkOut } from '../check-out.ts';
import type { Item } from '../drive-reader.ts';
import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { readFacets } from '../facets.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';

/**
 * `POST …/checkout` (Graph docs, "driveItem: checkout"): 204; 500 for a file of another holder (microsoft-graph-docs
 * 20076).
 */
export function driveitemCheckout(exchange: Exchange, address: ItemAddress): Reply {
  const item = existingFile(address);
  const act = actOf(exchange, address.caller);
  const { checkedOutBy, checkedOutByClient, isLocked } = readFacets(item.facets);
  if (isLocked) {
    refuseHeld(item);
  }
  if (checkedOutBy === undefined) {
    checkOut(address.library, item, act);
  } else if (checkedOutByClient !== address.caller.clientId) {
    throw new GraphFault('UnknownError', 'Unknown Error', { status: 500 });
  }
  return { status: 204 };
}

/**
 * `POST …/checkin` (Graph docs, "driveItem: checkin"): 204. Refuses a file that is not checked out (msgraph-sdk-dotnet
 * 628).
 */
export async function driveitemCheckin(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { checkInAs = 'unspecified', comment = '' } = await readJson(exchange.request);
  if (!['published', 'unspecified', ''].includes(checkInAs as string) || typeof comment !== 'string') {
    throw new GraphFault('invalidRequest', 'checkInAs or comment has no valid value.');
  }
  const item = existingFile(address);
  const act = actOf(exchange, address.caller);
  refuseHeld(item, { by: act.by });
  if (readFacets(item.facets).checkedOutBy === undefined) {
    throw new GraphFault('invalidRequest', 'The file is not checked out.');
  }
  checkIn(address.library, item, act);
  return { status: 204 };
}

function existingFile(address: ItemAddress): Item {
  const item = existing(address);
  if (item.kind !== 'file') {
    throw new GraphFault('invalidRequest', 'The item is not a file.');
  }
  return item;
}
