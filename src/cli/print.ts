/**
 * Prints a text of any length to standard output and waits until it is written: `process.exit` would cut off the rest
 * in a slow pipe. A reader that stops early (`| head`) is no failure.
 */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  const ignore = () => {};
  // The error is also emitted as an event, and that would end the process.
  stdout.on('error', ignore);
  await new Promise<void>((resolve, reject) =>
    stdout.write(`${text}\n`, error => (error && codeOf(error) !== 'EPIPE' ? reject(error) : resolve())),
  );
  setImmediate(() => stdout.off('error', ignore));
}

function codeOf(error: Error): unknown {
  return (error as NodeJS.ErrnoException).code;
}
