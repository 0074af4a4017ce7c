import { Duplex } from 'node:stream';
import type { Timers } from './timers.ts';

/** Bytes a second on each connection, TLS and headers included; absent: as fast as the machine. */
export interface Bandwidth {
  /** From the client. */
  readonly up?: number | undefined;
  /** To the client. */
  readonly down?: number | undefined;
}

/** The current bandwidth; open slow connections follow a change. */
export interface BandwidthSetting {
  current: Bandwidth;
}

/** The longest time for a piece, so that a slow line flows evenly. */
const PIECE_SECONDS = 0.05;
const MIN_PIECE_BYTES = 256;

/** A connection with a rate limit in each direction. */
export function slowDown(socket: Duplex, setting: BandwidthSetting, timers: Timers): Duplex {
  const gone = new AbortController();
  const up = pacer(() => setting.current.up, timers, gone.signal);
  const down = pacer(() => setting.current.down, timers, gone.signal);
  const slow = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      sendInPieces(socket, chunk, down).then(() => done(), done);
    },
    final: done => {
      socket.end();
      done();
    },
    destroy: (error, done) => {
      gone.abort();
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    up.pass(chunk.length).then(
      () => {
        if (slow.push(chunk)) {
          socket.resume();
        }
      },
      () => slow.destroy(),
    );
  });
  socket.on('end', () => slow.push(null));
  socket.on('error', () => slow.destroy());
  socket.on('close', () => slow.destroy());
  return slow;
}

interface Pacer {
  /** Resolves when that many bytes may have passed. */
  pass(bytes: number): Promise<void>;
  pieceBytes(): number;
}

function pacer(rateNow: () => number | undefined, timers: Timers, gone: AbortSignal): Pacer {
  let freeAt = 0;
  return {
    pass: async bytes => {
      const rate = rateNow();
      if (rate === undefined) {
        return;
      }
      const now = timers.now();
      freeAt = Math.max(freeAt, now) + (bytes / rate) * 1000;
      await timers.sleep(freeAt - now, gone);
    },
    pieceBytes: () => Math.max(MIN_PIECE_BYTES, Math.floor((rateNow() ?? Number.MAX_SAFE_INTEGER) * PIECE_SECONDS)),
  };
}

async function sendInPieces(socket: Duplex, chunk: Buffer, { pass, pieceBytes }: Pacer): Promise<void> {
  for (let start = 0; start < chunk.length; ) {
    const piece = chunk.subarray(start, start + pieceBytes());
    await pass(piece.length);
    await new Promise<void>((resolve, reject) => socket.write(piece, error => (error ? reject(error) : resolve())));
    start += piece.length;
  }
}
