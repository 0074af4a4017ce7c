import { existing, type ItemAddress } from '../address.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { permissionsOf, renderPermission } from '../sharing.ts';

/**
 * `GET …/permissions` (Graph docs, "List sharing permissions on a driveItem"): including the owner's and those
 * of folders above.
 */
export function driveitemListPermissions(exchange: Exchange, address: ItemAddress): Reply {
  const { library } = address;
  const item = existing(address);
  const value = permissionsOf(exchange.world, library, item).map(each => renderPermission(library, item, each));
  return { status: 200, json: withContext(exchange, { value }, 'permissions') };
}
