import type { Entry } from '../drive/entry.ts';

/**
 * The path of an entry in a response: absolute, each name percent-encoded, a slash at the end of a collection (RFC 4918
 * §8.3). Finder's parser stops at an XML entity, so `&` is encoded as well.
 */
export function encodeHref(names: readonly string[], kind: Entry['kind']): string {
  const path = names.map(name => `/${encodeName(name)}`).join('');
  return kind === 'folder' ? `${path}/` : path;
}

function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
