import type { Command, Sequence } from './command.ts';

/** Why a sequence fails; undefined when it does not. */
export type Fails = (sequence: Sequence) => Promise<string | undefined>;

/**
 * Removes every part of a failing sequence that the failure does not need. fast-check shrinks the values well, but
 * shortens an array only from the front.
 */
export async function reduceSequence(
  sequence: Sequence,
  fails: Fails,
): Promise<{ sequence: Sequence; error: string | undefined }> {
  let best = sequence;
  let error = await fails(sequence);
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const smaller of smallerOnes(best)) {
      const found = await fails(smaller);
      if (found !== undefined) {
        [best, error, isSmaller] = [smaller, found, true];
        break;
      }
    }
  }
  return { sequence: best, error };
}

function* smallerOnes(sequence: Sequence): Generator<Sequence> {
  const { seed, commands } = sequence;
  for (const index of [...commands.keys()].reverse()) {
    yield { seed, commands: commands.toSpliced(index, 1) };
  }
  for (const index of [...seed.keys()].reverse()) {
    yield { seed: seed.toSpliced(index, 1), commands };
  }
  for (const [index, command] of commands.entries()) {
    for (const simpler of simplerOnes(command)) {
      yield { seed, commands: commands.with(index, simpler) };
    }
  }
}

/** The same command without its fault, without its condition, with a fault that comes once. */
function* simplerOnes(command: Command): Generator<Command> {
  for (const key of ['fault', 'condition', 'range', 'mtime'] as const) {
    if (key in command && (command as unknown as Record<string, unknown>)[key] !== undefined) {
      yield { ...command, [key]: undefined };
    }
  }
  if ('fault' in command && command.fault !== undefined && command.fault.times > 1) {
    yield { ...command, fault: { ...command.fault, times: 1 } };
  }
}
