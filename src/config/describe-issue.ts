import type { z } from 'zod';
import { listWords } from '../lib/list-words.ts';

type Issue = z.core.$ZodIssue;

/** Zod's expected types, in words for people who write YAML. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

/**
 * Describes the problem with a value and the expected value. Keeps messages from the schema itself, except for a
 * missing key, which they do not mention. `input` is the value at the issue's path: zod leaves it out of its issues.
 */
export function describeIssue(issue: Issue, input: unknown): string {
  if (issue.code === 'custom') {
    return issue.message;
  }
  if (input === undefined) {
    return `the key is missing: write ${expectationOf(issue) ?? 'it'}`;
  }
  const stock = isStock(issue) ? expectationOf(issue) : undefined;
  if (stock === undefined) {
    return issue.message;
  }
  return `${objectionTo(input, issue)}: write ${stock}`;
}

/**
 * Returns the issue that people can act on. A union reports only that no member matches; where a member accepts the
 * value except for a part of it, such as an entry of a list, that part is the problem.
 */
export function locateIssue(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') {
    return issue;
  }
  const inner = issue.errors.map(issues => issues[0]).find(first => first !== undefined && first.path.length > 0);
  return inner === undefined ? issue : locateIssue({ ...inner, path: [...issue.path, ...inner.path] });
}

/** Recognizes zod's own English messages by their beginnings (zod/v4/locales/en). */
function isStock({ message }: Issue): boolean {
  return /^(Invalid |Too (big|small): |Unrecognized key)/.test(message);
}

function objectionTo(input: unknown, issue: Issue): string {
  if (input === '' || (Array.isArray(input) && input.length === 0)) {
    return 'this is empty';
  }
  if (issue.code === 'too_big') {
    return issue.origin === 'string' || issue.origin === 'array' ? 'this is too long' : 'this is too large';
  }
  if (issue.code === 'too_small') {
    return issue.origin === 'string' || issue.origin === 'array' ? 'this is too short' : 'this is too small';
  }
  // The value itself is not shown: some are secret.
  return issue.code === 'invalid_value' ? 'this is not a known value' : `this is ${kindOf(input)}`;
}

function kindOf(input: unknown): string {
  if (input === null) {
    return 'null';
  }
  if (Array.isArray(input)) {
    return 'a list';
  }
  if (typeof input === 'number' && !Number.isInteger(input)) {
    return 'not a whole number';
  }
  return KINDS[typeof input] ?? typeof input;
}

/** Returns the expected value; undefined where only the schema's own message names it. */
function expectationOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return listWords(issue.values.map(value => (value === '*' ? '"*"' : String(value))));
    case 'invalid_union':
      return expectationOfUnion(issue.errors);
    case 'too_small':
      return boundOf('least', Number(issue.minimum), issue.origin);
    case 'too_big':
      return boundOf('most', Number(issue.maximum), issue.origin);
    default:
      return undefined;
  }
}

/** Joins the expectations of a union's members, each named once. */
function expectationOfUnion(members: readonly (readonly Issue[])[]): string | undefined {
  const known = members.flatMap(issues => issues.slice(0, 1).map(expectationOf)).filter(text => text !== undefined);
  return known.length === 0 ? undefined : listWords([...new Set(known)]);
}

function boundOf(which: 'least' | 'most', bound: number, origin: string): string {
  const things = (one: string, many: string) => `at ${which} ${bound} ${bound === 1 ? one : many}`;
  if (origin === 'string') {
    return `text of ${things('character', 'characters')}`;
  }
  return origin === 'array' ? `a list of ${things('entry', 'entries')}` : `a number of at ${which} ${bound}`;
}
