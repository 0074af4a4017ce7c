import { dirname, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { describeIssue } from './describe-issue.ts';
import { nameSources, valueAt } from './overrides.ts';
import { readConfigFile } from './read-file.ts';
import { configSchema, type ParsedConfig } from './schema.ts';

/** Where a server with this configuration keeps its state, and where it can be controlled. */
export type Place = Pick<ParsedConfig, 'dataDir' | 'control'>;

/** The only keys that say where a server is. */
const placeSchema = configSchema.pick({ dataDir: true, control: true }).loose();

/**
 * Finds the server of a configuration. Needs neither its secrets nor that the rest of it is right: a server may be
 * running with an earlier version of the file. Throws ConfigError.
 */
export async function loadPlace(file: string, env: Readonly<Record<string, string | undefined>>): Promise<Place> {
  const { given, overrides, lineOf } = await readConfigFile(file, { env });
  const result = placeSchema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(issue => {
      const message = describeIssue(issue, valueAt(given, issue.path));
      return { line: lineOf(issue.path), key: issue.path.join('.'), message };
    });
    throw new ConfigError(file, nameSources(problems, overrides));
  }
  return placeOf(result.data, dirname(resolve(file)));
}

/** Makes the paths absolute. */
export function placeOf({ dataDir, control: { socket } }: Place, folder: string): Place {
  return {
    dataDir: resolve(folder, dataDir),
    control: { socket: typeof socket === 'string' ? resolve(folder, socket) : socket },
  };
}
