import type { Problem } from './config-error.ts';

/** A value that counts instead of the file's. */
export interface Override {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** The name of the variable or the flag, for messages. */
  readonly source: string;
}

/** Values from outside the file: flags come before variables, and variables before the file. */
export interface Outside {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly Override[];
}

/** Puts values over those of the file, which is changed; makes the groups and lists that are missing. */
export function applyOverrides(given: Record<string, unknown>, overrides: readonly Override[]): void {
  for (const { path, value } of overrides) {
    let place: Record<string | number, unknown> = given;
    for (const [index, step] of path.slice(0, -1).entries()) {
      const inner = place[step];
      const isGroup = typeof inner === 'object' && inner !== null;
      const next = isGroup ? inner : typeof path[index + 1] === 'number' ? [] : {};
      place[step] = next;
      place = next as typeof place;
    }
    place[path.at(-1)!] = value;
  }
}

/** Returns the problems with the name of the variable or flag that has brought the value, instead of a line. */
export function nameSources(problems: readonly Problem[], overrides: readonly Override[]): Problem[] {
  return problems.map(problem => {
    const found = overrides.findLast(({ path }) => isWithin(problem.key, path.join('.')));
    return found === undefined ? problem : { ...problem, line: undefined, source: found.source };
  });
}

/** Returns the value at a path of what YAML gave; undefined where there is none. */
export function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step], given);
}

function isWithin(key: string, path: string): boolean {
  return key === path || key.startsWith(`${path}.`);
}
