import { closest, distance } from 'fastest-levenshtein';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { PeopleRule } from '../people/people-rule.ts';
import { findDownloadProblems } from './check-downloads.ts';
import { checkUsers } from './check-users.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { describeIssue, locateIssue } from './describe-issue.ts';
import { type CompleteMounts, completeMounts } from './mounts.ts';
import { completePeople } from './people.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import { findSignInProblems } from './sign-in.ts';
import { webhookBase } from './webhooks.ts';

/** With more typos it is another word. */
const MAX_TYPOS = 3;
export interface ParsedText extends CompleteMounts {
  readonly peopleRules: readonly PeopleRule[];
  readonly parsed: ParsedConfig;
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Parses and checks the text of a configuration file; reads no other files. Throws ConfigError. */
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
  const given: unknown = document.toJS() ?? {};
  const result = configSchema.safeParse(given);
  if (!result.success) {
    throw new ConfigError(
      file,
      result.error.issues.flatMap(issue => explainIssue(locateIssue(issue), { given, lineOf })),
    );
  }
  const problems = [...findTenantProblems(result.data, lineOf), ...findWebhookProblems(result.data, lineOf)];
  const complete = completeMounts(result.data, { problems, lineOf });
  checkUsers(result.data, { ...complete, problems, lineOf });
  const peopleRules = completePeople(result.data, { ...complete, problems, lineOf });
  problems.push(...findSignInProblems(result.data, lineOf));
  problems.push(...findDownloadProblems(result.data, { ...complete, lineOf }));
  if (problems.length > 0) {
    throw new ConfigError(file, problems);
  }
  return { parsed: result.data, ...complete, peopleRules, lineOf };
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

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step], given);
}

function suggestion(key: string, path: readonly PropertyKey[]): string {
  const known = keysAt(path);
  const best = known.length === 0 ? undefined : closest(key, known);
  return best !== undefined && distance(key.toLowerCase(), best.toLowerCase()) <= MAX_TYPOS
    ? `; did you mean "${best}"?`
    : `; known keys: ${known.join(', ')}`;
}

/** Returns the schema's keys at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const step of path) {
    const inner = unwrap(schema) as { shape?: Record<PropertyKey, unknown>; element?: unknown; valueType?: unknown };
    schema = typeof step === 'number' ? inner.element : (inner.shape?.[step] ?? inner.valueType);
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
