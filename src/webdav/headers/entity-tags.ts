/** The tags of If-Match or If-None-Match (RFC 9110 §13.1.1, §13.1.2), without quotes. */
export interface EntityTags {
  /** `*` */
  readonly any: boolean;
  readonly tags: readonly { readonly tag: string; readonly weak: boolean }[];
}

/** More tags than any client sends; the rest is not looked at. */
const MAX_TAGS = 100;

/**
 * Undefined when the header is absent. Unquoted values are taken as they are and just match nothing: Joplin sends
 * `If-None-Match: JoplinIgnore-…` and must not get a 400.
 */
export function parseEntityTags(header: string | undefined): EntityTags | undefined {
  if (header === undefined) {
    return undefined;
  }
  if (header.trim() === '*') {
    return { any: true, tags: [] };
  }
  const tags: { tag: string; weak: boolean }[] = [];
  for (const match of header.matchAll(/(W\/)?"([^"]*)"|([^\s,"]+)/g)) {
    if (tags.length === MAX_TAGS) {
      break;
    }
    tags.push({ tag: match[2] ?? match[3]!, weak: match[1] !== undefined });
  }
  return { any: false, tags };
}
