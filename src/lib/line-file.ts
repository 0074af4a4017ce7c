import { appendFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';

/** Lines that wait for the disk; beyond them they are lost, and counted. */
const MAX_WAITING = 20_000;
/** Only the user of the server may read it. */
const MODE = 0o600;

/**
 * A file to which lines are appended. It is opened by its name for each batch of lines, so that a file that was renamed
 * or removed (logrotate) is made anew. What waits at the end of the process is written then.
 */
export class LineFile {
  readonly #path: string;
  readonly #onFailure: (error: unknown, lost: number) => void;
  #lines: string[] = [];
  #lost = 0;
  #writing: Promise<void> | undefined;
  readonly #writeRest = () => this.#lines.length > 0 && appendFileSync(this.#path, this.#take(), { mode: MODE });

  /** `onFailure` gets the error and the number of lines that are lost. */
  constructor(path: string, onFailure: (error: unknown, lost: number) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
    process.once('exit', this.#writeRest);
  }

  write(line: string): void {
    if (this.#lines.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when nothing waits any more; for the end of the server. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) {
      await this.#writing;
    }
    process.off('exit', this.#writeRest);
  }

  async #writeAll(): Promise<void> {
    // The lines of one turn of the event loop go together.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      const count = this.#lines.length + this.#lost;
      this.#lost = 0;
      await appendFile(this.#path, this.#take(), { mode: MODE }).catch(error => this.#onFailure(error, count));
    }
    this.#writing = undefined;
  }

  #take(): string {
    const text = this.#lines.join('');
    this.#lines = [];
    return text;
  }
}
