import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { describeWith } from './foreign-client.ts';
import { openDatabase, POSTGRES, startPostgres } from './postgres.ts';

const HERE = fileURLToPath(new URL('./postgres.ts', import.meta.url));

describeWith(POSTGRES, 'the tests’ PostgreSQL', () => {
  it('gives each test an empty database, by TCP and by its socket, which is gone afterwards', async () => {
    let url: string;
    {
      await using one = await openDatabase();
      await using other = await openDatabase();
      ({ url } = one);
      await one.query('CREATE TABLE t AS SELECT 1 AS n');
      for (const connectionString of [one.url, one.socketUrl]) {
        const client = new pg.Client({ connectionString });
        await client.connect();
        expect((await client.query('SELECT n FROM t')).rows).toEqual([{ n: 1 }]);
        await client.end();
      }
      await expect(other.query('SELECT n FROM t')).rejects.toThrow('does not exist');
    }
    await expect(new pg.Client({ connectionString: url }).connect()).rejects.toThrow('does not exist');
  });

  it('stops and starts with what it has, and leaves nothing behind', async () => {
    const server = await startPostgres();
    const database = await server.openDatabase();
    await database.query('CREATE TABLE t AS SELECT 1 AS n');
    const { pid } = server;
    await server.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(database.query('SELECT n FROM t')).rejects.toThrow();
    await server.start();
    expect(await database.query('SELECT n FROM t')).toEqual([{ n: 1 }]);
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('ends with the process that has started it, even if that is killed', async () => {
    const code = `import { startPostgres } from ${JSON.stringify(HERE)};
      const server = await startPostgres();
      const [{ data_directory }] = await (await server.openDatabase()).query('SHOW data_directory');
      console.log(JSON.stringify({ folder: data_directory, pid: server.pid }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { folder, pid } = JSON.parse(line.toString()) as { folder: string; pid: number };
    expect(existsSync(folder)).toBe(true);
    child.kill('SIGKILL');
    await eventually(() => expect(existsSync(folder)).toBe(false));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
