import { NOTE_KINDS, type NoteKind, type NoteStore, refuseLongNote } from '../note-store.ts';
import { createDigest, createSealing } from '../sealing.ts';
import { type Database, sql } from './database.ts';

/** A kind may have so much more than its most notes, times the number of servers: one part in a hundred. */
const EACH_PART = 100;

const PUT = sql(
  `INSERT INTO notes (kind, key, owner, value, ends) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, value = excluded.value, ends = excluded.ends,
     number = excluded.number`,
);
/** Those that another server is deleting are left to it. */
const DROP_ENDED = sql(
  'DELETE FROM notes WHERE (kind, key) IN (SELECT kind, key FROM notes WHERE ends <= $1 FOR UPDATE SKIP LOCKED)',
);
/** Deletes as many as there are above `$2`: the oldest of the owner with the most, again and again. */
const DROP_SURPLUS = sql(
  `WITH ranked AS (
     SELECT key, number, row_number() OVER (PARTITION BY owner ORDER BY number DESC) AS rank FROM notes WHERE kind = $1
   ), surplus AS (
     SELECT key FROM ranked ORDER BY rank DESC, number LIMIT greatest((SELECT count(*) FROM ranked) - $2::bigint, 0)
   )
   DELETE FROM notes WHERE (kind, key) IN (
     SELECT kind, key FROM notes WHERE kind = $1 AND key IN (SELECT key FROM surplus) FOR UPDATE SKIP LOCKED)`,
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
  const untilRoomIsMade = new Map<NoteKind, number>();
  /** Counting costs more than putting, so it is not done each time. */
  const makeRoom = async (kind: NoteKind, now: number) => {
    const { max } = NOTE_KINDS[kind];
    const left = untilRoomIsMade.get(kind) ?? 0;
    untilRoomIsMade.set(kind, left > 0 ? left - 1 : Math.floor(max / EACH_PART));
    if (left === 0) {
      await database.write(DROP_ENDED, now);
      await database.write(DROP_SURPLUS, kind, max);
    }
  };
  return {
    put: async (note, now) => {
      refuseLongNote(note);
      await makeRoom(note.kind, now);
      const { kind, value, ends } = note;
      const names = [digestOf(note.key), digestOf(note.owner)];
      await database.write(PUT, kind, ...names, coding.encode(value), ends);
    },
    get: async (kind, name, now) => decoded(await database.read(GET, kind, digestOf(name), now))[0],
    take: async (kind, name, now) => decoded((await database.write(TAKE, kind, digestOf(name), now)).rows)[0],
    delete: async (kind, name) => void (await database.write(DELETE, kind, digestOf(name))),
    list: async (kind, owner, { now, max }) =>
      decoded(await database.read(LIST, kind, digestOf(owner), now, max)).reverse(),
  };
}
