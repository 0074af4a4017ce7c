/** The stream of a progress line: standard error, or a test's own. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A progress line for people, rewritten in place. */
export interface Progress {
  show(text: string): void;
  /** Clears the line; later output starts in its place. */
  clear(): void;
}

/** ECMA-48: back to the first column, erase to the end of the line. */
const ERASE_LINE = '\r\u001b[K';

/** Creates a progress line. Shows it only on a terminal: a file or a pipe would keep every state of it. */
export function createProgress(stream: ProgressStream): Progress {
  if (!stream.isTTY) {
    return { show: () => {}, clear: () => {} };
  }
  let isShown = false;
  return {
    show: text => {
      stream.write(`${ERASE_LINE}${text}`);
      isShown = true;
    },
    clear: () => {
      if (isShown) {
        stream.write(ERASE_LINE);
      }
      isShown = false;
    },
  };
}
