import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from '../../support/foreign-client.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

/** PgBouncer in front of a database, in one of its modes and else as it is by default. */
export interface Pooler extends AsyncDisposable {
  readonly url: string;
}

export async function startPooler(database: TestDatabase, mode: 'session' | 'transaction'): Promise<Pooler> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await makeTempDir());
  // It does not stay root, and its socket is in the folder.
  await chmod(folder, 0o777);
  const { port } = new URL(database.url);
  const file = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${port} user=postgres`,
    '[pgbouncer]',
    `unix_socket_dir = ${folder}`,
    'auth_type = any',
    `pool_mode = ${mode}`,
    ...(process.getuid?.() === 0 ? ['user = nobody'] : []),
  ];
  await writeFile(file, lines.join('\n'));
  stack.use(start('pgbouncer', [file]));
  const end = stack.move();
  return {
    url: `postgres://postgres@/${database.name}?host=${encodeURIComponent(folder)}&port=6432`,
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  };
}
