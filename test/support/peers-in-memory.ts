import { randomBytes } from 'node:crypto';
import type { PeerMessages, Peers, PeerTopic } from '../../src/state/peers.ts';
import { createDigest, KEY_BYTES } from '../../src/state/sealing.ts';

interface Seat {
  readonly handlers: Map<PeerTopic, Set<(message: never) => void>>;
  readonly gaps: Set<() => void>;
  isCurrent: boolean;
}

/** Servers that share a state, within one process: each is told at once. */
export class PeersInMemory {
  readonly #seats: Seat[] = [];
  readonly #secretFor = createDigest(randomBytes(KEY_BYTES));

  /** Returns the view of another server; `drop` makes it miss what others tell, until `rejoin`. */
  join(name: string): Peers & { drop(): void; rejoin(): void } {
    const seat: Seat = { handlers: new Map(), gaps: new Set(), isCurrent: true };
    this.#seats.push(seat);
    return {
      id: name,
      secretFor: this.#secretFor,
      isCurrent: () => seat.isCurrent,
      hasLease: () => seat.isCurrent,
      tell: async (topic, message) => {
        for (const other of this.#seats.filter(each => each !== seat && each.isCurrent)) {
          for (const handle of other.handlers.get(topic) ?? []) {
            handle(JSON.parse(JSON.stringify(message)) as never);
          }
        }
      },
      on: <T extends PeerTopic>(topic: T, handle: (message: PeerMessages[T]) => void) => {
        const handlers = seat.handlers.get(topic) ?? new Set();
        seat.handlers.set(topic, handlers);
        handlers.add(handle);
        return () => void handlers.delete(handle);
      },
      onGap: forget => {
        seat.gaps.add(forget);
        return () => void seat.gaps.delete(forget);
      },
      list: () => [{ name, isSelf: true }],
      drop: () => {
        seat.isCurrent = false;
      },
      rejoin: () => {
        for (const forget of seat.gaps) {
          forget();
        }
        seat.isCurrent = true;
      },
    };
  }
}
