import type { Database } from './database.ts';

export type LinkScope = 'anonymous' | 'organization' | 'users';

/** A sharing link to one item, as it was made. */
export interface SharingLink {
  /** A GUID. */
  readonly id: string;
  readonly type: 'view' | 'edit';
  readonly scope: LinkScope;
  /** When it ends, in milliseconds since 1970; null for never. */
  readonly expires: number | null;
}

/** The sharing links of items, by the key of the item. They are deleted with their item. */
export class PermissionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  of(item: number): SharingLink[] {
    const rows = this.#db.sql('SELECT body FROM permission WHERE item = ?').all(item);
    return rows.map(({ body }) => JSON.parse(body as string));
  }

  /** Returns the link of that id, with the key of its item. */
  find(id: string): { item: number; link: SharingLink } | undefined {
    const row = this.#db.sql('SELECT item, body FROM permission WHERE id = ?').get(id);
    return row && { item: row.item as number, link: JSON.parse(row.body as string) };
  }

  add(item: number, link: SharingLink): void {
    this.#db.sql('INSERT INTO permission VALUES (?, ?, ?)').run(item, link.id, JSON.stringify(link));
  }

  delete(item: number, id: string): void {
    this.#db.sql('DELETE FROM permission WHERE item = ? AND id = ?').run(item, id);
  }
}
