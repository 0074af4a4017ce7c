import { readFile } from 'node:fs/promises';
import { ConfigError, type Problem } from './config-error.ts';
import { PREFIX } from './environment.ts';
import type { Outside } from './overrides.ts';
import { type GivenConfig, type ParsedText, parseConfigText, readGiven } from './parse.ts';

/** Parses and checks a configuration file, with the values from outside of it. Throws ConfigError. */
export async function parseConfigFile(file: string, outside: Outside): Promise<ParsedText> {
  return withText(file, outside, text => parseConfigText(text, file, outside));
}

/** Reads a configuration file, with the values from outside of it, and checks nothing. Throws ConfigError. */
export async function readConfigFile(file: string, outside: Outside): Promise<GivenConfig> {
  return withText(file, outside, text => readGiven(text, file, outside));
}

/** A file that does not exist is empty when variables give something; then every problem may be that it is missing. */
async function withText<T>(file: string, { env = {} }: Outside, use: (text: string) => T): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text === 'string') {
    return use(text);
  }
  const unread: Problem = { line: undefined, key: '', message: `cannot read the file: ${text.message}` };
  if (text.code !== 'ENOENT' || !Object.keys(env).some(name => name.toUpperCase().startsWith(PREFIX))) {
    throw new ConfigError(file, [unread]);
  }
  try {
    return use('');
  } catch (error) {
    const hint = { ...unread, message: 'there is no such file, so only the environment counts' };
    throw error instanceof ConfigError ? new ConfigError(file, [hint, ...error.problems]) : error;
  }
}
