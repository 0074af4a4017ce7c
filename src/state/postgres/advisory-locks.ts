import type { Place } from '../place.ts';
import { type Queries, sql } from './database.ts';

/** Keeps our keys apart from those of other programs in the same database ("webdav"). */
const SEED = 0x7765_6264_6176;

/** In one order, so that two steps never wait for each other. */
const TAKE = sql(
  `SELECT pg_advisory_xact_lock(key) FROM
     (SELECT DISTINCT hashtextextended(name, ${SEED}) AS key FROM unnest($1::text[]) AS name ORDER BY key) AS keys`,
);

/**
 * Makes the rest of the step wait for the other steps with one of these names, and those wait for its end. Names of two
 * different things may fall together; then steps wait that need not.
 */
export async function takeTurn(queries: Queries, ...names: readonly string[]): Promise<void> {
  await queries.read(TAKE, names);
}

const TREE = 'locks';
const TAKE_ALL = sql(`SELECT pg_advisory_xact_lock(hashtextextended('${TREE}', ${SEED}))`);
const SHARE_ALL = sql(`SELECT pg_advisory_xact_lock_shared(hashtextextended('${TREE}', ${SEED}))`);

/**
 * Makes the rest of the step wait for the other steps about the same trees: the first names of places. The root is in
 * the same tree as every place.
 */
export async function takeTurnInTree(queries: Queries, places: readonly Place[]): Promise<void> {
  const trees = places.flatMap(([first]) => first ?? []);
  const isAll = trees.length < places.length;
  await queries.read(isAll ? TAKE_ALL : SHARE_ALL);
  await takeTurn(queries, ...trees.map(name => `${TREE} below ${name}`));
}
