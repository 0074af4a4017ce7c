import { resolve } from 'node:path';
import { type Config, loadConfig, type WillRead } from '../config/load.ts';
import type { Override } from '../config/overrides.ts';
import { fileState } from '../lib/watched-files.ts';

/** What counts instead of the file. */
export interface Instead {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly Override[];
}

/** A configuration file, and the files that it names. */
export class ConfigSource {
  /** Absolute. */
  readonly file: string;
  readonly #instead: Instead;
  #read: ReadonlyMap<string, string> = new Map();

  constructor(file: string, instead: Instead) {
    this.file = resolve(file);
    this.#instead = instead;
  }

  /**
   * The state of each file right before it was last read, by absolute path (`fileState`); without those that the server
   * watches by itself.
   */
  get read(): ReadonlyMap<string, string> {
    return this.#read;
  }

  /** Reads all files as `load` does, and leaves `read` as it is: the watch still sees what is new. Throws ConfigError. */
  async peek(): Promise<Config> {
    const { env, flags = [] } = this.#instead;
    return loadConfig(this.file, env, { flags });
  }

  /** Reads all files. Throws ConfigError. */
  async load(): Promise<Config> {
    const read = new Map<string, string>();
    const watched = new Set<string>();
    const { env, flags = [] } = this.#instead;
    const willRead: WillRead = async (path, { isWatched }) => {
      read.set(path, await fileState(path));
      if (isWatched) {
        watched.add(path);
      }
    };
    try {
      const config = await loadConfig(this.file, env, { flags, willRead });
      for (const path of watched) {
        read.delete(path);
      }
      return config;
    } finally {
      // Of a file that cannot be parsed, nothing else can be the cure.
      this.#read = read;
    }
  }
}
