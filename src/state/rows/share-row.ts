import type { ShareKind } from '../share-kind.ts';
import type { NewShare, Share } from '../share-store.ts';

/** A share as it is in the table of every engine. */
export interface ShareRow {
  readonly digest: string;
  readonly id: string;
  readonly kind: ShareKind;
  readonly owner: string;
  readonly owner_name: string;
  readonly names: string;
  readonly target: 'file' | 'folder';
  readonly scope: string;
  readonly item_id: string;
  readonly password_hash: string | null;
  readonly created: number;
  readonly expires: number;
  readonly max_downloads: number | null;
  readonly downloads: number;
  readonly opened: number | null;
  readonly revoked: number | null;
}

/** The columns that are known when a share is made. */
export const NEW_SHARE_COLUMNS =
  'digest, id, kind, owner, owner_name, names, target, scope, item_id, password_hash, created, expires, max_downloads';
export const SHARE_COLUMNS = `${NEW_SHARE_COLUMNS}, downloads, opened, revoked`;

/** Returns the values of `NEW_SHARE_COLUMNS`. */
export function toShareValues({
  digest,
  id,
  kind,
  owner,
  ownerName,
  names,
  target,
  scope,
  itemId,
  ...share
}: NewShare): (string | number | null)[] {
  const { passwordHash = null, created, expires, maxDownloads = null } = share;
  const place = [JSON.stringify(names), target, scope, itemId];
  return [digest, id, kind, owner, ownerName, ...place, passwordHash, created, expires, maxDownloads];
}

export function toShare(row: ShareRow): Share {
  const { digest, id, kind, owner, owner_name, names, target, scope, item_id, created, expires, downloads } = row;
  return {
    ...{ digest, id, kind, owner, ownerName: owner_name },
    ...{ names: JSON.parse(names) as string[], target, scope, itemId: item_id },
    passwordHash: row.password_hash ?? undefined,
    ...{ created, expires, downloads },
    maxDownloads: row.max_downloads ?? undefined,
    opened: row.opened ?? undefined,
    revoked: row.revoked ?? undefined,
  };
}
