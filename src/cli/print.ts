/**
 * Prints a text of any length to standard output and waits until it is out: `process.exit` cuts off what a pipe has not
 * taken yet. A reader that has seen enough (`| head`) is no failure.
 */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  const ignore = () => {};
  // The error comes as an event as well, which would end the process.
  stdout.on('error', ignore);
  await new Promise<void>((resolve, reject) =>
    stdout.write(`${text}\n`, error => (error && codeOf(error) !== 'EPIPE' ? reject(error) : resolve())),
  );
  setImmediate(() => stdout.off('error', ignore));
}

function codeOf(error: Error): unknown {
  return (error as NodeJS.ErrnoException).code;
}
