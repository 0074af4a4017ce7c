import type { Entry } from './entry.ts';

/** The href of a member of the folder at `folder`, which ends with a slash. */
export function memberHref(
  folder: string,
  { name, kind, path = [name] }: Pick<Entry, 'name' | 'kind' | 'path'>,
): string {
  return `${folder}${path.map(encodeName).join('/')}${kind === 'folder' ? '/' : ''}`;
}

/** The href of the folder that contains `href`. */
export function parentHref(href: string): string {
  return href.replace(/[^/]+\/?$/, '');
}

/** The name in the last part of an href, as far as it can be decoded. */
export function nameIn(href: string): string {
  const name = /([^/]+)\/?$/.exec(href)?.[1] ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** `href` with a query; a file's view is a resource of the same URL. */
export function viewHref(href: string, view: string, parameters: Readonly<Record<string, string>> = {}): string {
  return `${href}?${new URLSearchParams({ view, ...parameters })}`;
}

/**
 * The URL of an href. A page whose own URL has a name and a password could not use relative ones: `fetch` refuses them
 * (Fetch standard, "Request" constructor).
 */
export function urlOf(href: string): string {
  return new URL(href, location.origin).href;
}

/** Percent-encodes as the server does (RFC 3986 §2.3). */
export function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
