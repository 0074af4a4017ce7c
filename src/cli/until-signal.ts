const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface EndSignals {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly first: Promise<void>;
  /** Aborted at the second one; a third one ends the process as the system does. */
  readonly second: AbortSignal;
}

/** Listens for the signals that end a process. */
export function listenForEnd(): EndSignals {
  const first = Promise.withResolvers<void>();
  const second = new AbortController();
  let count = 0;
  const onSignal = () => {
    count += 1;
    if (count === 1) {
      first.resolve();
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
  return { first: first.promise, second: second.signal };
}
