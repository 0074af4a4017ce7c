import fc from 'fast-check';
import { fakeClock } from '../../support/fake-clock.ts';
import { startTestServer } from '../../support/test-server.ts';
import { describeSequence, type Sequence } from './command.ts';
import { reduceSequence } from './reduce.ts';
import { type Bench, runSequence } from './run.ts';
import { sequences } from './sequences.ts';

/**
 * A server with three users, whose clock and the emulator's are one: a wait is over at once, and nobody comes
 * too early.
 */
export async function openBench(): Promise<Bench & { stop(): Promise<void> }> {
  const clock = fakeClock(Date.now());
  const server = await startTestServer({
    ...{ clock, emulator: { clock }, others: ['second', 'third'] },
    yaml: ['locks: { maxTimeoutSeconds: 604800 }', 'log: { level: warn }'],
  });
  const bench = { server, clock, stop: () => server.stop() };
  await runSequence(bench, WARM_UP);
  return bench;
}

/** Makes every kind of connection once, so that certificates and tokens are there. */
const WARM_UP: Sequence = {
  seed: ['ada/a', 'grace/a'],
  commands: [0, 1, 2].flatMap(client => [
    { method: 'PUT', client, at: 'ada/b', content: 'large', tokens: 'none' } as const,
    { method: 'GET', client, at: 'ada/a' } as const,
    { method: 'PUT', client, at: 'grace/b', content: 'one', tokens: 'none' } as const,
    { method: 'COPY', client, at: 'ada/a', to: 'ada/c', overwrite: true, tokens: 'none', depth: '0' } as const,
  ]),
};

export interface CheckOptions {
  readonly seed: number;
  /** Of a counter-example, as fast-check has printed it: replays that one. */
  readonly path?: string;
  readonly sequences: number;
  /** Plays one of `of` equal shares of the sequences; all shares of a seed together are its sequences. */
  readonly part?: { readonly index: number; readonly of: number };
  /** Ends after so long, however many have run. */
  readonly milliseconds?: number;
}

export interface CheckResult {
  /** How many were played. */
  readonly sequences: number;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly seed: number;
  readonly path: string;
  readonly sequence: Sequence;
  readonly error: string;
}

/** Plays random sequences; the first one that fails is shrunk. */
export async function checkSequences(bench: Bench, options: CheckOptions): Promise<CheckResult> {
  const { seed, path, milliseconds } = options;
  const share = shareOf(options.part);
  let played = 0;
  const property = fc.asyncProperty(sequences, async sequence => {
    if (share.takesNext()) {
      played += 1;
      await runSequence(bench, sequence).catch((error: unknown) => {
        share.shrinks();
        throw error;
      });
    }
  });
  const details = await fc.check(property, {
    ...{ seed, numRuns: options.sequences, markInterruptAsFailure: false },
    ...(path === undefined ? {} : { path }),
    ...(milliseconds === undefined ? {} : { interruptAfterTimeLimit: milliseconds }),
  });
  const [sequence] = details.counterexample ?? [];
  if (!details.failed || sequence === undefined) {
    return { sequences: played, failure: undefined };
  }
  const fails = (each: Sequence) =>
    runSequence(bench, each).then(
      () => undefined,
      (error: Error) => error.message,
    );
  const reduced = await reduceSequence(sequence, fails);
  const error = reduced.error ?? `not again, but once: ${(details.errorInstance as Error | undefined)?.message}`;
  const failure = {
    ...{ seed: details.seed, path: details.counterexamplePath ?? '', sequence: reduced.sequence, error },
  };
  return { sequences: played, failure };
}

/** Counts the sequences as fast-check draws them. Smaller forms of one that has failed belong to its share. */
function shareOf({ index, of }: NonNullable<CheckOptions['part']> = { index: 0, of: 1 }) {
  let drawn = 0;
  let isShrinking = false;
  return {
    takesNext: () => {
      drawn += 1;
      return isShrinking || (drawn - 1) % of === index;
    },
    shrinks: () => {
      isShrinking = true;
    },
  };
}

/** For people: the requests, the failure, and how to reproduce it. */
export function renderFailure({ seed, path, sequence, error }: Failure): string {
  return [
    error,
    describeSequence(sequence),
    `again: npm run fuzz -- --seed ${seed} --path ${path}`,
    `to be kept in test/faults/model/counter-examples: ${JSON.stringify({ why: '', sequence })}`,
  ].join('\n');
}
