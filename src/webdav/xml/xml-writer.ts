import type { XmlElement } from './xml-reader.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
};

/** What `escapeXml` replaces; it looks at any surrogate more closely. */
const NEEDS_ESCAPE = /[&<>"'\u0000-\u0008\u000b-\u001f\ud800-\udfff\ufffe\uffff]/;

/**
 * Escapes text for an element or an attribute. A bare carriage return becomes a reference, because a parser would read
 * it as a line feed (XML 1.0 §2.11). Characters that XML 1.0 cannot hold (most control characters, lone surrogates)
 * become U+FFFD.
 */
export function escapeXml(text: string): string {
  // Most texts of a listing need nothing, and one look at each is cheaper than three copies.
  if (!NEEDS_ESCAPE.test(text)) {
    return text;
  }
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'\r]/g, character => ENTITIES[character]!);
}

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/**
 * Serializes an element so that it stands by itself: it declares every prefix that it uses, and names its language (RFC
 * 4918 §4.3). Undefined when the result is longer than `limit` characters: declarations can make it many times longer
 * than it was in its document.
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
  /** The number of characters that still fit. */
  left: number;
}

/** False when the limit is exceeded. */
function write(out: Output, text: string): boolean {
  out.left -= text.length;
  out.parts.push(text);
  return out.left >= 0;
}

function serializePart(part: XmlElement | string, bound: ReadonlyMap<string, string>, out: Output): boolean {
  return typeof part === 'string' ? write(out, escapeXml(part)) : serialize(part, bound, out);
}

/** `bound` maps each prefix to its namespace at the element's place. */
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

/** The declarations that the element needs. Adds them to `inner`. */
function declare(element: XmlElement, inner: Map<string, string>): string {
  const used = [element, ...element.attributes.filter(attribute => attribute.prefix !== '')];
  // A prefix that we have given to the element is taken.
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

/** In attributes a parser turns bare line ends and tabs into spaces (XML 1.0 §3.3.3). */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\t\n\r]/g, character => `&#${character.charCodeAt(0)};`);
}
