import type { ControlClient } from '../control/client.ts';
import { ControlError, NoServerError } from '../control/errors.ts';
import type { ConfigDifference, ServerLook } from '../doctor/running-server.ts';
import { findServer } from './running-server.ts';

/** What an older server answers to a question that it does not know. */
const CANNOT_TELL: readonly string[] = ['not-found', 'unsupported'];

/** Asks the server that runs with this configuration what it knows. Throws ConfigError. */
export async function lookAtServer(configFile: string): Promise<ServerLook> {
  const { client } = await findServer(configFile);
  try {
    return { kind: 'running', status: await client.status(), difference: await compare(client) };
  } catch (error) {
    const { message } = error as Error;
    return { kind: error instanceof NoServerError ? 'none' : 'silent', message };
  }
}

async function compare(client: ControlClient): Promise<ConfigDifference> {
  try {
    return { kind: 'read', ...(await client.changes()) };
  } catch (error) {
    if (!(error instanceof ControlError)) {
      throw error;
    }
    return CANNOT_TELL.includes(error.kind) ? { kind: 'unknown' } : { kind: 'bad', message: error.message };
  }
}
