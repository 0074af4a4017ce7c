import type { Place } from '../place.ts';
import { type Queries, sql } from './database.ts';

/** Keeps our keys apart from those of other programs in the same database ("webdav"). */
const SEED = 0x7765_6264_6176;

/** Every place is in it; the root is all of it. */
const TREE = `hashtextextended('locks', ${SEED})`;

/** In one order, so that two steps never wait for each other. */
const TAKE_EACH = `SELECT pg_advisory_xact_lock(key) FROM
  (SELECT DISTINCT hashtextextended(name, ${SEED}) AS key FROM unnest($1::text[]) AS name ORDER BY key) AS keys`;

const TAKE = sql(TAKE_EACH);
const TAKE_IN_TREE = sql(`SELECT pg_advisory_xact_lock_shared(${TREE}) UNION ALL (${TAKE_EACH})`);
const TAKE_TREE = sql(`SELECT pg_advisory_xact_lock(${TREE}) UNION ALL (${TAKE_EACH})`);

/**
 * Makes the rest of the step wait for the other steps with one of these names, and those wait for its end. Names of two
 * different things may fall together; then steps wait that need not.
 */
export async function takeTurn(queries: Queries, ...names: readonly string[]): Promise<void> {
  await queries.read(TAKE, names);
}

/**
 * Makes the rest of the step wait for the other steps about the same trees, the first names of places, and for those
 * with one of the other `names`. A step about the root waits for all.
 */
export async function takeTurnInTree(
  queries: Queries,
  places: readonly Place[],
  ...names: readonly string[]
): Promise<void> {
  const trees = places.flatMap(([first]) => first ?? []);
  // Who has the whole tree needs no part of it, and would be waited for by those that have one.
  const isAll = trees.length < places.length;
  const parts = isAll ? [] : trees.map(name => `locks below ${name}`);
  await queries.read(isAll ? TAKE_TREE : TAKE_IN_TREE, [...parts, ...names]);
}
