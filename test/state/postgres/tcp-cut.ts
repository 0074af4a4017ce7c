import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the database that can be cut. */
export interface TcpCut extends AsyncDisposable {
  /** The URL of the database by this way. */
  readonly url: string;
  /** Cuts every connection whose client sends `text`: the server gets it, and the client no answer. */
  loseAnswerTo(text: string): void;
  /** How often a client has begun to send after an answer: what it sends at once is one round trip. */
  roundTrips(): number;
}

/** Starts a way to the database that listens at a port of 127.0.0.1. */
export async function startTcpCut(url: string): Promise<TcpCut> {
  const { port } = new URL(url);
  const open = new Set<Socket>();
  let fatal: string | undefined;
  let roundTrips = 0;
  const server = createServer(client => {
    const upstream = connect(Number(port), '127.0.0.1');
    let isCut = false;
    let hasAnswer = true;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', bytes => {
      isCut ||= fatal !== undefined && bytes.includes(fatal);
      roundTrips += hasAnswer ? 1 : 0;
      hasAnswer = false;
      upstream.write(bytes);
    });
    upstream.on('data', bytes => {
      hasAnswer = true;
      if (isCut) {
        client.destroy();
      } else {
        client.write(bytes);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(url);
  own.port = `${(server.address() as AddressInfo).port}`;
  return {
    url: own.href,
    loseAnswerTo: text => {
      fatal = text;
    },
    roundTrips: () => roundTrips,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) {
        socket.destroy();
      }
      await closed;
    },
  };
}
