import type { SyncJournal, SyncMember } from '../sync-store.ts';

/** A journal as it is in the table of every engine. */
export interface JournalRow {
  readonly id: number;
  readonly secret: string;
  readonly link: string;
  readonly linked_at: number;
  readonly last: number;
  readonly floor: number;
  readonly size: number;
  readonly used: number;
}

/** A member as it is in the table of every engine, and the id of the folder that it is in. */
export interface MemberRow {
  readonly path: string;
  readonly item_id: string;
  readonly parent_id: string | null;
  readonly kind: 'file' | 'folder';
  readonly tag: string;
  readonly shown: string;
  readonly born: number;
  readonly number: number;
  readonly is_gone: 0 | 1;
  readonly to_look: 0 | 1;
  readonly to_list: 0 | 1;
  readonly listed_at: number;
}

export function toJournal({ id, secret, link, linked_at, last, floor, size }: JournalRow): SyncJournal {
  return { id, secret, link, linkedAt: linked_at, last, floor, size };
}

export function toMember(row: MemberRow): SyncMember {
  return {
    path: row.path,
    itemId: row.item_id,
    parentId: row.parent_id ?? undefined,
    kind: row.kind,
    tag: row.tag,
    shown: row.shown,
    number: row.number,
    isGone: row.is_gone === 1,
    isToLook: row.to_look === 1,
    isToList: row.to_list === 1,
    isListed: row.listed_at > 0,
  };
}
