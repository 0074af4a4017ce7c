import { expect, it } from 'vitest';
import { CHANGES, migrate } from '../../../src/state/postgres/migrations.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { openDatabase, POSTGRES, type TestDatabase } from '../../support/postgres.ts';

const versionIn = async (database: TestDatabase) =>
  (await database.query<{ version: number }>('SELECT version FROM state_version')).map(({ version }) => version);

describeWith(POSTGRES, 'the tables in PostgreSQL', () => {
  it('are made by one of five servers that start at once, and the others find them', async () => {
    await using database = await openDatabase();
    await Promise.all(Array.from({ length: 5 }, () => migrate({ url: database.url })));
    expect(await versionIn(database)).toEqual([CHANGES.length]);
    expect(await database.query('SELECT count(*)::int AS n FROM locks')).toEqual([{ n: 0 }]);
  });

  it('get what they lack, once', async () => {
    await using database = await openDatabase();
    const options = { url: database.url };
    await migrate(options, ['CREATE TABLE one (n INTEGER)']);
    const newer = ['CREATE TABLE one (n INTEGER)', 'CREATE TABLE two (n INTEGER); INSERT INTO two VALUES (1)'];
    await Promise.all(Array.from({ length: 5 }, () => migrate(options, newer)));
    expect(await database.query('SELECT n FROM two')).toEqual([{ n: 1 }]);
    expect(await versionIn(database)).toEqual([2]);
  });

  it('stay as they are when a change fails half-way', async () => {
    await using database = await openDatabase();
    const options = { url: database.url };
    await migrate(options, ['CREATE TABLE one (n INTEGER)']);
    const broken = ['', 'CREATE TABLE two (n INTEGER)', 'CREATE TABLE two (n INTEGER)'];
    await expect(migrate(options, broken)).rejects.toThrow('already exists');
    await expect(database.query('SELECT FROM two')).rejects.toThrow('does not exist');
    expect(await versionIn(database)).toEqual([1]);
  });

  it('of a newer release are refused', async () => {
    await using database = await openDatabase();
    await migrate({ url: database.url });
    await migrate({ url: database.url }, [...CHANGES, 'CREATE TABLE newer (n INTEGER)']);
    await expect(migrate({ url: database.url })).rejects.toThrow(
      `a newer release wrote it (schema ${CHANGES.length + 1}, this release knows ${CHANGES.length})`,
    );
    expect(await versionIn(database)).toEqual([CHANGES.length + 1]);
  });
});
