import type { CallOptions, Drive } from '../drive/drive.ts';
import type { Quota } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { type DrivePath, formatPath, ROOT } from '../drive/path.ts';
import { formatBytes } from '../lib/byte-size.ts';

/**
 * The most that a mount's folder may hold. What it holds is what the cloud says of the folder, which follows a change
 * within a poll, and what was written and removed through this server since.
 */
export class MountQuota {
  readonly #max: number;
  /** What the cloud said last. */
  #said = 0;
  /** Written since then, less what was removed. */
  #written = 0;
  /** Being written now. */
  #underWay = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Returns the bytes that the mount holds; undefined when the drive does not say it. */
  async used(drive: Drive, options: CallOptions): Promise<number | undefined> {
    const { treeSize } = await drive.stat(ROOT, options);
    const said = treeSize ?? (await drive.quota(ROOT, options))?.used;
    if (said === undefined) {
      return undefined;
    }
    if (said !== this.#said) {
      this.#said = said;
      this.#written = 0;
    }
    return this.#used;
  }

  /** Returns the room in the mount: the least of its own and of the drive's. */
  async quota(drive: Drive, options: CallOptions): Promise<Quota | undefined> {
    const [whole, used] = [await drive.quota(ROOT, options), await this.used(drive, options)];
    if (used === undefined) {
      return whole;
    }
    const own = Math.max(0, this.#max - used);
    return { used, available: Math.min(own, whole?.available ?? own) };
  }

  /** Opens a claim for what is about to be written to `path`. It must be ended. */
  async claim(drive: Drive, path: DrivePath, options: CallOptions): Promise<Claim> {
    if ((await this.used(drive, options)) === undefined) {
      return { take: () => {}, end: () => {} };
    }
    const replaced = await sizeOf(drive, path, options);
    let taken = 0;
    return {
      take: bytes => {
        taken += bytes;
        this.#underWay += bytes;
        if (taken > replaced && this.#used - replaced > this.#max) {
          throw this.#refusal(path);
        }
      },
      end: isWritten => {
        this.#underWay -= taken;
        this.#written += isWritten ? taken - replaced : 0;
      },
    };
  }

  /**
   * Does `change`, which frees what is at `path`. Without that count, what clients write anew after they have removed
   * the old would add up as long as the cloud says the same of both.
   */
  async freeing<T>(drive: Drive, path: DrivePath, { options, change }: Freeing<T>): Promise<T> {
    const freed = await sizeOf(drive, path, options);
    const result = await change();
    this.#written -= freed;
    return result;
  }

  get #used(): number {
    return this.#said + this.#written + this.#underWay;
  }

  #refusal(path: DrivePath): DriveError {
    const message = `cannot write ${formatPath(path)}: this mount may hold ${formatBytes(this.#max)}, and it is full`;
    return new DriveError('quota', message);
  }
}

interface Freeing<T> {
  readonly options: CallOptions;
  readonly change: () => Promise<T>;
}

/** Room for one write. */
export interface Claim {
  /** Takes room for further bytes. Throws `quota` when there is none. */
  readonly take: (bytes: number) => void;
  /** Keeps what was taken, or gives it back. */
  readonly end: (isWritten: boolean) => void;
}

/** The bytes that a change frees that replaces or removes what is at `path`. */
async function sizeOf(drive: Drive, path: DrivePath, options: CallOptions): Promise<number> {
  try {
    const { size = 0, treeSize } = await drive.stat(path, options);
    return treeSize ?? size;
  } catch (error) {
    if (isDriveError(error, 'not-found', 'no-parent')) {
      return 0;
    }
    throw error;
  }
}
