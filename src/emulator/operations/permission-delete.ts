import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { findPermission } from '../sharing.ts';
import { PermissionStore } from '../store/permission-store.ts';

/** `DELETE …/permissions/{id}` (Graph docs, "Delete a sharing permission"): not an inherited one. */
export function permissionDelete(exchange: Exchange, address: ItemAddress): Reply {
  const { world } = exchange;
  const { library, args } = address;
  const item = existing(address);
  const permission = findPermission(world, library, { item, id: args.permissionId! });
  if (permission.kind === 'owner') {
    throw new GraphFault('accessDenied', "The owner's permission cannot be deleted.");
  }
  if (permission.holder.key !== item.key) {
    throw new GraphFault('invalidRequest', 'An inherited permission cannot be deleted.');
  }
  new PermissionStore(world.db).delete(item.key, permission.link.id);
  library.drive.touch(item, {}, actOf(exchange, address.caller));
  return { status: 204 };
}
