import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedNotification {
  readonly subscriptionId: string;
  readonly clientState: string | null;
  readonly [name: string]: unknown;
}

export interface NotificationEndpoint {
  readonly url: string;
  /** Notifications in the order in which they came, one list for each request. */
  readonly received: readonly (readonly ReceivedNotification[])[];
  /** Content types of the requests that asked for the token. */
  readonly validations: readonly string[];
  /** The answer to the next requests: only `echo` validates as Graph requires. */
  behaviour: 'echo' | 'fail' | 'lie' | 'silence';
  /** Waits until so many requests with notifications have come, those that were refused included. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A web server on this machine that Graph can notify. */
export async function notificationEndpoint(): Promise<NotificationEndpoint> {
  const received: ReceivedNotification[][] = [];
  const validations: string[] = [];
  let arrived = () => {};
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    const token = new URL(request.url ?? '', 'http://x').searchParams.get('validationToken');
    if (token === null) {
      received.push(JSON.parse(text).value);
    } else {
      validations.push(String(request.headers['content-type']));
    }
    if (endpoint.behaviour !== 'silence') {
      const status = endpoint.behaviour === 'fail' ? 503 : 200;
      response.writeHead(status, { 'content-type': 'text/plain' });
      response.end(endpoint.behaviour === 'echo' ? (token ?? '') : 'nonsense');
    }
    arrived();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint: NotificationEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?tenant=1`,
    received,
    validations,
    behaviour: 'echo',
    until: async count => {
      while (received.length < count) {
        await new Promise<void>(resolve => {
          arrived = resolve;
        });
      }
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return endpoint;
}
