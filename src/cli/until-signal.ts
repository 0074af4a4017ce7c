const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface EndSignals {
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly first: AbortSignal;
  /** Aborted at the second one; a third one ends the process as the system does. */
  readonly second: AbortSignal;
}

let early: EndSignals | undefined;

/**
 * Lets SIGINT and SIGTERM end a server in order from now on, while it still starts, too: the first process of a container
 * would not notice a signal that nobody listens to (pid_namespaces(7)).
 */
export function catchEnds([command]: readonly string[]): void {
  if (command === 'serve') {
    early = listen();
  }
}

/** Returns the signals that end this process, with those that have come since `catchEnds`. */
export function listenForEnd(): EndSignals {
  return early ?? listen();
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function listen(): EndSignals {
  const first = new AbortController();
  const second = new AbortController();
  const onSignal = () => {
    if (!first.signal.aborted) {
      first.abort();
      return;
    }
    second.abort();
    for (const signal of SIGNALS) {
      process.removeListener(signal, onSignal);
    }
  };
  for (const signal of SIGNALS) {
    process.on(signal, onSignal);
  }
  return { first: first.signal, second: second.signal };
}
