import type { XmlElement } from './xml-reader.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
};

/** Text for an element or an attribute. A parser would take a bare carriage return for a line feed (XML 1.0 §2.11). What XML 1.0 cannot hold (most control characters, lone surrogates) becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'\r]/g, character => ENTITIES[character]!);
}

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/**
 * An element as XML that stands by itself: it declares every prefix that it uses, and says its language (RFC 4918 §4.3). Undefined when that is
 * longer than `limit` characters: declarations can make an element many times longer than it was in its document.
 */
export function serializeElement(element: XmlElement, limit: number): string | undefined {
  const hasLang = element.attributes.some(({ namespace, name }) => namespace === XML_NAMESPACE && name === 'lang');
  const lang = { prefix: 'xml', namespace: XML_NAMESPACE, name: 'lang', value: element.lang ?? '' };
  const attributes = hasLang || element.lang === undefined ? element.attributes : [...element.attributes, lang];
  const out = { parts: [] as string[], left: limit };
  return serialize({ ...element, attributes }, new Map([['', '']]), out) ? out.parts.join('') : undefined;
}

interface Output {
  readonly parts: string[];
  /** Characters for which there is room. */
  left: number;
}

/** False when there is no room. */
function write(out: Output, text: string): boolean {
  out.left -= text.length;
  out.parts.push(text);
  return out.left >= 0;
}

function serializePart(part: XmlElement | string, bound: ReadonlyMap<string, string>, out: Output): boolean {
  return typeof part === 'string' ? write(out, escapeXml(part)) : serialize(part, bound, out);
}

/** `bound`: which namespace each prefix means where the element stands. */
function serialize(element: XmlElement, bound: ReadonlyMap<string, string>, out: Output): boolean {
  const inner = new Map(bound);
  const tag = qualify(element.prefix, element.name);
  const isEmpty = element.content.length === 0;
  const start = `<${tag}${declare(element, inner)}${renderAttributes(element)}${isEmpty ? '/>' : '>'}`;
  return (
    write(out, start) &&
    element.content.every(part => serializePart(part, inner, out)) &&
    (isEmpty || write(out, `</${tag}>`))
  );
}

/** The declarations that the element needs; they are added to `inner`. */
function declare(element: XmlElement, inner: Map<string, string>): string {
  const used = [element, ...element.attributes.filter(attribute => attribute.prefix !== '')];
  // Where we have given the element a prefix of our own, that prefix is taken.
  const others = element.declarations.filter(({ prefix }) => !used.some(name => name.prefix === prefix));
  let declarations = '';
  for (const { prefix, namespace } of [...used, ...others]) {
    if (prefix !== 'xml' && inner.get(prefix) !== namespace) {
      inner.set(prefix, namespace);
      declarations += ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(namespace)}"`;
    }
  }
  return declarations;
}

function renderAttributes({ attributes }: XmlElement): string {
  return attributes.map(({ prefix, name, value }) => ` ${qualify(prefix, name)}="${escapeAttribute(value)}"`).join('');
}

function qualify(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}:${name}`;
}

/** A parser makes spaces of bare line ends and tabs in attributes (XML 1.0 §3.3.3). */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\t\n\r]/g, character => `&#${character.charCodeAt(0)};`);
}
