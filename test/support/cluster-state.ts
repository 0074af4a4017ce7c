import { join } from 'node:path';
import { openDatabase } from './postgres.ts';
import { STATE_KEY } from './postgres-servers.ts';

/** What the servers of a test share. */
export interface ClusterState extends AsyncDisposable {
  /** Where the database listens on 127.0.0.1. */
  readonly port: number;
  /** The YAML lines of a server that reaches the database at this port. */
  yaml(port: number): readonly string[];
  /** How many servers count as alive. */
  alive(): Promise<number>;
  /** Makes the feeds older, by the clock of the database, whose time a test cannot let pass. */
  ageFeeds(milliseconds: number): Promise<void>;
}

/** An empty database that servers share. */
export async function openClusterState(): Promise<ClusterState> {
  const database = await openDatabase();
  const url = new URL(database.url);
  return {
    port: Number(url.port),
    yaml: port => {
      url.port = String(port);
      return [`state: { url: "${url.href}", key: "${STATE_KEY.toString('base64')}", connections: 5 }`];
    },
    alive: async () => {
      const [row] = await database.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM servers WHERE until > clock_timestamp()',
      );
      return row!.count;
    },
    ageFeeds: async milliseconds => {
      const older = (column: string) => `${column} = ${column} - $1 * interval '1 millisecond'`;
      await database.query(`UPDATE feeds SET ${older('looked_at')}, ${older('given_at')}`, [milliseconds]);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** The folder of a server's own files. */
export function dataDirOf(folder: string, name: string): string {
  return join(folder, name, 'data');
}
