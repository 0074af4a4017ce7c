import { NOTE_KINDS, type NoteStore, refuseLongNote } from '../note-store.ts';
import { createDigest, createSealing } from '../sealing.ts';
import { type Database, sql } from './database.ts';

/**
 * Makes room and puts the note, in one statement: values are `$1` the kind, `$2` key, `$3` owner, `$4` value, `$5` the
 * end, `$6` now and `$7` the most notes of the kind. Notes that another statement is about to delete are left to it. Of
 * several that are put at once into a kind that is full, each may find the same one to drop; the next one makes up for
 * that.
 */
const PUT = sql(
  `WITH others AS (
     SELECT key, owner, number FROM notes WHERE kind = $1 AND key <> $2 AND ends > $6
   ), surplus AS (
     SELECT key FROM others
     WHERE owner = (SELECT owner FROM others GROUP BY owner ORDER BY count(*) DESC, min(number) LIMIT 1)
     ORDER BY number LIMIT greatest((SELECT count(*) FROM others) - $7::bigint + 1, 0)
   ), dropped AS (
     DELETE FROM notes WHERE kind = $1 AND key IN (
       SELECT key FROM notes WHERE kind = $1 AND key IN (SELECT key FROM surplus) FOR UPDATE SKIP LOCKED)
   ), ended AS (
     DELETE FROM notes WHERE (kind, key) IN (
       SELECT kind, key FROM notes WHERE ends <= $6 AND (kind, key) <> ($1, $2) FOR UPDATE SKIP LOCKED)
   )
   INSERT INTO notes (kind, key, owner, value, ends) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, value = excluded.value, ends = excluded.ends,
     number = excluded.number`,
);
const GET = sql<{ value: string }>('SELECT value FROM notes WHERE kind = $1 AND key = $2 AND ends > $3');
// The second of two waits for the row, and then there is none.
const TAKE = sql<{ value: string }>('DELETE FROM notes WHERE kind = $1 AND key = $2 AND ends > $3 RETURNING value');
const DELETE = sql('DELETE FROM notes WHERE kind = $1 AND key = $2');
const LIST = sql<{ value: string }>(
  `SELECT value FROM notes WHERE kind = $1 AND owner = $2 AND ends > $3 ORDER BY number DESC LIMIT $4`,
);

/** Creates a store of notes in PostgreSQL. With `key` it encrypts values, and makes digests of keys and owners. */
export function createPostgresNoteStore(database: Database, key: Uint8Array): NoteStore {
  const [coding, digestOf] = [createSealing(key), createDigest(key)];
  const decoded = (rows: readonly { readonly value: string }[]) =>
    rows.flatMap(({ value }) => coding.decode(value) ?? []);
  return {
    put: async (note, now) => {
      refuseLongNote(note);
      const { kind, value, ends } = note;
      const names = [digestOf(note.key), digestOf(note.owner)];
      await database.write(PUT, kind, ...names, coding.encode(value), ends, now, NOTE_KINDS[kind].max);
    },
    get: async (kind, name, now) => decoded(await database.read(GET, kind, digestOf(name), now))[0],
    take: async (kind, name, now) => decoded((await database.write(TAKE, kind, digestOf(name), now)).rows)[0],
    delete: async (kind, name) => void (await database.write(DELETE, kind, digestOf(name))),
    list: async (kind, owner, { now, max }) =>
      decoded(await database.read(LIST, kind, digestOf(owner), now, max)).reverse(),
  };
}
