import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { takeTurn } from '../../../src/state/postgres/advisory-locks.ts';
import { openDatabase as openPool, sql } from '../../../src/state/postgres/database.ts';
import { lookAtDatabase } from '../../../src/state/postgres/look-at-database.ts';
import { migrate } from '../../../src/state/postgres/migrations.ts';
import { openPostgresState } from '../../../src/state/postgres/state.ts';
import { StateUnavailable } from '../../../src/state/state-unavailable.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { openDatabase, POSTGRES, type TestDatabase } from '../../support/postgres.ts';
import { STATE_KEY } from '../../support/postgres-servers.ts';
import { startPooler } from './pooler.ts';

/** What the server and the doctor say of a database that they cannot use. */
async function refusalsOf(url: string): Promise<[serve: unknown, doctor: string | undefined]> {
  const serve: unknown = await migrate({ url }).then(
    () => 'none',
    (error: unknown) => error,
  );
  return [serve, (await lookAtDatabase({ url })).words];
}

/** Makes a user of the database who is not its owner. */
async function addUser(database: TestDatabase, options = '') {
  const name = `user_${randomUUID().replaceAll('-', '')}`;
  await database.query(`CREATE ROLE ${name} LOGIN ${options}`);
  return {
    url: database.url.replace('postgres@', `${name}@`),
    name,
    [Symbol.asyncDispose]: async () => {
      await database.query(`DROP OWNED BY ${name}`);
      await database.query(`DROP ROLE ${name}`);
    },
  };
}

describeWith(POSTGRES, 'a database that cannot keep a state is refused with what helps', () => {
  it('for it takes no changes, as a standby: that may pass', async () => {
    await using database = await openDatabase();
    await database.query(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
    const [serve, doctor] = await refusalsOf(database.url);
    expect(serve).toBeInstanceOf(StateUnavailable);
    expect((serve as Error).message).toContain('name the primary in state.url, not a standby');
    expect(doctor).toContain('name the primary in state.url, not a standby');
  });

  it('for its texts are not UTF-8', async () => {
    await using database = await openDatabase();
    const name = `${database.name}_latin`;
    await database.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`);
    const [serve, doctor] = await refusalsOf(database.url.replace(database.name, name));
    await database.query(`DROP DATABASE ${name}`);
    expect(serve).not.toBeInstanceOf(StateUnavailable);
    expect((serve as Error).message).toContain('create it with the encoding UTF8');
    expect(doctor).toContain('create it with the encoding UTF8');
  });

  it('for its user may make no tables, or has none of those that are there', async () => {
    await using database = await openDatabase();
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await using user = await addUser(database);
    const refusal = /cannot use the database of the state: permission denied .*: the user of state\.url must own/;
    await expect(migrate({ url: user.url })).rejects.toThrow(refusal);
    await expect(migrate({ url: user.url })).rejects.not.toThrow(StateUnavailable);
    await migrate({ url: database.url });
    await expect(migrate({ url: user.url })).rejects.toThrow(refusal);
    expect((await lookAtDatabase({ url: user.url })).words).toContain('the user of state.url must own the tables');
  });
});

describeWith([POSTGRES, 'pgbouncer'], 'a pooler before the database', () => {
  it('that keeps sessions may be there: servers hear each other', async () => {
    await using database = await openDatabase();
    await using pooler = await startPooler(database, 'session');
    const open = () =>
      openPostgresState({
        ...{ url: pooler.url, connections: 2, key: STATE_KEY, maxSideBytes: 1 },
        log: createLog({ level: 'silent' }),
      });
    const one = await eventually(open);
    const other = await open();
    const heard: string[] = [];
    other.peers.on('stored', ({ id }) => heard.push(id));
    await eventually(() => expect(one.peers.list()).toHaveLength(2));
    await one.peers.tell('stored', { id: 'x' });
    expect(heard).toEqual(['x']);
    await Promise.all([one.close(), other.close()]);
  });

  it('that gives each transaction another session is refused', async () => {
    await using database = await openDatabase();
    await using pooler = await startPooler(database, 'transaction');
    await eventually(async () => {
      const [serve, doctor] = await refusalsOf(pooler.url);
      expect((serve as Error).message).toContain('PgBouncer: pool_mode = session');
      expect(doctor).toContain('PgBouncer: pool_mode = session');
    });
  });
});

describeWith(POSTGRES, 'what the administrator of the database has set', () => {
  it('does not end steps that wait for each other', async () => {
    await using database = await openDatabase();
    for (const name of ['lock_timeout', 'idle_in_transaction_session_timeout']) {
      await database.query(`ALTER DATABASE ${database.name} SET ${name} = '1ms'`);
    }
    const pool = openPool({ url: database.url, connections: 2 });
    const held = Promise.withResolvers<void>();
    const first = pool.step(async queries => {
      await takeTurn(queries, 'one');
      held.resolve();
      await queries.read(sql('SELECT pg_sleep(0.05)'));
    });
    await held.promise;
    await pool.step(queries => takeTurn(queries, 'one'));
    await first;
    await pool.close();
  });

  it('when there are fewer connections than the server may have, its steps wait for those', async () => {
    await using database = await openDatabase();
    await using user = await addUser(database, 'CONNECTION LIMIT 2');
    const pool = openPool({ url: user.url, connections: 5 });
    const one = sql<{ n: number }>('SELECT 1 AS n FROM pg_sleep(0.002)');
    const steps = Array.from({ length: 20 }, () => pool.step(queries => queries.read(one)));
    expect(await Promise.all(steps)).toEqual(steps.map(() => [{ n: 1 }]));
    await pool.close();
  });
});
