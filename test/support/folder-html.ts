import type { Entry } from '../../src/drive/entry.ts';

/** The header that requests a folder's page. */
export const HTML = { Accept: 'text/html' };

/** The texts of the links in a page's rows, in order, as HTML. */
export function rowsOf(html: string): string[] {
  return [...html.matchAll(/<tr><th scope="row"><a.*?<bdi>(.*?)<\/bdi><\/a><\/th>/g)].map(match => match[1]!);
}

export function linksOf(html: string): string[] {
  return [...html.matchAll(/href="([^"]*)"/g)].map(match => match[1]!);
}

/** An entry that only has to be listed. */
export function listedEntry(name: string, more: Partial<Entry> = {}): Entry {
  const time = new Date('2026-02-03T04:05:06Z');
  return { kind: 'file', name, id: name, etag: 'x', size: 0, created: time, modified: time, ...more };
}
