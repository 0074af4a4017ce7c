import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Database, sql } from './database.ts';

/** This server among those that share the database (table `servers`). */
export interface Member {
  /** The id under which it works; another one after it was taken for dead. */
  readonly id: string;
  /** Returns true while no other server can take it for dead. Asks nobody. */
  isCurrent(): boolean;
}

const ENTER = sql(`INSERT INTO servers (id, name, until) VALUES ($1, $2, 'infinity')`);
const LEAVE = sql('DELETE FROM servers WHERE id = $1');

export async function join(database: Database): Promise<Member & { leave(): Promise<void> }> {
  const id = randomUUID();
  await database.write(ENTER, id, hostname());
  return {
    id,
    isCurrent: () => true,
    leave: async () => void (await database.write(LEAVE, id).catch(() => {})),
  };
}
