import { closest, distance } from 'fastest-levenshtein';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { PeopleRule } from '../people/people-rule.ts';
import { findAuthProblems } from './check-auth.ts';
import { findDownloadProblems } from './check-downloads.ts';
import { checkUsers } from './check-users.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { describeIssue, locateIssue } from './describe-issue.ts';
import { readEnvironment } from './environment.ts';
import { type CompleteMounts, completeMounts } from './mounts.ts';
import { applyOverrides, nameSources, type Outside, type Override, valueAt } from './overrides.ts';
import { completePeople } from './people.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import { keysAt } from './schema-path.ts';
import { findSignInProblems } from './sign-in.ts';
import { webhookBase } from './webhooks.ts';

/** With more typos it is another word. */
const MAX_TYPOS = 3;
export interface ParsedText extends CompleteMounts {
  readonly peopleRules: readonly PeopleRule[];
  readonly parsed: ParsedConfig;
  /** What counts instead of the file's values. */
  readonly overrides: readonly Override[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/**
 * Parses and checks the text of a configuration file, with the values from outside of it; reads no other files. Throws
 * ConfigError.
 */
export function parseConfigText(text: string, file: string, outside: Outside = {}): ParsedText {
  const { given, overrides, lineOf } = readGiven(text, file, outside);
  const fail = (problems: readonly Problem[]) => new ConfigError(file, nameSources(problems, overrides));
  const result = configSchema.safeParse(given);
  if (!result.success) {
    throw fail(result.error.issues.flatMap(issue => explainIssue(locateIssue(issue), { given, lineOf })));
  }
  const problems = [...findTenantProblems(result.data, lineOf), ...findWebhookProblems(result.data, lineOf)];
  const complete = completeMounts(result.data, { problems, lineOf });
  checkUsers(result.data, { ...complete, problems, lineOf });
  const peopleRules = completePeople(result.data, { ...complete, problems, lineOf });
  problems.push(...findSignInProblems(result.data, lineOf));
  problems.push(...findAuthProblems(result.data, lineOf));
  problems.push(...findDownloadProblems(result.data, { ...complete, lineOf }));
  if (problems.length > 0) {
    throw fail(problems);
  }
  return { parsed: result.data, ...complete, peopleRules, lineOf, overrides };
}

/** The contents of a configuration before it is checked. */
export interface GivenConfig {
  readonly given: unknown;
  /** What counts instead of the file's values, in the order in which it was applied. */
  readonly overrides: readonly Override[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Reads the YAML of a file, and puts the values from outside over its own. Throws ConfigError. */
export function readGiven(text: string, file: string, { env = {}, flags = [] }: Outside): GivenConfig {
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
  const given: unknown = document.toJS() ?? {};
  const { overrides, problems } = readEnvironment(env, given);
  if (problems.length > 0) {
    throw new ConfigError(file, problems);
  }
  const all = [...overrides, ...flags];
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    applyOverrides(given as Record<string, unknown>, all);
  }
  return { given, overrides: all, lineOf };
}

type LineOf = ParsedText['lineOf'];

function explainIssue(issue: z.core.$ZodIssue, { given, lineOf }: { given: unknown; lineOf: LineOf }): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const path = [...issue.path, key];
      return { line: lineOf(path), key: path.join('.'), message: `unknown key${suggestion(key, issue.path)}` };
    });
  }
  const line = lineOf(issue.path);
  const message =
    issue.code === 'invalid_key'
      ? (issue.issues[0] ?? issue).message
      : describeIssue(issue, valueAt(given, issue.path));
  return [{ line, key: issue.path.join('.'), message }];
}

function suggestion(key: string, path: readonly PropertyKey[]): string {
  const known = keysAt(path);
  const best = known.length === 0 ? undefined : closest(key, known);
  return best !== undefined && distance(key.toLowerCase(), best.toLowerCase()) <= MAX_TYPOS
    ? `; did you mean "${best}"?`
    : `; known keys: ${known.join(', ')}`;
}

function findTenantProblems({ tenant, tenants }: ParsedConfig, lineOf: LineOf): Problem[] {
  if ((tenant === null) !== (tenants === null)) {
    return [];
  }
  const message =
    tenant === null
      ? 'give the tenant: tenant, or tenants when there are several'
      : 'use tenant for one tenant or tenants for several, not both';
  return [{ line: lineOf(['tenants']) ?? lineOf(['tenant']), key: 'tenant', message }];
}

function findWebhookProblems({ cache, publicUrls }: ParsedConfig, lineOf: LineOf): Problem[] {
  if (!cache.webhooks || webhookBase(publicUrls) !== undefined) {
    return [];
  }
  const message = 'Graph must be able to reach this server: write an https URL to publicUrls';
  return [{ line: lineOf(['cache', 'webhooks']), key: 'cache.webhooks', message }];
}
