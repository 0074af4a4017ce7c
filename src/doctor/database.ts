import type { StateHealth } from '../state/state-look.ts';
import type { Check, Finding } from './check.ts';

/** Checks that the server can use the database of `state.url`. */
export function databaseCheck(lookAtState: () => StateHealth): Check {
  return { name: 'database', run: async () => [describe(lookAtState())] };
}

function describe({ file, problem, words }: StateHealth): Finding {
  switch (problem) {
    case undefined:
      return { level: 'ok', saw: `the database of the state answers: ${file}` };
    case 'newer':
      return {
        level: 'failure',
        saw: `a newer release wrote the state in the database ${file}`,
        means: 'this release does not understand it: the server does not start',
        cure: 'run the newer release, or name another database in state.url',
      };
    default:
      return {
        level: 'failure',
        saw: `the database of the state cannot be used: ${words ?? problem}`,
        means: 'the server does not start; one that runs refuses what needs the state, and reads files only',
        cure: 'start the database, or correct state.url, its password or state.caFile',
      };
  }
}
