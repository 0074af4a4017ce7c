import { DavError } from '../errors.ts';

/** One condition of RFC 4918 §10.4.2: a lock token or an entity tag, perhaps negated. */
export interface IfCondition {
  readonly not: boolean;
  readonly kind: 'token' | 'etag';
  /** A token's URI, or a tag without quotes. */
  readonly value: string;
}

/** One list of an If header. Lists are alternatives; within one list all conditions must hold. */
export interface IfList {
  /** The URL that the list is about; undefined for the request's own resource. */
  readonly resource: string | undefined;
  readonly conditions: readonly IfCondition[];
}

/**
 * The most words of a header, as a bound on work. Finder names the lock of every open document of a folder, four words
 * each.
 */
const MAX_WORDS = 4_000;
const MALFORMED = 'the If header is malformed';

/**
 * Parses an If header (RFC 4918 §10.4); undefined when it is absent. Takes time linear in its length. Throws 400 when
 * it does not follow the grammar.
 */
export function parseIf(header: string | undefined): IfList[] | undefined {
  if (header === undefined) {
    return undefined;
  }
  const tokens = tokenize(header);
  const lists: IfList[] = [];
  let resource: string | undefined;
  let index = 0;
  while (index < tokens.length) {
    const token = tokens[index]!;
    if (token.startsWith('<')) {
      resource = token.slice(1, -1);
      index += 1;
    }
    if (tokens[index] !== '(') {
      throw new DavError(400, MALFORMED);
    }
    const { conditions, next } = readList(tokens, index + 1);
    lists.push({ resource, conditions });
    index = next;
  }
  if (lists.length === 0) {
    throw new DavError(400, MALFORMED);
  }
  return lists;
}

function readList(tokens: readonly string[], start: number): { conditions: IfCondition[]; next: number } {
  const conditions: IfCondition[] = [];
  let not = false;
  for (let index = start; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    if (token === ')' && conditions.length > 0 && !not) {
      return { conditions, next: index + 1 };
    }
    if (/^not$/i.test(token) && !not) {
      not = true;
      continue;
    }
    const condition = readCondition(token, not);
    not = false;
    conditions.push(condition);
  }
  throw new DavError(400, MALFORMED);
}

function readCondition(token: string, not: boolean): IfCondition {
  if (token.startsWith('<')) {
    return { not, kind: 'token', value: token.slice(1, -1) };
  }
  const etag = /^\[(?:W\/)?"([^"]*)"\]$/.exec(token);
  if (etag === null) {
    throw new DavError(400, MALFORMED);
  }
  return { not, kind: 'etag', value: etag[1]! };
}

function tokenize(header: string): string[] {
  const pattern = /\s*(<[^<>]*>|\[(?:W\/)?"[^"]*"\]|\(|\)|not(?=[\s<[]))/giy;
  const tokens: string[] = [];
  const end = header.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(header);
    if (match === null || tokens.length > MAX_WORDS) {
      throw new DavError(400, MALFORMED);
    }
    tokens.push(match[1]!);
  }
  return tokens;
}
