import { stringify } from 'yaml';
import type { Outside } from './overrides.ts';
import { parseConfigFile } from './read-file.ts';

const HIDDEN = '(hidden)';
/** The names of keys that hold a secret itself; those with its file or variable end otherwise. */
const SECRET = /(^key|secret|password|passwordhash|token)$/i;
/** Groups whose members all are secret, whatever their names: a collector's key is in one of its headers. */
const SECRET_GROUPS = ['headers'];
/** User and password in a URL: all up to the last `@` before the path, as URLs are parsed (URL standard). */
const USER_INFO = /(?<=^\w+:\/\/)[^/?#]*(?=@)/;
/** URLs of services that may take a key in the query. */
const URLS_WITH_KEYS = ['endpoint', 'url'];

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
    const isSecret = SECRET_GROUPS.includes(name);
    const hide = (key: string, member: unknown) => (isSecret ? HIDDEN : hideSecrets(member, key));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hide(key, member)]));
  }
  if (typeof value !== 'string') {
    return value;
  }
  const shown = value.replace(USER_INFO, HIDDEN);
  return SECRET.test(name) ? HIDDEN : URLS_WITH_KEYS.includes(name) ? shown.replace(/\?.*/, `?${HIDDEN}`) : shown;
}
