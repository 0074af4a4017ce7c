import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientConfig, type Notification } from 'pg';
import type { Log } from '../../lib/log.ts';
import { setPatience } from './connect.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

interface PeerConnectionOptions {
  readonly connection: ClientConfig;
  /** One that does not answer for so long is of no use. */
  readonly patienceMs: number;
  readonly onNotification: (notification: Notification) => void;
  readonly onLost: (client: Client) => void;
}

/** Opens the connection by which a server hears the others. */
export async function openPeerConnection(options: PeerConnectionOptions): Promise<Client> {
  const { connection, patienceMs, onNotification, onLost } = options;
  const patience = { connectionTimeoutMillis: patienceMs, query_timeout: patienceMs };
  const client = new Client({ ...connection, ...patience, keepAlive: true });
  client.on('error', () => onLost(client));
  client.on('end', () => onLost(client));
  client.on('notification', onNotification);
  try {
    await client.connect();
    await setPatience(client);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** Connects, sooner or later, unless it is not wanted any more. */
export async function connectAgain(
  connect: () => Promise<void>,
  { isWanted, log }: { readonly isWanted: () => boolean; readonly log: Log },
): Promise<void> {
  for (let pause = FIRST_RETRY_MS; isWanted(); pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
    try {
      await connect();
      return;
    } catch (error) {
      log.debug({ err: error }, 'the other servers cannot be reached yet');
      await delay(pause, undefined, { ref: false });
    }
  }
}
