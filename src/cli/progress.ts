/** Where a progress line goes: standard error, or what a test puts there. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line for people that is written over and over in one place. */
export interface Progress {
  show(text: string): void;
  /** Takes the line away; what is printed next starts where it stood. */
  clear(): void;
}

/** ECMA-48: back to the first column, erase to the end of the line. */
const ERASE_LINE = '\r\u001b[K';

/** On anything but a terminal it shows nothing: a file or a pipe would keep every state of the line. */
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
