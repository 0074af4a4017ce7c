import { join } from 'node:path';

/** Where the servers of a test keep what they share. */
export interface ClusterState extends AsyncDisposable {
  /** The YAML lines of a server that reaches the database at this port, or directly. */
  yaml(port?: number): readonly string[];
  /** How many servers count as alive. */
  alive(): Promise<number>;
  /** Of the database; undefined where there is none. */
  readonly port: number | undefined;
}

/** How many servers can share a state. */
export const MAX_SERVERS = 1;

/** An empty state that up to `MAX_SERVERS` servers share. */
export async function openClusterState(): Promise<ClusterState> {
  return { yaml: () => [], alive: async () => MAX_SERVERS, port: undefined, [Symbol.asyncDispose]: async () => {} };
}

/** The folder of a server's own files. */
export function dataDirOf(folder: string, name: string): string {
  return join(folder, name, 'data');
}
