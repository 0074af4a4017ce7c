import { stat } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import { Repeating } from './repeating.ts';

/** A look costs one call of the file system for each file. */
const LOOK_MS = 500;
/** A file is read when it has not changed for so long: not while somebody writes it. */
const SETTLE_MS = 250;

export interface WatchedFilesOptions {
  /** Returns the state of each file when it was last read, by absolute path. */
  readonly read: () => ReadonlyMap<string, string>;
  /** Called when files have changed, came or went since they were read; reads them. Must not reject. */
  readonly onChange: () => Promise<void>;
  readonly clock: Clock;
}

/**
 * Looks at files twice a second, through symbolic links: a file that is renamed over another one is seen as well, and
 * so is a folder that is swapped below it, as Kubernetes does. Polling works where notices do not: on network shares,
 * and for files that a container mounts.
 */
export class WatchedFiles {
  readonly #options: WatchedFilesOptions;
  readonly #turns: Repeating;
  /** What the last look saw of the files that had changed. */
  #changed = '';

  constructor(options: WatchedFilesOptions) {
    this.#options = options;
    this.#turns = new Repeating({
      work: () => this.#look(),
      pauseAfter: () => (this.#changed === '' ? LOOK_MS : SETTLE_MS),
      clock: options.clock,
    });
  }

  start(): void {
    this.#turns.start();
  }

  stop(): Promise<void> {
    return this.#turns.stop();
  }

  async #look(): Promise<void> {
    const before = this.#changed;
    this.#changed = await this.#findChanged();
    if (this.#changed !== '' && this.#changed === before) {
      await this.#options.onChange();
      this.#changed = '';
    }
  }

  async #findChanged(): Promise<string> {
    const looks = [...this.#options.read()].map(async ([path, read]) => {
      const state = await fileState(path);
      return state === read ? [] : [`${path} ${state}`];
    });
    return (await Promise.all(looks)).flat().join('\n');
  }
}

/** Returns a text that is another one as soon as a file changes; of a file that cannot be seen it says why. */
export async function fileState(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
