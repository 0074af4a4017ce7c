/**
 * Yields a name, and then, without an end, names that can be tried where it is taken: `plan.txt`, `plan (2).txt`,
 * `plan (3).txt`. An ending is what follows the last point, unless the point is the first character.
 */
export function* freeNames(name: string): Generator<string, never> {
  const point = name.lastIndexOf('.');
  const [stem, ending] = point > 0 ? [name.slice(0, point), name.slice(point)] : [name, ''];
  const base = stem.replace(/ \(\d+\)$/, '');
  yield name;
  for (let number = 2; ; number += 1) {
    yield `${base} (${number})${ending}`;
  }
}
