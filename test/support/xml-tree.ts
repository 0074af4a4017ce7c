import { SaxesParser, type SaxesTagNS } from 'saxes';

/** An element as XML means it: prefixes do not matter, everything else does. Read without any code of the server. */
export interface XmlNode {
  /** Namespace and local name: `DAV: href`; a name without a namespace begins with the space. */
  readonly name: string;
  /** Attributes by such a name, namespace declarations left out. */
  readonly attributes: Record<string, string>;
  readonly children: (XmlNode | string)[];
}

/** Reads a document; throws when it is not well-formed. Comments and processing instructions are left out. */
export function parseTree(xml: string): XmlNode {
  const parser = new SaxesParser({ xmlns: true });
  const top: XmlNode = { name: '', attributes: {}, children: [] };
  const open = [top];
  const addText = (text: string) => {
    const { children } = open.at(-1)!;
    const last = children.at(-1);
    if (typeof last === 'string') {
      children[children.length - 1] = last + text;
    } else if (text !== '') {
      children.push(text);
    }
  };
  parser.on('opentag', tag => {
    const node = toNode(tag);
    open.at(-1)!.children.push(node);
    open.push(node);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('error', error => {
    throw error;
  });
  parser.write(xml).close();
  return elementsIn(top)[0]!;
}

function toNode({ uri, local, attributes }: SaxesTagNS): XmlNode {
  const kept = Object.values(attributes).filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns');
  const entries = kept.map(({ uri: namespace, local: name, value }) => [`${namespace} ${name}`, value] as const);
  return { name: `${uri} ${local}`, attributes: Object.fromEntries(entries.toSorted()), children: [] };
}

/** The child elements, or those of one name. */
export function elementsIn(node: XmlNode | undefined, name?: string): XmlNode[] {
  const elements = node?.children.filter(child => typeof child !== 'string') ?? [];
  return elements.filter(element => name === undefined || element.name === name);
}

/** The element at the end of a path of `DAV:` names below `node`. */
export function davElement(node: XmlNode | undefined, ...names: string[]): XmlNode | undefined {
  return names.reduce((at: XmlNode | undefined, name) => elementsIn(at, `DAV: ${name}`)[0], node);
}

/** All elements of a name, at any depth. */
export function elementsBelow(node: XmlNode, name: string): XmlNode[] {
  return elementsIn(node).flatMap(child => [...(child.name === name ? [child] : []), ...elementsBelow(child, name)]);
}

/** All text in the element, trimmed. */
export function textIn(node: XmlNode | undefined): string {
  return (node?.children ?? [])
    .map(child => (typeof child === 'string' ? child : textIn(child)))
    .join('')
    .trim();
}
