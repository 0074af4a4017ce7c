import { stringify } from 'yaml';
import type { Outside } from './overrides.ts';
import { parseConfigFile } from './read-file.ts';

const HIDDEN = '(hidden)';
/** The names of keys that hold a secret itself; those with its file or variable end otherwise. */
const SECRET = /(secret|password|passwordhash|token)$/i;

/**
 * Returns the configuration that counts, as YAML: all keys, those of the file, of variables and defaults, without
 * secrets. Comments at the top name what is not from the file. Throws ConfigError.
 */
export async function printEffective(file: string, env: NonNullable<Outside['env']>): Promise<string> {
  const { parsed, overrides } = await parseConfigFile(file, { env });
  const sources = overrides.map(({ path, source }) => `# ${path.join('.')}: from ${source}\n`);
  return `${sources.join('')}${stringify(hideSecrets(parsed), { lineWidth: 0 })}`;
}

/** Replaces secrets, and passwords in URLs; an empty place stays. */
function hideSecrets(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    return value.map(each => hideSecrets(each));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hideSecrets(member, key)]));
  }
  if (typeof value !== 'string') {
    return value;
  }
  return SECRET.test(name) ? HIDDEN : value.replace(/(?<=^\w+:\/\/)[^/@]*(?=@)/, HIDDEN);
}
