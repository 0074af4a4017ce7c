import type { IncomingMessage } from 'node:http';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { refuseCodings } from '../content-codings.ts';
import { DavError } from '../errors.ts';

export interface XmlAttribute {
  readonly prefix: string;
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** An element of a request body, without comments and processing instructions (RFC 4918 §4.3 asks for neither). */
export interface XmlElement {
  readonly namespace: string;
  readonly prefix: string;
  readonly name: string;
  /** Without namespace declarations. */
  readonly attributes: readonly XmlAttribute[];
  /** The prefixes that the element itself binds. Text such as `y:number` may need them. */
  readonly declarations: readonly { readonly prefix: string; readonly namespace: string }[];
  /** The language in force, from the nearest `xml:lang` at or above. RFC 4918 §4.3 wants it kept. */
  readonly lang: string | undefined;
  /** The children and texts in their order. */
  readonly content: (XmlElement | string)[];
  readonly children: XmlElement[];
  text: string;
}

/** A request; `body` is its body where that has been read already. */
export interface RequestWithBody {
  readonly raw: IncomingMessage;
  readonly body: Buffer | undefined;
}

const XMLNS = 'http://www.w3.org/2000/xmlns/';

/** No WebDAV body is deeper. Deeper ones only probe the server. */
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 10_000;
const MAX_ATTRIBUTES = 64;
/** The longest namespace or prefix, in characters. An answer repeats each of them for every property. */
const MAX_NAME_LENGTH = 1_024;

/**
 * Reads a request body of at most `maxBytes` as XML with namespaces; undefined when there is none. Throws 413, 415 for
 * a coded body, and 400 for a body that is not well-formed, has a DOCTYPE (clients must not define entities, RFC 4918
 * §20.6) or exceeds the limits above.
 */
export async function readXml({ raw, body }: RequestWithBody, maxBytes: number): Promise<XmlElement | undefined> {
  refuseCodings(raw);
  if (hasNoBody(raw)) {
    return undefined;
  }
  const bytes = body ?? (await readBody(raw, maxBytes));
  return bytes.length === 0 ? undefined : parseXmlBytes(bytes);
}

/** True for a request that announces no body (RFC 9112 §6.3): its stream need not be read. */
export function hasNoBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

/** Parses an XML document in the encoding that its first bytes tell. Throws 400. */
export function parseXmlBytes(bytes: Buffer): XmlElement {
  return parseXml(decode(bytes));
}

/** Reads a small body, whatever its headers announce; it may be empty. Throws 413. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // When the body is too long, the answer still needs the connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new DavError(413, `the request body is longer than ${maxBytes} bytes`, {
        headers: { Connection: 'close' },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** UTF-8, or UTF-16 by its byte order mark (RFC 4918 §8.2). */
function decode(bytes: Buffer): string {
  const label =
    bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    throw malformed(`it is not ${label}`);
  }
}

/** The root element of a document. */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  parser.on('error', error => {
    throw malformed(error.message);
  });
  parser.on('doctype', () => {
    throw malformed('it has a DOCTYPE');
  });
  parser.on('opentag', tag => {
    count += 1;
    if (open.length >= MAX_DEPTH || count > MAX_ELEMENTS || Object.keys(tag.attributes).length > MAX_ATTRIBUTES) {
      throw malformed('it is too deep or has too many elements');
    }
    refuseEmptyPrefixes(tag.ns);
    refuseLongNames(tag);
    const element = toElement(tag, open.at(-1));
    open.at(-1)?.children.push(element);
    open.at(-1)?.content.push(element);
    root ??= element;
    open.push(element);
  });
  const addText = (more: string) => {
    const element = open.at(-1);
    if (element !== undefined) {
      element.text += more;
      element.content.push(more);
    }
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  if (root === undefined) {
    throw malformed('it has no element');
  }
  return root;
}

function toElement(tag: SaxesTagNS, parent: XmlElement | undefined): XmlElement {
  const attributes = Object.values(tag.attributes)
    .filter(({ uri }) => uri !== XMLNS)
    .map(({ prefix, uri, local, value }) => ({ prefix, namespace: uri, name: local, value }));
  const ownLang = attributes.find(({ prefix, name }) => prefix === 'xml' && name === 'lang')?.value;
  return {
    namespace: tag.uri,
    prefix: tag.prefix,
    name: tag.local,
    attributes,
    declarations: Object.entries(tag.ns ?? {}).map(([prefix, namespace]) => ({ prefix, namespace })),
    lang: ownLang ?? parent?.lang,
    content: [],
    children: [],
    text: '',
  };
}

/** "Namespaces in XML 1.0" §2.2: a document may undeclare only the default namespace. */
function refuseEmptyPrefixes(declared: Record<string, string> | undefined): void {
  for (const [prefix, uri] of Object.entries(declared ?? {})) {
    if (prefix !== '' && uri === '') {
      throw malformed(`the prefix "${prefix}" has an empty namespace`);
    }
  }
}

function refuseLongNames({ name, ns }: SaxesTagNS): void {
  const names = [name, ...Object.entries(ns ?? {}).flat()];
  if (names.some(each => each.length > MAX_NAME_LENGTH)) {
    throw malformed(`a name or namespace is longer than ${MAX_NAME_LENGTH} characters`);
  }
}

function malformed(reason: string): DavError {
  return new DavError(400, `the request body is not usable XML: ${reason.slice(0, 200)}`);
}
