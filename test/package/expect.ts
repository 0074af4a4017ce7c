/** Assertions of the checks that run outside the test runner. Each throws an error that shows both sides. */

export function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) {
    throw new Error(`expected ${JSON.stringify(expected)}, not ${JSON.stringify(actual)}`);
  }
}

export function expectMatch(actual: string, pattern: RegExp): void {
  if (!pattern.test(actual)) {
    throw new Error(`expected ${pattern}, not ${JSON.stringify(actual)}`);
  }
}
