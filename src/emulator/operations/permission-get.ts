import { existing, type ItemAddress } from '../address.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { findPermission, renderPermission } from '../sharing.ts';

/** `GET …/permissions/{id}` (Graph docs, "Get sharing permission for a file or folder"). */
export function permissionGet(exchange: Exchange, address: ItemAddress): Reply {
  const { library, args } = address;
  const item = existing(address);
  const permission = findPermission(exchange.world, library, { item, id: args.permissionId! });
  const json = renderPermission(library, item, permission);
  return { status: 200, json: withContext(exchange, json, 'permissions/$entity') };
}
