import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigError, type Problem } from './config-error.ts';
import { describeIssue } from './describe-issue.ts';
import { nameSources, valueAt } from './overrides.ts';
import type { GivenConfig } from './parse.ts';
import { readConfigFile } from './read-file.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import { readState, type StateConfig } from './state.ts';

/** Where a server with this configuration keeps its state, and where it can be controlled. */
export type Place = Pick<ParsedConfig, 'dataDir' | 'control'>;

/** The only keys that say where a server is. */
const placeSchema = configSchema.pick({ dataDir: true, control: true }).loose();

/**
 * Finds the server of a configuration. Needs neither its secrets nor that the rest of it is right: a server may be
 * running with an earlier version of the file. Throws ConfigError.
 */
export async function loadPlace(file: string, env: Readonly<Record<string, string | undefined>>): Promise<Place> {
  const { parsed } = await parsePlace(file, env, placeSchema);
  return placeOf(parsed, dirname(resolve(file)));
}

/** Where a server keeps its state: in `dataDir`, or in a database. */
export interface StatePlace extends Place {
  readonly state: StateConfig | undefined;
}

const stateSchema = configSchema.pick({ dataDir: true, control: true, state: true }).loose();

/** Like `loadPlace`, with the secrets of the database. Throws ConfigError. */
export async function loadStatePlace(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StatePlace> {
  const { parsed, lineOf, fail } = await parsePlace(file, env, stateSchema);
  const folder = dirname(resolve(file));
  const problems: Problem[] = [];
  const read = async (name: string, key: string): Promise<string> => {
    try {
      return await readFile(resolve(folder, name), 'utf8');
    } catch (error) {
      const message = `cannot read "${name}": ${(error as Error).message}`;
      problems.push({ line: lineOf(key.split('.')), key, message });
      return '';
    }
  };
  const state = await readState(parsed.state, { env, read, problems, lineOf });
  if (problems.length > 0) {
    throw fail(problems);
  }
  return { ...placeOf(parsed, folder), state };
}

async function parsePlace<T>(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  schema: z.ZodType<T>,
): Promise<{ parsed: T; lineOf: GivenConfig['lineOf']; fail: (problems: Problem[]) => ConfigError }> {
  const { given, overrides, lineOf } = await readConfigFile(file, { env });
  const fail = (problems: Problem[]) => new ConfigError(file, nameSources(problems, overrides));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw fail(
      result.error.issues.map(issue => {
        const message = describeIssue(issue, valueAt(given, issue.path));
        return { line: lineOf(issue.path), key: issue.path.join('.'), message };
      }),
    );
  }
  return { parsed: result.data, lineOf, fail };
}

/** Makes the paths absolute. */
export function placeOf({ dataDir, control: { socket } }: Place, folder: string): Place {
  return {
    dataDir: resolve(folder, dataDir),
    control: { socket: typeof socket === 'string' ? resolve(folder, socket) : socket },
  };
}
