import type { Problem } from './config-error.ts';

/** The sources of secrets, and the list of problems. */
export interface SecretSources {
  readonly env: Record<string, string | undefined>;
  /**
   * Reads a file relative to the configuration. When it cannot be read, returns an empty text and adds a problem of
   * `key`.
   */
  readonly read: (name: string, key: string) => Promise<string>;
  /** Makes a path that is relative to the configuration absolute. */
  readonly pathOf: (name: string) => string;
  readonly problems: Problem[];
  readonly lineOf: (path: readonly string[]) => number | undefined;
}

/** A secret, given in one of three ways, and its keys. */
export interface GivenSecret {
  readonly value: string | null;
  readonly file: string | null;
  readonly env: string | null;
  readonly keys: { readonly file: string; readonly env: string };
}

export async function readSecret(
  { value, file, env: variable, keys }: GivenSecret,
  sources: Omit<SecretSources, 'pathOf'>,
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

/** Returns a file's text without spaces at its ends; reports an empty file. */
export async function readSecretFile(
  file: string,
  key: string,
  sources: Omit<SecretSources, 'pathOf'>,
): Promise<string> {
  const secret = (await sources.read(file, key)).trim();
  if (secret === '' && !sources.problems.some(problem => problem.key === key)) {
    complain(key, `"${file}" is empty`, sources);
  }
  return secret;
}

/** Adds a problem, with the line of its key. */
export function complain(
  key: string,
  message: string,
  { problems, lineOf }: Pick<SecretSources, 'problems' | 'lineOf'>,
): void {
  problems.push({ line: lineOf(key.split('.')), key, message });
}
