/** All of litmus 0.13, by suite. */
export const LITMUS_SUITES: readonly (readonly [suite: string, tests: number])[] = [
  ['basic', 16],
  ['copymove', 13],
  ['props', 30],
  ['locks', 41],
  ['http', 4],
];
