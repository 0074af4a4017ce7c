import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can be closed, as a network that fails, and held, as one that swallows everything. */
export interface TcpGate extends AsyncDisposable {
  readonly port: number;
  /** Cuts all connections and refuses new ones. */
  close(): void;
  /** Keeps all connections and passes nothing on; new ones are taken and get no answer. */
  hold(): void;
  /** Passes everything on again. */
  open(): void;
}

export async function openTcpGate(to: { readonly port: number; readonly host?: string }): Promise<TcpGate> {
  const host = to.host ?? '127.0.0.1';
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'open' | 'closed' | 'held' = 'open';
  const server = createServer(near => {
    if (state === 'closed') {
      near.destroy();
      return;
    }
    const far = connect(to.port, host);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => {});
      one.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
    pass(pair, state === 'open');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  const passAll = (isOpen: boolean) => {
    for (const pair of pairs) {
      pass(pair, isOpen);
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      state = 'closed';
      cut();
    },
    hold: () => {
      state = 'held';
      passAll(false);
    },
    open: () => {
      state = 'open';
      passAll(true);
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

function pass([near, far]: readonly [Socket, Socket], isOpen: boolean): void {
  if (isOpen) {
    near.pipe(far);
    far.pipe(near);
  } else {
    near.unpipe(far).pause();
    far.unpipe(near).pause();
  }
}
