import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { configJsonSchema } from './schema.ts';

interface SchemaNode {
  readonly title?: string;
  description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/**
 * Returns the JSON Schema of the configuration, in which each key has a description: the comment on it in the example
 * file or, for a key that the example does not write out, `.describe()` in the schema.
 */
export function describedJsonSchema(exampleText: string): SchemaNode {
  const comments = readComments(exampleText);
  // A plain copy: zod keeps what it returns.
  const root = JSON.parse(JSON.stringify(configJsonSchema())) as SchemaNode;
  describeKeys(root, '', comments);
  return { title: 'Configuration of onedrive-webdav', ...root };
}

/** Returns the keys without a description, as `listen.tls.keyFile`; entries of lists and chosen names count as `*`. */
export function findUndescribed(node: SchemaNode, path = ''): string[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = join(path, name);
    return [...(child.description === undefined ? [key] : []), ...findUndescribed(child, key)];
  });
  return [...own, ...childrenOf(node).flatMap(([child, step]) => findUndescribed(child, join(path, step)))];
}

function describeKeys(node: SchemaNode, path: string, comments: ReadonlyMap<string, string>): void {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const key = join(path, name);
    // One tenant or several: the example describes their keys once.
    const comment = comments.get(key) ?? comments.get(key.replace(/^tenants\.\*/, 'tenant'));
    if (child.description === undefined && comment !== undefined) {
      child.description = comment;
    }
    describeKeys(child, key, comments);
  }
  for (const [child, step] of childrenOf(node)) {
    describeKeys(child, join(path, step), comments);
  }
}

/** What is inside without being a key: the forms of a value, the entries of a list, the groups with chosen names. */
function childrenOf({ anyOf = [], items, additionalProperties }: SchemaNode): [SchemaNode, string][] {
  return [
    ...anyOf.map(form => [form, ''] as [SchemaNode, string]),
    ...(items === undefined ? [] : [[items, '*'] as [SchemaNode, string]]),
    ...(typeof additionalProperties === 'object' ? [[additionalProperties, '*'] as [SchemaNode, string]] : []),
  ];
}

/** Reads the comment at the end of each key's line. */
function readComments(text: string): Map<string, string> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const all = text.split('\n');
  const comments = new Map<string, string>();
  const visit = (node: Node | null, path: string): void => {
    if (isSeq(node)) {
      for (const entry of node.items) {
        visit(entry as Node, join(path, '*'));
      }
    }
    for (const pair of isMap(node) && node.flow !== true ? node.items : []) {
      const key = pair.key as Node & { readonly value: string };
      const comment = / # (.*)$/.exec(all[lines.linePos(key.range![0]).line - 1]!)?.[1];
      const own = join(path, key.value);
      if (comment !== undefined) {
        comments.set(own, comment.replace(/ \(default: [^)]*\)$/, ''));
      }
      visit(pair.value as Node | null, own);
    }
  };
  visit(document.contents, '');
  return comments;
}

function join(path: string, step: string): string {
  return [path, step].filter(each => each !== '').join('.');
}
