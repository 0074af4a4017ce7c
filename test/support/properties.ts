import type { Dav, DavAnswer } from './dav-client.ts';
import { davElement, elementsBelow, elementsIn, parseTree, textIn, type XmlNode } from './xml-tree.ts';

/** The prefix `x` that the bodies below declare. */
export const X = 'urn:x';

export const set = (properties: string): string => `<D:set><D:prop>${properties}</D:prop></D:set>`;
export const remove = (properties: string): string => `<D:remove><D:prop>${properties}</D:prop></D:remove>`;

/** A PROPPATCH of the given `set`s and `remove`s. */
export function proppatch(
  dav: Dav,
  path: string,
  updates: string,
  headers: Record<string, string> = {},
): Promise<DavAnswer> {
  const namespaces = `xmlns:D="DAV:" xmlns:x="${X}" xmlns:Z="urn:schemas-microsoft-com:"`;
  return dav('PROPPATCH', path, headers, `<D:propertyupdate ${namespaces}>${updates}</D:propertyupdate>`);
}

/** A PROPFIND of named properties, written as XML. */
export function propfind(dav: Dav, path: string, names: string, depth = '0'): Promise<DavAnswer> {
  const namespaces = `xmlns:D="DAV:" xmlns:x="${X}" xmlns:Z="urn:schemas-microsoft-com:"`;
  return dav('PROPFIND', path, { Depth: depth }, `<D:propfind ${namespaces}><D:prop>${names}</D:prop></D:propfind>`);
}

/** The properties of the first resource in an answer: status → names, such as `urn:x author`. */
export function outcomes({ text }: DavAnswer): Record<number, string[]> {
  return Object.fromEntries(
    propstats(text).map(propstat => [
      Number(textIn(davElement(propstat, 'status')).split(' ')[1]),
      elementsIn(davElement(propstat, 'prop')).map(({ name }) => name),
    ]),
  );
}

/** The names of the conditions in the propstats of an answer. */
export function conditionsIn({ text }: DavAnswer): string[] {
  return propstats(text).flatMap(propstat => elementsIn(davElement(propstat, 'error')).map(({ name }) => name));
}

/** The properties that were found, of the first resource. */
export function foundProperties({ text }: DavAnswer): Record<string, XmlNode> {
  const found = propstats(text).filter(propstat => textIn(davElement(propstat, 'status')).includes(' 200 '));
  const properties = found.flatMap(propstat => elementsIn(davElement(propstat, 'prop')));
  return Object.fromEntries(properties.map(property => [property.name, property]));
}

/** The text of one property, undefined when it is not there. `name` is XML: `<x:author/>`. */
export async function textOf(dav: Dav, path: string, name: string): Promise<string | undefined> {
  const [property] = Object.values(foundProperties(await propfind(dav, path, name)));
  return property && textIn(property);
}

function propstats(xml: string): XmlNode[] {
  if (!xml.startsWith('<')) {
    return [];
  }
  const root = parseTree(xml);
  return elementsBelow(elementsBelow(root, 'DAV: response')[0] ?? root, 'DAV: propstat');
}
