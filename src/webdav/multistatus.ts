import type { Entry } from '../drive/entry.ts';
import { DAV_NAMESPACE, type PropertyName, type PropertySource, renderProperty } from './properties.ts';
import { escapeXml } from './xml-writer.ts';

/** Entries that are rendered between two writes. */
const BATCH = 64;

export interface Listed {
  readonly href: string;
  readonly source: PropertySource;
}

/** What PROPFIND asks for: names only, or values of these properties. */
export interface Asked {
  readonly namesOnly: boolean;
  readonly properties: readonly PropertyName[];
}

/**
 * The path of an entry as it stands in a response: absolute, each name percent-encoded, a slash at the end of a collection
 * (RFC 4918 §8.3). Finder's parser stops at an XML entity, so `&` is encoded as well.
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

/**
 * A 207 body, in pieces, so that 10,000 entries never stand in memory as XML. The prefix `D:` and the exact status text are what
 * Windows 7 and Kodi look for; the propstat with 200 comes first.
 */
export function* renderMultistatus(entries: Iterable<Listed>, asked: Asked): Generator<string> {
  let batch = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">';
  let count = 0;
  for (const entry of entries) {
    batch += renderResponse(entry, asked);
    count += 1;
    if (count % BATCH === 0) {
      yield batch;
      batch = '';
    }
  }
  yield `${batch}</D:multistatus>\n`;
}

function renderResponse({ href, source }: Listed, { namesOnly, properties }: Asked): string {
  let found = '';
  let missing = '';
  for (const property of properties) {
    const value = renderProperty(property, source);
    if (value === undefined) {
      missing += namesOnly ? '' : renderElement(property, '');
    } else {
      found += renderElement(property, namesOnly ? '' : value);
    }
  }
  const propstats =
    (found === '' && missing !== '' ? '' : propstat(found, 'HTTP/1.1 200 OK')) +
    (missing === '' ? '' : propstat(missing, 'HTTP/1.1 404 Not Found'));
  return `<D:response><D:href>${escapeXml(href)}</D:href>${propstats}</D:response>`;
}

function propstat(properties: string, status: string): string {
  return `<D:propstat><D:prop>${properties}</D:prop><D:status>${status}</D:status></D:propstat>`;
}

function renderElement({ namespace, name }: PropertyName, value: string): string {
  const [tag, declaration] =
    namespace === DAV_NAMESPACE
      ? [`D:${name}`, '']
      : namespace === ''
        ? [name, ' xmlns=""']
        : [`x:${name}`, ` xmlns:x="${escapeXml(namespace)}"`];
  return value === '' ? `<${tag}${declaration}/>` : `<${tag}${declaration}>${value}</${tag}>`;
}
