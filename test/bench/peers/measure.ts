import type { Bench, Row } from './rows.ts';

/** Figures of one row, of each round. */
export interface Measured {
  readonly row: Row;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** Measures a row in turns, ours, theirs, ours, theirs: a machine drifts. */
export async function measureRow(row: Row, bench: Bench, rounds: number): Promise<Measured> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < (row.rounds ?? rounds); round += 1) {
    ours.push(await row.ours(bench, round));
    theirs.push(await row.theirs(bench, round));
  }
  return { row, ours, theirs };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Ours as a share of theirs. */
export function ratioOf({ ours, theirs }: Measured): number {
  return median(ours) / median(theirs);
}

/** Whether the goal is met, if there is one: of requests more is better, of time less. */
export function isMet(measured: Measured): boolean {
  const { unit, goal } = measured.row;
  if (goal === undefined) {
    return true;
  }
  return unit !== 'requests/s' ? ratioOf(measured) <= goal : ratioOf(measured) >= goal;
}
