import { loadPlace } from '../config/place.ts';
import { controlAddress } from '../control/address.ts';
import { type ControlClient, createControlClient } from '../control/client.ts';
import { NoServerError } from '../control/errors.ts';

/** The server that may be running with a configuration. */
export interface RunningServer {
  readonly client: ControlClient;
}

/** Finds the server of a configuration file and the environment; asks nothing yet. Throws ConfigError. */
export async function findServer(configFile: string): Promise<RunningServer> {
  const place = await loadPlace(configFile, process.env);
  return { client: createControlClient(controlAddress(place)) };
}

/** Lets the running server do it, so that its log and its memory agree; without one, does it in the state beside it. */
export async function byServerOr<T>(ask: () => Promise<T>, beside: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NoServerError) {
      return beside();
    }
    throw error;
  }
}
