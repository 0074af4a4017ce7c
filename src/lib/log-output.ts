import { writeSync } from 'node:fs';

/** Lines wait no longer than this, in milliseconds; together they cost one write. */
const FLUSH_MS = 100;
/** A slow reader is offered more after so many milliseconds. */
const MORE_MS = 10;
/** So many characters are written at once, without waiting for the time. */
const FULL = 16 * 1024;
/** As many characters wait for a reader that is slow or gone; beyond them lines are dropped and counted. */
const MAX_WAITING = 4 * 1024 * 1024;
/** How long the end of the process waits for a reader that takes nothing, in milliseconds. */
const LAST_MS = 500;
/** How often it looks, in milliseconds. */
const LOOK_MS = 5;
/** pino's number for `error`; this and worse are written at once. */
const ERROR = 50;

const METADATA: unique symbol = Symbol.for('pino.metadata') as never;

export interface LogOutputOptions {
  /** Writes a part of the bytes and returns how many; throws EAGAIN when there is no room, like `writeSync`. */
  readonly write: (bytes: Uint8Array) => number;
  /** Makes the line that says how many are missing. */
  readonly renderDropped: (count: number) => string;
}

/**
 * Standard output as a place for lines of a log, which a reader that has stopped reading cannot stop. pino's own
 * destinations wait for the reader on this thread, or on one of the pool's, and then the process cannot end. Lines are
 * gathered and written together, always by this thread and so in their order. pino sets `lastLevel` before each line.
 */
export class LogOutput {
  /** Asks pino for `lastLevel`. */
  readonly [METADATA] = true;
  lastLevel = 0;
  readonly #options: LogOutputOptions;
  #lines: string[] = [];
  #length = 0;
  /** The rest of what was written last. */
  #rest: Uint8Array = new Uint8Array();
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  /** True while the reader takes nothing: only the timer tries again. */
  #isStuck = false;
  /** The bytes that were written so far. */
  #written = 0;

  constructor(options: LogOutputOptions) {
    this.#options = options;
  }

  write(line: string): void {
    if (this.#length + line.length > MAX_WAITING && !this.#flush() && this.#length > 0) {
      this.#dropped += 1;
      return;
    }
    // Where the gap is: the lines before it are already among those that wait, or written.
    this.#countGap();
    this.#lines.push(line);
    this.#length += line.length;
    if (!this.#isStuck && (this.#length >= FULL || this.lastLevel >= ERROR)) {
      this.#flush();
    }
    this.#waitIfNeeded();
  }

  /** Writes what waits, for the end of the process. Gives up on a reader that takes nothing. */
  end(): void {
    let before = this.#written;
    for (let round = LAST_MS / LOOK_MS; round > 0 && !this.#flush(); round -= 1) {
      round = this.#written > before ? LAST_MS / LOOK_MS : round;
      before = this.#written;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    }
    clearTimeout(this.#timer);
  }

  #waitIfNeeded(milliseconds = FLUSH_MS): void {
    // The timer does not keep the process: `end` writes the rest.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const before = this.#written;
      if (!this.#flush()) {
        this.#waitIfNeeded(this.#written > before ? MORE_MS : FLUSH_MS);
      }
    }, milliseconds).unref();
  }

  /** Returns whether everything is written. */
  #flush(): boolean {
    try {
      while (this.#next()) {
        const count = this.#options.write(this.#rest);
        this.#written += count;
        this.#rest = this.#rest.subarray(count);
      }
      this.#isStuck = false;
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        this.#isStuck = true;
        return false;
      }
      // The reader has gone (EPIPE), or the disk is full (ENOSPC): there is nowhere to say so.
      this.#dropped += this.#lines.length;
      this.#rest = new Uint8Array();
      this.#clear();
      return true;
    }
  }

  /** Takes the waiting lines when the last ones are written; returns false when there is nothing left. */
  #next(): boolean {
    if (this.#rest.length > 0) {
      return true;
    }
    this.#countGap();
    this.#rest = Buffer.from(this.#lines.join(''));
    this.#clear();
    return this.#rest.length > 0;
  }

  #countGap(): void {
    if (this.#dropped > 0) {
      this.#lines.push(this.#options.renderDropped(this.#dropped));
      this.#dropped = 0;
    }
  }

  #clear(): void {
    this.#lines = [];
    this.#length = 0;
  }
}

/** Renders the line about lines that are missing. */
export function renderDropped(count: number): string {
  const msg = `${count} lines were dropped: nobody reads the log`;
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), dropped: count, msg })}\n`;
}

let standard: LogOutput | undefined;

/**
 * Returns standard output for logs. What waits at the end of the process is written then. All logs share it: two of
 * them would write into the middle of each other's lines when the reader is slow.
 */
export function standardLogOutput(): LogOutput {
  standard ??= openStandardOutput();
  return standard;
}

function openStandardOutput(): LogOutput {
  // Node makes a pipe or a socket non-blocking when it opens the stream; without that, `writeSync` would wait.
  const { fd } = process.stdout;
  const output = new LogOutput({ write: bytes => writeSync(fd, bytes), renderDropped });
  process.once('exit', () => output.end());
  return output;
}
