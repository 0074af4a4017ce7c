let onHangUp: (() => void) | undefined;
let isPending = false;

/**
 * Lets SIGHUP no longer end a server. One that comes before anybody listens is told to the first who does: it may come
 * while the server starts. All other commands end with their terminal.
 */
export function catchHangUps([command]: readonly string[]): void {
  if (command !== 'serve') {
    return;
  }
  process.on('SIGHUP', () => {
    isPending = onHangUp === undefined;
    onHangUp?.();
  });
}

/** Calls `listener` for each SIGHUP from now on, and at once for an earlier one. */
export function listenToHangUps(listener: () => void): void {
  onHangUp = listener;
  if (isPending) {
    isPending = false;
    listener();
  }
}
