import { type DrivePath, ROOT, toDrivePath } from '../drive/path.ts';
import { NO_PEERS, type Peers } from '../state/peers.ts';

/** What remembers a drive. */
export interface Remembering {
  /** Undefined while the drive is not known: then nothing of it is remembered. */
  readonly driveId: () => string | undefined;
  /** Forgets what is at the path, from the root of the drive, and below it: others have written it. */
  readonly doubt: (path: DrivePath) => void;
}

/** Tells others what one has written. */
export interface Teller {
  /** Tells of a path that was written, or may have been. */
  written(path: DrivePath): void;
  /** Resolves when all that was written so far is known to others, on other servers as well. */
  told(): Promise<void>;
}

/**
 * Tells all that remember a drive what one of them has written in it. Two mounts may lead to one drive, after a reload
 * with another cache a request that began before still writes through the earlier one, and other servers share the
 * state: without this, what a client has just stored would be absent for them until the next poll.
 */
export class DriveWrites {
  readonly #all = new Set<Remembering>();
  readonly #peers: Peers;

  constructor(peers = NO_PEERS) {
    this.#peers = peers;
    peers.on('drive', ({ driveId, path }) => this.#doubt(driveId, toDrivePath(path)));
    peers.onGap(() => {
      for (const each of this.#all) {
        each.doubt(ROOT);
      }
    });
  }

  /** Returns true while nobody can have written anything that those who joined were not told of. */
  isCurrent(): boolean {
    return this.#peers.isCurrent();
  }

  /** When `ended` is aborted, `one` is told no more. */
  join(one: Remembering, ended?: AbortSignal): Teller {
    if (ended?.aborted !== true) {
      this.#all.add(one);
      ended?.addEventListener('abort', () => this.#all.delete(one), { once: true });
    }
    const untold = new Set<Promise<void>>();
    return {
      written: path => {
        const driveId = one.driveId();
        if (driveId !== undefined) {
          this.#doubt(driveId, path, one);
          const told = this.#peers.tell('drive', { driveId, path }).finally(() => untold.delete(told));
          untold.add(told);
        }
      },
      told: async () => {
        if (untold.size > 0) {
          await Promise.all(untold);
        }
      },
    };
  }

  #doubt(driveId: string, path: DrivePath, writer?: Remembering): void {
    for (const each of this.#all) {
      if (each !== writer && each.driveId() === driveId) {
        each.doubt(path);
      }
    }
  }
}
