import { expect, it } from 'vitest';
import { takeTurn } from '../../../src/state/postgres/advisory-locks.ts';
import { type Database, openDatabase as openPool, type Queries, sql } from '../../../src/state/postgres/database.ts';
import { StateUnavailable } from '../../../src/state/state-unavailable.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { openDatabase, POSTGRES, startPostgres, type TestDatabase } from '../../support/postgres.ts';
import { startTcpCut } from './tcp-cut.ts';

const ADD = sql('UPDATE t SET n = n + 1 WHERE id = $1');
const PID = sql<{ pid: number }>('SELECT pg_backend_pid() AS pid');

/** Lets `use` have a pool over a table with the rows a and b, which begin at 0. */
async function withTable(use: (pool: Database, database: TestDatabase) => Promise<void>): Promise<void> {
  await using database = await openDatabase();
  await database.query("CREATE TABLE t AS SELECT * FROM (VALUES ('a', 0::bigint), ('b', 0)) AS rows (id, n)");
  const pool = openPool({ url: database.url, connections: 4 });
  try {
    await use(pool, database);
  } finally {
    await pool.close();
  }
}

const valuesIn = async (database: TestDatabase) =>
  (await database.query<{ n: number }>('SELECT n::int FROM t ORDER BY id')).map(({ n }) => n);

const endConnection = async (database: TestDatabase, queries: Queries) => {
  const [{ pid } = { pid: 0 }] = await queries.read(PID);
  await database.query('SELECT pg_terminate_backend($1, 10000)', [pid]);
};

describeWith(POSTGRES, 'steps in PostgreSQL', () => {
  it('are kept as a whole or not at all', () =>
    withTable(async (pool, database) => {
      const failing = pool.step(async queries => {
        await queries.write(ADD, 'a');
        throw new RangeError('no room');
      });
      await expect(failing).rejects.toThrow(new RangeError('no room'));
      expect(await valuesIn(database)).toEqual([0, 0]);
      expect(await pool.step(async queries => (await queries.write(ADD, 'a')).count)).toBe(1);
      expect(await valuesIn(database)).toEqual([1, 0]);
    }));

  it('are not taken for done when one of their statements has failed and nobody has told', () =>
    withTable(async (pool, database) => {
      const careless = pool.step(async queries => {
        await queries.write(ADD, 'a');
        await queries.read(sql('SELECT 1 / 0')).catch(() => []);
      });
      await expect(careless).rejects.toThrow('rolled back');
      expect(await valuesIn(database)).toEqual([0, 0]);
    }));

  it('whose statements go together reject with the error of the first that has failed', () =>
    withTable(async pool => {
      const failing = pool.step(async queries => {
        const wrong = queries.read(sql('SELECT 1 / 0'));
        // Its answer is passed on later than that of the next one.
        const late = wrong.finally(() => undefined).finally(() => undefined);
        await Promise.all([late, queries.read(PID)]);
      });
      await expect(failing).rejects.toThrow('division by zero');
    }));

  it('whose last statement is refused reject with that, and nothing of them is kept', () =>
    withTable(async (pool, database) => {
      await database.query('ALTER TABLE t ADD UNIQUE (id)');
      const adding = pool.step(async queries => {
        await queries.write(ADD, 'a');
        queries.last(sql("INSERT INTO t VALUES ('b', 0)"));
        queries.last(ADD, 'a');
      });
      await expect(adding).rejects.toThrow('duplicate key');
      expect(await valuesIn(database)).toEqual([0, 0]);
      // The connection is of use again.
      await Promise.all(Array.from({ length: 4 }, () => pool.step(async queries => queries.last(ADD, 'b'))));
      expect(await valuesIn(database)).toEqual([0, 4]);
    }));

  it('that wait for each other are both done in the end', () =>
    withTable(async (pool, database) => {
      const both = Promise.withResolvers<void>();
      let begun = 0;
      const crossing = (first: string, second: string) =>
        pool.step(async queries => {
          await queries.write(ADD, first);
          begun += 1;
          if (begun === 2) {
            both.resolve();
          }
          await both.promise;
          await queries.write(ADD, second);
        });
      await Promise.all([crossing('a', 'b'), crossing('b', 'a')]);
      expect(await valuesIn(database)).toEqual([2, 2]);
      expect(begun).toBeGreaterThan(2);
    }));

  it('are tried again when their connection is lost before the commit, and then done once', () =>
    withTable(async (pool, database) => {
      let tries = 0;
      await pool.step(async queries => {
        tries += 1;
        await queries.write(ADD, 'a');
        if (tries === 1) {
          await endConnection(database, queries);
        }
        await queries.write(ADD, 'b');
      });
      expect([tries, await valuesIn(database)]).toEqual([2, [1, 1]]);
    }));

  it('whose answer to the commit is lost are reported as not known, and not tried again', () =>
    withTable(async (_, database) => {
      await using way = await startTcpCut(database.url);
      const pool = openPool({ url: way.url, connections: 1 });
      // BEGIN names the level READ COMMITTED.
      way.loseAnswerTo('COMMIT\0');
      let tries = 0;
      const step = pool.step(async queries => {
        tries += 1;
        await queries.write(ADD, 'a');
      });
      await expect(step).rejects.toThrow(StateUnavailable);
      expect([tries, await valuesIn(database)]).toEqual([1, [1, 0]]);
      await pool.close();
    }));

  it('of a process that has stopped do not stop the others, and are made again when it goes on', () =>
    withTable(async (pool, database) => {
      const stopping = openPool({ url: database.url, connections: 1, idleInStepMs: 100 });
      const [begun, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const stopped = stopping.step(async queries => {
        await takeTurn(queries, 'one');
        await queries.write(ADD, 'a');
        begun.resolve();
        await goesOn.promise;
        await queries.write(ADD, 'b');
      });
      await begun.promise;
      await pool.step(async queries => {
        await takeTurn(queries, 'one');
        await queries.write(ADD, 'a');
      });
      expect(await valuesIn(database)).toEqual([1, 0]);
      goesOn.resolve();
      await stopped;
      expect(await valuesIn(database)).toEqual([2, 1]);
      await stopping.close();
    }));

  it('whose last statement and end are lost with the connection are not tried again either', () =>
    withTable(async (_, database) => {
      await using way = await startTcpCut(database.url);
      const pool = openPool({ url: way.url, connections: 1 });
      way.loseAnswerTo('UPDATE t');
      let tries = 0;
      const step = pool.step(async queries => {
        tries += 1;
        await queries.read(PID);
        queries.last(ADD, 'a');
      });
      await expect(step).rejects.toThrow(StateUnavailable);
      await eventually(async () => expect([tries, await valuesIn(database)]).toEqual([1, [1, 0]]));
      await pool.close();
    }));

  it('and single writes whose answer is lost are not tried again, and reads are', () =>
    withTable(async (_, database) => {
      await using way = await startTcpCut(database.url);
      const pool = openPool({ url: way.url, connections: 1 });
      expect(await pool.read(sql('SELECT n FROM t WHERE id = $1'), 'a')).toEqual([{ n: 0 }]);
      way.loseAnswerTo('UPDATE t');
      await expect(pool.write(ADD, 'a')).rejects.toThrow(StateUnavailable);
      expect(await valuesIn(database)).toEqual([1, 0]);
      await database.query(
        'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      expect(await pool.read(sql('SELECT n FROM t WHERE id = $1'), 'a')).toEqual([{ n: 1 }]);
      await pool.close();
    }));

  it('reject with StateUnavailable while the database is away, and go on when it is there again', async () => {
    await using server = await startPostgres();
    const database = await server.openDatabase();
    const pool = openPool({ url: database.url, connections: 2 });
    const one = sql<{ n: number }>('SELECT 1 AS n');
    expect(await pool.read(one)).toEqual([{ n: 1 }]);
    await server.stop();
    for (const asking of [() => pool.read(one), () => pool.write(one), () => pool.step(queries => queries.read(one))]) {
      await expect(asking()).rejects.toThrow(StateUnavailable);
    }
    await server.start();
    await eventually(async () => expect(await pool.step(queries => queries.read(one))).toEqual([{ n: 1 }]));
    await pool.close();
  });

  it('do not take a statement that is wrong for a database that is away', () =>
    withTable(async pool => {
      await expect(pool.read(sql('SELECT FROM nowhere'))).rejects.toThrow('does not exist');
      await expect(pool.read(sql('SELECT FROM nowhere'))).rejects.not.toThrow(StateUnavailable);
    }));
});
