import type { Expectation } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import type { RequestHeaders } from '../lib/headers.ts';
import { DavError } from './errors.ts';
import { parseHttpDate } from './headers/dates.ts';
import { type EntityTags, isTagOf, parseEntityTags, tagsMeantBy } from './headers/entity-tags.ts';
import { type IfList, parseIf } from './headers/if.ts';

/** The conditions in the headers of a request (RFC 9110 §13.1, RFC 4918 §10.4). */
export interface Conditions {
  readonly ifMatch: EntityTags | undefined;
  readonly ifNoneMatch: EntityTags | undefined;
  /** Milliseconds since 1970. */
  readonly ifModifiedSince: number | undefined;
  readonly ifUnmodifiedSince: number | undefined;
  readonly ifLists: readonly IfList[] | undefined;
}

/**
 * Throws 400 for an unreadable condition of a change, because the change was meant to be guarded by it. A read goes on
 * without it (RFC 9110 §13.1.3).
 */
export function parseConditions(headers: RequestHeaders, isRead: boolean): Conditions {
  return {
    ifMatch: parseEntityTags(single(headers['if-match'])),
    ifNoneMatch: parseEntityTags(single(headers['if-none-match'])),
    ifModifiedSince: parseHttpDate(single(headers['if-modified-since']))?.getTime(),
    ifUnmodifiedSince: unmodifiedSince(single(headers['if-unmodified-since']), isRead),
    ifLists: parseIf(single(headers.if)),
  };
}

/**
 * Evaluates the conditions in the order of RFC 9110 §13.2.2: go on, 304 (only where `isRead`), or 412. `entry` is null
 * where nothing exists.
 */
export function evaluate(conditions: Conditions, entry: Entry | null, isRead: boolean): 'go' | 304 | 412 {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    // Weak tags are compared too: davfs2 and proxies put W/ before tags that we sent as strong.
    if (entry === null || !(ifMatch.any || hasTag(ifMatch, entry))) {
      return 412;
    }
  } else if (ifUnmodifiedSince !== undefined && entry !== null && entry.modified.getTime() > ifUnmodifiedSince) {
    return 412;
  }
  if (ifNoneMatch !== undefined) {
    const matches = entry !== null && (ifNoneMatch.any || hasTag(ifNoneMatch, entry));
    return matches ? (isRead ? 304 : 412) : 'go';
  }
  const isFresh =
    isRead && ifModifiedSince !== undefined && entry !== null && entry.modified.getTime() <= ifModifiedSince;
  return isFresh ? 304 : 'go';
}

/**
 * The state that an If list is compared with: the resource's tag, if it has one, and the tokens of the locks that reach
 * it.
 */
export interface ResourceState {
  readonly etag: string | undefined;
  readonly tokens: readonly string[];
}

/** True when the list holds (RFC 4918 §10.4.3). */
export function holds(list: IfList, { etag, tokens }: ResourceState): boolean {
  return list.conditions.every(
    ({ not, kind, value }) => not !== (kind === 'etag' ? isTagOf(value, etag) : tokens.includes(value)),
  );
}

/** The expectation that a write checks again at its commit, so that no change slips in after `evaluate`. */
export function expectationOf({ ifMatch, ifNoneMatch }: Conditions): Expectation | undefined {
  if (ifMatch !== undefined && !ifMatch.any) {
    return { kind: 'etag', etags: ifMatch.tags.flatMap(({ tag }) => tagsMeantBy(tag)) };
  }
  return ifNoneMatch?.any ? { kind: 'absent' } : undefined;
}

function hasTag({ tags }: EntityTags, entry: Entry): boolean {
  return tags.some(({ tag }) => isTagOf(tag, entry.etag));
}

/**
 * By RFC 9110 §13.1.4 a recipient ignores an unreadable date. We refuse the change instead, because it was meant to be
 * guarded (docs/decisions/0007).
 */
function unmodifiedSince(header: string | undefined, isRead: boolean): number | undefined {
  const date = parseHttpDate(header);
  if (header !== undefined && date === undefined && !isRead) {
    throw new DavError(400, 'the If-Unmodified-Since header is not a date (RFC 9110 §5.6.7)');
  }
  return date?.getTime();
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
