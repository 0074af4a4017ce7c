import fc from 'fast-check';

/** Names that a wrong pattern, separator or order would take for each other. */
const NAMES = ['A', 'AB', 'A0', 'A.', 'A%', 'A_', '%', '_', '0', '.', '-', '\uffee', '\u{1f600}', 'É'];

/** Two or three names: so few that places made of them often lie in one another. */
export const fewNames = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 2, maxLength: 3 });

/** All places of at most `depth` names. */
export function placesOf(names: readonly string[], depth: number): string[][] {
  return depth === 0 ? [[]] : [[], ...names.flatMap(name => placesOf(names, depth - 1).map(below => [name, ...below]))];
}
