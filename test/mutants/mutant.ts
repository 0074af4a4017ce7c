/** One rule of the emulated Microsoft, broken: a text of one source is another one, and a test must see it. */
export interface Mutant {
  /** `nfd-differs`; unique. */
  readonly name: string;
  /** What no longer holds. */
  readonly rule: string;
  /** Below `src/emulator`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files that must see it, below `test/emulator`. */
  readonly tests: readonly string[];
  /** A part of the titles of the tests that see it, so that no other one must run. */
  readonly only: string;
}
