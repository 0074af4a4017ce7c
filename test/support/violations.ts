import type { Violation } from '../../src/emulator/emulator.ts';

/** Violations of a foreign program, each kind once: the rule and the operation, without ids, names and milliseconds. */
export function kindsOf(violations: readonly Violation[]): string[] {
  const kinds = violations.map(({ rule, detail }) => `${rule}: ${generalise(detail)}`);
  return [...new Set(kinds)].sort();
}

function generalise(detail: string): string {
  return detail
    .replace(/\/drives\/[^/ ]+/g, '/drives/{id}')
    .replace(/\/items\/[^/: ]+/g, '/items/{id}')
    .replace(/\/operations\/[^/ ]+/g, '/operations/{id}')
    .replace(/\/personal\/[^/ ]+/g, '/personal/{user}')
    .replace(/:\/.*?(?=:?\/(?:content|createUploadSession|children)| |$)/g, ':/{path}')
    .replace(/\d+ ms/g, 'n ms');
}
