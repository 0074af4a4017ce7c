import type { ProcessCluster } from '../../support/cluster-processes.ts';
import { startProcessCluster } from '../../support/cluster-processes.ts';
import { PASSWORD } from '../../support/passwords.ts';
import { randomFrom } from '../../support/random.ts';
import { basic } from '../../support/raw-http.ts';
import { idIn } from './client.ts';
import { Faults } from './faults.ts';
import { type Counts, Sequence } from './sequence.ts';
import { contentOf, FILES } from './world.ts';

const USERS = ['ann', 'ben', 'cid'];

export interface RunOptions {
  readonly seed: number;
  /** Of each run, which go on side by side. */
  readonly sequences: number;
  /** Of each sequence. */
  readonly operations: number;
  /** How many of the faults last until the others take the server for dead, from 0 to 1. */
  readonly longShare: number;
}

export interface RunResult {
  /** Each with the story of its sequence; empty when all is well. */
  readonly failures: readonly string[];
  readonly counts: Counts;
  readonly faults: Readonly<Record<string, number>>;
}

/** The servers of the runs, which outlive each other's runs. */
export function startModelCluster(): Promise<ProcessCluster> {
  return startProcessCluster({
    users: USERS,
    // Everything of a memory that could be wrong is used as long as it may be.
    yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 60 }', 'limits: { drainSeconds: 2 }'],
  });
}

/** Plays sequences side by side while faults come and go, and looks at the end whether all servers show one truth. */
export async function playRun(cluster: ProcessCluster, options: RunOptions): Promise<RunResult> {
  const { seed, sequences: count, operations, longShare } = options;
  const stories = Array.from({ length: count }, () => [] as string[]);
  const tellAll = (line: string) => stories.forEach(story => void story.push(line));
  const faults = new Faults(cluster, { random: randomFrom(seed), note: tellAll, longShare });
  const sequences = await Promise.all(
    stories.map(async (story, index) => {
      const folder = `/ada/model-${seed}-${index}/`;
      await makeFolder(cluster, folder);
      const random = randomFrom(seed * 1000 + index);
      return new Sequence({ random, folder, users: USERS, surroundings: faults, note: line => void story.push(line) });
    }),
  );
  const failures: string[] = [];
  const failed = (index: number) => (error: unknown) => {
    const story = stories[index]!.join('\n');
    failures.push(`seed ${seed}, sequence ${index}: ${(error as Error).message}\n${story}`);
  };
  const disturbing = faults.run();
  await Promise.all(sequences.map((sequence, index) => sequence.play(operations).catch(failed(index))));
  faults.stop();
  await disturbing;
  if (failures.length === 0) {
    await Promise.all(
      sequences.map((sequence, index) => lookAtEnd(cluster, sequence, `/model-${seed}-${index}/`).catch(failed(index))),
    );
  }
  await Promise.all(sequences.map(sequence => sequence.close()));
  return { failures, counts: sumOf(sequences.map(({ counts }) => counts)), faults: faults.counts };
}

async function makeFolder({ servers }: ProcessCluster, folder: string): Promise<void> {
  const headers = basic(USERS[0]!, PASSWORD);
  const { status } = await fetch(`${servers[0]!.url}${folder}`, { method: 'MKCOL', headers });
  if (status !== 201) {
    throw new Error(`MKCOL ${folder}: ${status}`);
  }
}

async function lookAtEnd({ ada }: ProcessCluster, sequence: Sequence, folder: string): Promise<void> {
  await sequence.lookEverywhere();
  if (sequence.counts.abandoned > 0) {
    return;
  }
  for (const file of FILES) {
    const isThere = ada.stat(`${folder}${file}`) !== undefined;
    const stored = isThere ? idIn((await ada.read(`${folder}${file}`)).toString()) : null;
    if (!sequence.history.mayHave(file, stored, contentOf)) {
      throw new Error(`${file} is ${stored} at Microsoft; possible are:\n${sequence.history.describe()}`);
    }
  }
}

function sumOf(all: readonly Counts[]): Counts {
  const names = Object.keys(all[0]!) as (keyof Counts)[];
  return Object.fromEntries(names.map(name => [name, all.reduce((sum, counts) => sum + counts[name], 0)])) as Counts;
}
