import type { Problem } from './config-error.ts';

/** Where secrets are read from, and where problems go. */
export interface SecretSources {
  readonly env: Record<string, string | undefined>;
  /**
   * The text of a file that is named relative to the configuration; empty, and a problem of `key`, when it cannot be
   * read.
   */
  readonly read: (name: string, key: string) => Promise<string>;
  /** A path that is relative to the configuration, made absolute. */
  readonly pathOf: (name: string) => string;
  readonly problems: Problem[];
  readonly lineOf: (path: readonly string[]) => number | undefined;
}

/** A secret in one of the three ways to give one, and the keys by which they are given. */
export interface GivenSecret {
  readonly value: string | null;
  readonly file: string | null;
  readonly env: string | null;
  readonly keys: { readonly file: string; readonly env: string };
}

export async function readSecret(
  { value, file, env: variable, keys }: GivenSecret,
  sources: SecretSources,
): Promise<string> {
  const { env } = sources;
  if (file !== null) {
    return readSecretFile(file, keys.file, sources);
  }
  if (variable !== null && !env[variable]) {
    complain(keys.env, `the environment variable ${variable} is not set`, sources);
    return '';
  }
  return value ?? env[variable!]!;
}

/** What a file holds but for the space at its ends; it must hold something. */
export async function readSecretFile(file: string, key: string, sources: SecretSources): Promise<string> {
  const secret = (await sources.read(file, key)).trim();
  if (secret === '' && !sources.problems.some(problem => problem.key === key)) {
    complain(key, `"${file}" is empty`, sources);
  }
  return secret;
}

/** Adds a problem, with the line of its key. */
export function complain(key: string, message: string, { problems, lineOf }: SecretSources): void {
  problems.push({ line: lineOf(key.split('.')), key, message });
}
