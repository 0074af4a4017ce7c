import { closest, distance } from 'fastest-levenshtein';
import { parseDocument } from 'yaml';
import type { Problem } from './config-error.ts';
import { type Override, valueAt } from './overrides.ts';
import { isList, isRecord, keysAt, schemaAt, textIn } from './schema-path.ts';

/** Every key of the configuration can be given by a variable whose name begins so: `…LISTEN__PORT`. */
export const PREFIX = 'ONEDRIVE_WEBDAV__';
const SEPARATOR = '__';
/** With more typos it is another word. */
const MAX_TYPOS = 4;

export interface EnvironmentValues {
  /** Groups come before the keys in them. */
  readonly overrides: readonly Override[];
  readonly problems: readonly Problem[];
}

/** Reads the keys that the environment gives; `given` is the file's contents, whose tenants keep their spelling. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>, given: unknown): EnvironmentValues {
  const problems: Problem[] = [];
  const overrides: Override[] = [];
  const variables = Object.entries(env).filter(([name]) => name.toUpperCase().startsWith(PREFIX));
  for (const [source, text = ''] of variables.toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    const path = pathOf(source.slice(PREFIX.length).split(SEPARATOR), given);
    if (!Array.isArray(path)) {
      problems.push({ line: undefined, key: '', message: path.objection, source });
      continue;
    }
    const twin = overrides.find(other => other.path.join('.') === path.join('.'));
    if (twin !== undefined) {
      problems.push({ line: undefined, key: path.join('.'), message: `${twin.source} gives it as well`, source });
    }
    const read = readValue(text, path);
    if ('objection' in read) {
      problems.push({ line: undefined, key: path.join('.'), message: read.objection, source });
    } else {
      overrides.push({ path, value: read.value, source });
    }
  }
  return { overrides: overrides.toSorted((left, right) => left.path.length - right.path.length), problems };
}

/** Returns the name of the variable for a key. */
export function variableOf(path: readonly (string | number)[]): string {
  const names = path.map(step => String(step).replace(/(?<=[a-z\d])(?=[A-Z])/g, '_'));
  return PREFIX + names.join(SEPARATOR).toUpperCase();
}

interface Objection {
  readonly objection: string;
}

/** Finds the key for each part of a name: letters of either case, with or without `_` between words. */
function pathOf(parts: readonly string[], given: unknown): (string | number)[] | Objection {
  const path: (string | number)[] = [];
  for (const part of parts) {
    const step = stepOf(part, path, valueAt(given, path));
    if (step === undefined) {
      return { objection: `unknown key${suggestion(part, path)}` };
    }
    path.push(step);
  }
  return path;
}

function stepOf(part: string, path: readonly (string | number)[], given: unknown): string | number | undefined {
  const schema = schemaAt(path);
  if (schema === undefined || part === '') {
    return undefined;
  }
  if (isList(schema) && /^\d+$/.test(part)) {
    const index = Number(part);
    // A list has no holes.
    return index <= (Array.isArray(given) ? given.length : 0) ? index : undefined;
  }
  if (isRecord(schema)) {
    const known = Object.keys((given ?? {}) as object);
    return known.find(key => fold(key) === fold(part)) ?? part.toLowerCase();
  }
  return keysAt(path).find(key => fold(key) === fold(part));
}

function suggestion(part: string, path: readonly (string | number)[]): string {
  const known = keysAt(path);
  if (known.length === 0) {
    const parent = variableOf(path);
    return path.length === 0 ? '' : `: ${path.join('.')} has no keys; give its whole value, as YAML, in ${parent}`;
  }
  const best = closest(fold(part), known.map(fold));
  const key = known.find(each => fold(each) === best)!;
  return distance(fold(part), best) <= MAX_TYPOS
    ? `; did you mean ${variableOf([...path, key])}?`
    : `; known are ${known.map(each => variableOf([...path, each])).join(', ')}`;
}

/** Text for keys that hold only text, so that a secret may look like a number; everything else is YAML, so JSON too. */
function readValue(text: string, path: readonly (string | number)[]): { readonly value: unknown } | Objection {
  const kind = textIn(schemaAt(path)!);
  if (kind === 'always') {
    return { value: text === 'null' ? null : text };
  }
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length === 0) {
    try {
      return { value: document.toJS() as unknown };
    } catch {
      // An alias without its anchor, such as "*": it is text.
    }
  }
  return kind === 'sometimes' ? { value: text } : { objection: `this is not YAML: ${document.errors[0]?.message}` };
}

function fold(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}
