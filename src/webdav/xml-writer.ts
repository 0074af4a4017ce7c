import type { XmlElement } from './xml-reader.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for an element or an attribute. What XML 1.0 cannot hold (most control characters, lone surrogates) becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, character => ENTITIES[character]!);
}

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** An element as XML that stands by itself: it declares every prefix that it uses, and says its language (RFC 4918 §4.3). */
export function serializeElement(element: XmlElement): string {
  const hasLang = element.attributes.some(({ namespace, name }) => namespace === XML_NAMESPACE && name === 'lang');
  const lang = { prefix: 'xml', namespace: XML_NAMESPACE, name: 'lang', value: element.lang ?? '' };
  const attributes = hasLang || element.lang === undefined ? element.attributes : [...element.attributes, lang];
  return serialize({ ...element, attributes }, new Map([['', '']]));
}

function serializePart(part: XmlElement | string, bound: ReadonlyMap<string, string>): string {
  return typeof part === 'string' ? escapeXml(part).replaceAll('\r', '&#13;') : serialize(part, bound);
}

/** `bound`: which namespace each prefix means where the element stands. */
function serialize(element: XmlElement, bound: ReadonlyMap<string, string>): string {
  const inner = new Map(bound);
  let declarations = '';
  const used = [element, ...element.attributes.filter(attribute => attribute.prefix !== '')];
  // Where we have given the element a prefix of our own, that prefix is taken.
  const others = element.declarations.filter(({ prefix }) => !used.some(name => name.prefix === prefix));
  for (const { prefix, namespace } of [...used, ...others]) {
    if (prefix !== 'xml' && inner.get(prefix) !== namespace) {
      inner.set(prefix, namespace);
      declarations += ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(namespace)}"`;
    }
  }
  const attributes = element.attributes
    .map(({ prefix, name, value }) => ` ${qualify(prefix, name)}="${escapeAttribute(value)}"`)
    .join('');
  const tag = qualify(element.prefix, element.name);
  const content = element.content.map(part => serializePart(part, inner)).join('');
  const start = `<${tag}${declarations}${attributes}`;
  return content === '' ? `${start}/>` : `${start}>${content}</${tag}>`;
}

function qualify(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}:${name}`;
}

/** A parser makes spaces of bare line ends and tabs in attributes (XML 1.0 §3.3.3). */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\t\n\r]/g, character => `&#${character.charCodeAt(0)};`);
}
