import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { StateUnavailable } from '../state-unavailable.ts';
import { CONNECT_TIMEOUT_MS, type ConnectOptions, connectionOptions, setPatience } from './connect.ts';
import { hasNoConnectionLeft, isConflict, isLost, isOfNoUse, translate } from './postgres-error.ts';
import { Reach } from './reach.ts';

/** A statement, and the shape of its rows. */
export interface Statement<Row> {
  readonly text: string;
  /** The server plans a statement with a name once in each connection. */
  readonly name: string;
  /** Of the type only: there is no such member. */
  readonly row?: Row;
}

export type Value = string | number | null | Uint8Array | readonly string[] | readonly number[];

/** The result of a statement that changes something. */
export interface Written<Row> {
  readonly rows: readonly Row[];
  /** The number of rows that it has inserted, changed or deleted. */
  readonly count: number;
}

/** What can be asked in a step and outside of one. All reject with StateUnavailable when the database is away. */
export interface Queries {
  read<Row>(statement: Statement<Row>, ...values: Value[]): Promise<readonly Row[]>;
  write<Row>(statement: Statement<Row>, ...values: Value[]): Promise<Written<Row>>;
}

/**
 * What can be asked in a step. Statements whose answers are not waited for in between go to the server together; it does
 * them in their order, and each sees what was committed before itself.
 */
export interface StepQueries extends Queries {
  /** Writes at the end of the step, and is sent together with it: if it fails, the step does. */
  last(statement: Statement<unknown>, ...values: Value[]): void;
}

/** PostgreSQL. A statement outside of a step is a step by itself. */
export interface Database extends Queries {
  /**
   * Runs `work` in one transaction (READ COMMITTED): each statement sees what others have committed before it. Nothing
   * of it is kept when it rejects with any other error than StateUnavailable; after that one it is not known. `work`
   * may run several times, so it must do nothing but query.
   */
  step<T>(work: (queries: StepQueries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Steps that got in each other's way, or whose connection was lost before the commit, are tried so often. */
const MAX_TRIES = 5;
const MAX_PAUSE_MS = 20;

/** Makes a statement with its values as `$1`, `$2` and so on. */
export function sql<Row = unknown>(text: string): Statement<Row> {
  return { text, name: createHash('sha256').update(text).digest('base64url').slice(0, 20) };
}

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';
const COMMIT = 'COMMIT';
const ROLLBACK = 'ROLLBACK';

export interface PoolOptions extends ConnectOptions {
  readonly connections: number;
  /** What is asked takes its time, and nobody waits for it. */
  readonly isEndless?: boolean;
}

/** Opens a pool of at most `connections`; connects when something is asked. */
export function openDatabase({ connections, idleInStepMs, isEndless, ...options }: PoolOptions): Database {
  const pool = new pg.Pool({
    ...connectionOptions(options),
    ...(isEndless && { query_timeout: 0 }),
    max: connections,
    pipeline: true,
    onConnect: client => setPatience(client, { isEndless, idleInStepMs }),
  });
  // A connection that is lost while nobody uses it is no failure: the next one is made when it is needed.
  pool.on('error', () => {});
  const reach = new Reach();
  return {
    read: (statement, ...values) =>
      repeatedly(() => withClient(pool, reach, client => readOnly(client, statement, values))),
    write: (statement, ...values) =>
      repeatedly(() => withClient(pool, reach, client => run(client, statement, values))),
    step: work => repeatedly(() => withClient(pool, reach, client => inTransaction(client, work))),
    close: () => pool.end(),
  };
}

/** Nothing has been kept of what was tried. */
class NotDone extends Error {}

/** Tries again what is certain to have had no effect. */
async function repeatedly<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const isUndone = error instanceof NotDone || isConflict(error);
      if (!isUndone || tries === MAX_TRIES) {
        throw translate(error instanceof NotDone ? error.cause : error);
      }
      // Two that got in each other's way would do so again if both came back at once.
      await delay(Math.random() * MAX_PAUSE_MS * tries);
    }
  }
}

/** Lets `use` have a connection, which is closed if it may be of no use any more. */
async function withClient<T>(pool: pg.Pool, reach: Reach, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await connect(pool, reach);
  let failure: Error | undefined;
  // Node ends the process for an error event that nobody takes. The statement under way rejects with the error as well.
  const note = (error: Error) => {
    failure = error;
  };
  client.on('error', note);
  try {
    return await use(client);
  } catch (error) {
    const cause = error instanceof NotDone ? error.cause : error;
    failure ??= isOfNoUse(cause) ? (cause as Error) : undefined;
    throw error;
  } finally {
    client.removeListener('error', note);
    client.release(failure);
  }
}

/** While the server has no connection left to give, waits for one of those that there are. */
async function connect(pool: pg.Pool, reach: Reach): Promise<pg.PoolClient> {
  for (const until = performance.now() + CONNECT_TIMEOUT_MS; ; ) {
    try {
      return await reach.connect(() => pool.connect());
    } catch (error) {
      const isBusy = error instanceof StateUnavailable && hasNoConnectionLeft(error.cause);
      if (!isBusy || performance.now() > until) {
        throw error;
      }
      await delay(Math.random() * MAX_PAUSE_MS);
    }
  }
}

async function run<Row>(
  client: pg.PoolClient,
  { text, name }: Statement<Row>,
  values: readonly Value[],
): Promise<Written<Row>> {
  const { rows, rowCount } = await client.query<pg.QueryResultRow>({ text, name, values: [...values] });
  return { rows: rows as Row[], count: rowCount ?? 0 };
}

async function readOnly<Row>(client: pg.PoolClient, statement: Statement<Row>, values: readonly Value[]) {
  try {
    return (await run(client, statement, values)).rows;
  } catch (error) {
    throw isLost(error) ? new NotDone('', { cause: error }) : error;
  }
}

async function inTransaction<T>(client: pg.PoolClient, work: (queries: StepQueries) => Promise<T>): Promise<T> {
  const begun = client.query(BEGIN);
  begun.catch(() => {});
  const ask = asking(client, begun);
  const last: (() => Promise<unknown>)[] = [];
  let result: T;
  try {
    result = await work({
      read: async (statement, ...values) => (await ask(statement, values)).rows,
      write: (statement, ...values) => ask(statement, values),
      last: (statement, ...values) => void last.push(() => run(client, statement, values)),
    });
    await begun;
  } catch (error) {
    const reason = await rollBack(client, error);
    throw isLost(reason) ? new NotDone('', { cause: reason }) : reason;
  }
  await commit(
    client,
    last.map(send => send()),
  );
  return result;
}

/** Returns a function that asks within the transaction that has `begun`. */
function asking(client: pg.PoolClient, begun: Promise<unknown>) {
  let failure: { readonly error: unknown } | undefined;
  return async <Row>(statement: Statement<Row>, values: readonly Value[]): Promise<Written<Row>> => {
    try {
      return (await Promise.all([run(client, statement, values), begun]))[0];
    } catch (error) {
      // Those behind one that has failed are refused for that alone.
      failure ??= { error };
      throw failure.error;
    }
  };
}

/** Ends the step; `sent` are those of its statements that have no answer yet. */
async function commit(client: pg.PoolClient, sent: readonly Promise<unknown>[]): Promise<void> {
  const [end, ...answers] = await Promise.allSettled([client.query(COMMIT), ...sent]);
  const failures = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const refusal = failures.find(failure => failure instanceof pg.DatabaseError);
  if (refusal !== undefined) {
    throw refusal;
  }
  if (end.status === 'rejected') {
    // Whether it was done is not known.
    throw end.reason;
  }
  if (end.value.command !== 'COMMIT') {
    // The server rolls back, and says no more, when a statement has failed of which `work` has not told.
    throw new Error('a step of the state was rolled back, as one of its statements had failed');
  }
}

/** Returns the reason for which the step ends. */
async function rollBack(client: pg.PoolClient, reason: unknown): Promise<unknown> {
  if (!isOfNoUse(reason)) {
    try {
      await client.query(ROLLBACK);
    } catch (error) {
      return error;
    }
  }
  return reason;
}
