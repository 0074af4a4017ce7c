import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The line between one server and the database, which a test can cut and hold. */
export interface DatabaseLine extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections, and each new one at once, until `mend`. */
  cut(): void;
  /** Lets nothing through, in both directions, without ending a connection; what has come is sent by `mend`. */
  hold(): void;
  mend(): void;
  /**
   * Resolves when the server has next sent something with this text; the answers to that and to all else are held from
   * then on, as by `hold`. Texts of queries are in clear, where there is no TLS.
   */
  holdAnswerTo(text: string): Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly spring: () => void;
}

/** Opens a line to a database on this machine, at a port of its own. */
export async function openDatabaseLine(database: { readonly port: number }): Promise<DatabaseLine> {
  const line = new Line(database.port);
  const server = createServer(socket => line.join(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => line.cut(),
    hold: () => line.hold(),
    mend: () => line.mend(),
    holdAnswerTo: text => line.holdAnswerTo(text),
    [Symbol.asyncDispose]: async () => {
      line.cut();
      server.close();
      await once(server, 'close');
    },
  };
}

class Line {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #isHeld = false;
  #trap: Trap | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  join(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.#port, '127.0.0.1');
    this.#couple(near, far, bytes => this.#look(bytes));
    this.#couple(far, near, () => {});
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  hold(): void {
    this.#isHeld = true;
    for (const socket of this.#sockets) {
      socket.pause();
    }
  }

  mend(): void {
    this.#isCut = false;
    this.#isHeld = false;
    for (const socket of this.#sockets) {
      socket.resume();
    }
  }

  holdAnswerTo(text: string): Promise<void> {
    return new Promise(spring => {
      this.#trap = { text, spring };
    });
  }

  /** What `from` receives goes to `to`, as does its end. */
  #couple(from: Socket, to: Socket, look: (bytes: Buffer) => void): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', bytes => {
      to.write(bytes);
      look(bytes);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#isHeld) {
      from.pause();
    }
  }

  #look(bytes: Buffer): void {
    const trap = this.#trap;
    if (trap !== undefined && bytes.includes(trap.text)) {
      this.#trap = undefined;
      this.hold();
      trap.spring();
    }
  }
}
