import type { Registry } from 'prom-client';
import { type CountCell, once, TalliedCounter } from './tally.ts';

/** Returns a function that counts a verdict of a door; both words are of a few. */
export function createSignInMetrics(registers: Registry[]): (door: string, outcome: string) => void {
  const signIns = new TalliedCounter({
    name: 'onedrive_webdav_sign_ins_total',
    help: 'Requests by the kind of their credentials and the verdict; door none: without credentials',
    labelNames: ['door', 'outcome'],
    registers,
  });
  const cells = new Map<string, Map<string, CountCell>>();
  return (door, outcome) => {
    const byOutcome = once(cells, door, () => new Map<string, CountCell>());
    once(byOutcome, outcome, () => signIns.cell({ door, outcome })).count += 1;
  };
}
