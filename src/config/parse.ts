import { closest, distance } from 'fastest-levenshtein';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { decodeUrlPath, UrlPathError } from '../lib/url-path.ts';
import { findDownloadProblems } from './check-downloads.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { configSchema, type ParsedConfig } from './schema.ts';

/** More letters wrong than this is another word. */
const MAX_TYPOS = 3;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface MountConfig {
  readonly mailbox: string;
  readonly name: string;
  /** Names of the folder in the mailbox; none for the whole drive. */
  readonly root: readonly string[];
  readonly readOnly: boolean;
  readonly download: ParsedConfig['downloads']['policy'];
}

export interface ParsedText {
  readonly parsed: ParsedConfig;
  readonly mounts: readonly MountConfig[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Parses and checks the text of a configuration file; reads nothing else. Throws ConfigError. */
export function parseConfigText(text: string, file: string): ParsedText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => ({
      line: lines.linePos(error.pos[0]).line,
      key: '',
      message: error.message,
    }));
    throw new ConfigError(file, problems);
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
      if (node?.range !== undefined) {
        return lines.linePos(node.range[0]).line;
      }
    }
    return undefined;
  };
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (!result.success) {
    throw new ConfigError(
      file,
      result.error.issues.flatMap(issue => explainIssue(issue, lineOf)),
    );
  }
  const problems: Problem[] = [];
  const mounts = completeMounts(result.data, { problems, lineOf });
  checkUsers(result.data, { mounts, problems, lineOf });
  problems.push(...findDownloadProblems(result.data, { mountNames: mounts.map(({ name }) => name), lineOf }));
  if (problems.length > 0) {
    throw new ConfigError(file, problems);
  }
  return { parsed: result.data, mounts, lineOf };
}

type LineOf = ParsedText['lineOf'];

function explainIssue(issue: z.core.$ZodIssue, lineOf: LineOf): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const path = [...issue.path, key];
      return { line: lineOf(path), key: path.join('.'), message: `unknown key${suggestion(key, issue.path)}` };
    });
  }
  const line = lineOf(issue.path);
  return [{ line, key: issue.path.join('.'), message: issue.message }];
}

function suggestion(key: string, path: readonly PropertyKey[]): string {
  const known = keysAt(path);
  const best = known.length === 0 ? undefined : closest(key, known);
  return best !== undefined && distance(key.toLowerCase(), best.toLowerCase()) <= MAX_TYPOS
    ? `; did you mean "${best}"?`
    : `; known keys: ${known.join(', ')}`;
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const step of path) {
    const inner = unwrap(schema) as { shape?: Record<PropertyKey, unknown>; element?: unknown };
    schema = typeof step === 'number' ? inner.element : inner.shape?.[step];
  }
  return Object.keys((unwrap(schema) as { shape?: object } | undefined)?.shape ?? {});
}

function unwrap(schema: unknown): unknown {
  let inner = schema as { def?: { innerType?: unknown } } | undefined;
  while (inner?.def?.innerType !== undefined) {
    inner = inner.def.innerType as typeof inner;
  }
  return inner;
}

function completeMounts(
  { mounts, downloads }: ParsedConfig,
  { problems, lineOf }: { problems: Problem[]; lineOf: LineOf },
): MountConfig[] {
  const seen = new Map<string, number>();
  return mounts.map((mount, index) => {
    const name = mount.name ?? defaultName(mount.mailbox);
    const download = mount.download ?? downloads.policy;
    const report = (key: string, message: string) =>
      problems.push({ line: lineOf(['mounts', index, key]), key: `mounts.${index}.${key}`, message });
    if (name === undefined) {
      report('mailbox', 'a mailbox given by its object id needs a name');
      return { ...mount, name: '', root: [], download };
    }
    const first = seen.get(name.toLowerCase());
    if (first !== undefined) {
      report(
        mount.name === null ? 'mailbox' : 'name',
        `the name "${name}" is that of mounts.${first} too (line ${lineOf(['mounts', first])}); names differ by more than case`,
      );
    }
    seen.set(name.toLowerCase(), first ?? index);
    return { ...mount, name, download, root: readRoot(mount.root, message => report('root', message)) };
  });
}

/** The local part of the address. */
function defaultName(mailbox: string): string | undefined {
  return GUID.test(mailbox) ? undefined : mailbox.split('@', 1)[0];
}

function readRoot(root: string, report: (message: string) => void): string[] {
  try {
    return decodeUrlPath(root.split('/').map(encodeURIComponent).join('/')).names;
  } catch (error) {
    if (error instanceof UrlPathError) {
      report(`write the folder as "/Folder/Sub folder": ${error.message}`);
      return [];
    }
    throw error;
  }
}

function checkUsers(
  { users }: ParsedConfig,
  { mounts, problems, lineOf }: { mounts: readonly MountConfig[]; problems: Problem[]; lineOf: LineOf },
): void {
  const known = new Set(mounts.map(({ name }) => name.toLowerCase()));
  const seen = new Set<string>();
  for (const [index, user] of users.entries()) {
    if (seen.has(user.name.toLowerCase())) {
      problems.push({
        line: lineOf(['users', index, 'name']),
        key: `users.${index}.name`,
        message: `there are two users "${user.name}"`,
      });
    }
    seen.add(user.name.toLowerCase());
    for (const [position, name] of (user.mounts === '*' ? [] : user.mounts).entries()) {
      if (!known.has(name.toLowerCase())) {
        const path = ['users', index, 'mounts', position];
        problems.push({
          line: lineOf(path),
          key: path.join('.'),
          message: `there is no mount "${name}"; there are: ${mounts.map(mount => mount.name).join(', ')}`,
        });
      }
    }
  }
}
