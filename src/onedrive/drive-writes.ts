import type { DrivePath } from '../drive/path.ts';

/** What remembers a drive. */
export interface Remembering {
  /** Undefined while the drive is not known: then nothing of it is remembered. */
  readonly driveId: () => string | undefined;
  /** Forgets what is at the path, from the root of the drive, and below it. */
  readonly doubt: (path: DrivePath) => void;
}

/**
 * Tells all that remember a drive what one of them has written in it. Two mounts may lead to one drive, and after a
 * reload with another cache a request that began before still writes through the earlier one: without this, what a
 * client has just stored would be absent for it until the next poll.
 */
export class DriveWrites {
  readonly #all = new Set<Remembering>();

  /** Returns a function to call with each path that `one` has written. When `ended` is aborted, it is told no more. */
  join(one: Remembering, ended?: AbortSignal): (path: DrivePath) => void {
    if (ended?.aborted !== true) {
      this.#all.add(one);
      ended?.addEventListener('abort', () => this.#all.delete(one), { once: true });
    }
    return path => {
      const driveId = one.driveId();
      for (const other of this.#all) {
        if (other !== one && driveId !== undefined && other.driveId() === driveId) {
          other.doubt(path);
        }
      }
    };
  }
}
