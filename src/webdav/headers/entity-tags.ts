import { DavError } from '../errors.ts';

/** The tags of If-Match or If-None-Match (RFC 9110 §13.1.1, §13.1.2), without quotes. */
export interface EntityTags {
  /** `*` */
  readonly any: boolean;
  readonly tags: readonly { readonly tag: string; readonly weak: boolean }[];
}

/** More tags than any client sends. */
const MAX_TAGS = 1_000;
/**
 * The suffixes that servers in front of us add to the tag of an answer that they compress: Apache `-gzip` and `-br`
 * (DeflateAlterETag), Jetty `--gzip`.
 */
const CODING_SUFFIXES = [/-(gzip|br|deflate|zstd)$/, /--(gzip|br|deflate|zstd)$/];

/**
 * Undefined when the header is absent. Unquoted values are accepted and match nothing: Joplin sends `If-None-Match:
 * JoplinIgnore-…` and must not get a 400. Throws 400 for a `*` beside tags or other characters (`"*"`, `W/*`) and for
 * too many tags: a condition without one of its parts is another condition.
 */
export function parseEntityTags(header: string | undefined): EntityTags | undefined {
  if (header === undefined) {
    return undefined;
  }
  const tags = [...header.matchAll(/(W\/)?"([^"]*)"|([^\s,"]+)/g)].map(([, weak, quoted, bare]) => ({
    tag: quoted ?? bare!,
    weak: weak !== undefined,
    isStar: bare === '*',
    // No tag of ours has one: what was meant is the guard that holds off every change.
    isNearlyStar: bare !== '*' && /^[*'<>;]*\*/.test(quoted ?? bare!.replace(/^W\//i, '')),
  }));
  if (tags.length > MAX_TAGS) {
    throw new DavError(400, `a condition must not have more than ${MAX_TAGS} entity tags`);
  }
  if (tags.some(({ isNearlyStar }) => isNearlyStar)) {
    throw new DavError(400, 'a condition on any version is "*" without quotes or anything else (RFC 9110 §13.1)');
  }
  if (!tags.some(({ isStar }) => isStar)) {
    return { any: false, tags: tags.map(({ tag, weak }) => ({ tag, weak })) };
  }
  // An open quote is part of no tag.
  if (!tags.every(({ isStar }) => isStar) || header.includes('"')) {
    throw new DavError(400, 'a condition is "*" or a list of entity tags, not both (RFC 9110 §13.1)');
  }
  return { any: true, tags: [] };
}

/**
 * True when a client that sends `tag` means the version with the tag `etag`. The client may have the tag from a server
 * that has compressed our answer.
 */
export function isTagOf(tag: string, etag: string | undefined): boolean {
  return etag !== undefined && tagsMeantBy(tag).includes(etag);
}

/**
 * The tags that we may have given to a client that sends `tag`. Both suffixes are tried, because one of our tags may
 * itself end with a hyphen.
 */
export function tagsMeantBy(tag: string): string[] {
  return [...new Set([tag, ...CODING_SUFFIXES.map(suffix => tag.replace(suffix, ''))])];
}
