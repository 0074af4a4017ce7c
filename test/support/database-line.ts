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
   * Resolves when the server has next sent these texts, one after another on one connection; the answers to the last one
   * and to all else are held from then on, as by `hold`. Queries and names of statements are in clear, where there is no
   * TLS.
   */
  holdAnswerTo(...texts: readonly string[]): Promise<void>;
}

interface Trap {
  readonly texts: readonly string[];
  /** How many of them each connection has sent. */
  readonly sent: WeakMap<Socket, number>;
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
    holdAnswerTo: (...texts) => line.holdAnswerTo(texts),
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
    this.#couple(near, far, bytes => this.#look(near, bytes));
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

  holdAnswerTo(texts: readonly string[]): Promise<void> {
    return new Promise(spring => {
      this.#trap = { texts, sent: new WeakMap(), spring };
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

  #look(near: Socket, bytes: Buffer): void {
    const trap = this.#trap;
    if (trap === undefined) {
      return;
    }
    let sent = trap.sent.get(near) ?? 0;
    for (let at = 0; sent < trap.texts.length; sent += 1) {
      const text = trap.texts[sent]!;
      const found = bytes.indexOf(text, at);
      if (found === -1) {
        break;
      }
      at = found + text.length;
    }
    trap.sent.set(near, sent);
    if (sent === trap.texts.length) {
      this.#trap = undefined;
      this.hold();
      trap.spring();
    }
  }
}
