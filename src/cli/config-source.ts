import { type Config, loadConfig } from '../config/load.ts';
import { fileState } from '../lib/watched-files.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A configuration file, and the files that it names. */
export class ConfigSource {
  readonly #file: string;
  readonly #env: Env;
  #read: ReadonlyMap<string, string> = new Map();

  constructor(file: string, env: Env) {
    this.#file = file;
    this.#env = env;
  }

  /**
   * The state of each file right before it was last read, by absolute path (`fileState`); without those that the server
   * watches by itself.
   */
  get read(): ReadonlyMap<string, string> {
    return this.#read;
  }

  /** Reads all files. Throws ConfigError. */
  async load(): Promise<Config> {
    const read = new Map<string, string>();
    const watched = new Set<string>();
    try {
      const config = await loadConfig(this.#file, this.#env, async (path, { isWatched }) => {
        read.set(path, await fileState(path));
        if (isWatched) {
          watched.add(path);
        }
      });
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
