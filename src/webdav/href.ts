import type { Entry } from '../drive/entry.ts';

/**
 * The path of an entry in a response: absolute, each name percent-encoded, a slash at the end of a collection (RFC 4918
 * §8.3). Finder's parser stops at an XML entity, so `&` is encoded as well.
 */
export function encodeHref(names: readonly string[], kind: Entry['kind']): string {
  const path = names.map(name => `/${encodeName(name)}`).join('');
  return kind === 'folder' ? `${path}/` : path;
}

/** The path of a member of the folder at `folderHref`, which `encodeHref` has made. */
export function encodeMemberHref(folderHref: string, { name, kind }: Pick<Entry, 'name' | 'kind'>): string {
  return `${folderHref}${encodeName(name)}${kind === 'folder' ? '/' : ''}`;
}

/** The characters that a URL may have everywhere (RFC 3986 §2.3). */
const UNRESERVED = /^[\w.~-]*$/;

function encodeName(name: string): string {
  if (UNRESERVED.test(name)) {
    return name;
  }
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
