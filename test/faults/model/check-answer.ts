import assert from 'node:assert/strict';
import { davElement, elementsBelow, parseTree, textIn } from '../../support/xml-tree.ts';
import type { Answer } from './client.ts';
import { bytesOf, type Get, type Head, type Propfind } from './command.ts';
import { foldName } from './names.ts';
import type { ModelFile, ModelLock, ModelNode } from './tree.ts';

/** The whole content, or the part that was asked for; a body that breaks off is no body, and the client knows. */
export function checkGet(
  request: Get | Head,
  { content, modified }: ModelFile,
  { status, headers, body }: Answer,
): void {
  const whole = bytesOf(content);
  if (modified !== undefined) {
    assert.equal(Date.parse(headers.get('last-modified') ?? '') / 1000, modified, 'Last-Modified');
  }
  if (request.method === 'HEAD') {
    assert.equal(headers.get('content-length'), String(whole.length), 'Content-Length');
    return;
  }
  if (body === undefined) {
    return;
  }
  const [first, last] = status === 206 ? request.range!.split('-').map(Number) : [0, whole.length];
  const bytes = whole.slice(first, last! + 1);
  assert.ok(body === bytes, `the body is other bytes: ${body.length} instead of ${bytes.length}: ${body.slice(0, 60)}`);
}

interface Shown {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly size: number | undefined;
  readonly modified: number | undefined;
}

/** The entry and its members, all of them and nothing else. */
export function checkListing({ depth }: Propfind, node: ModelNode, { body }: Answer): void {
  assert.ok(body !== undefined, 'the listing breaks off');
  const [self, ...members] = elementsBelow(parseTree(body), 'DAV: response').map(response => {
    const properties = davElement(response, 'propstat', 'prop');
    const href = textIn(davElement(response, 'href')).replace(/\/$/, '');
    const size = textIn(davElement(properties, 'getcontentlength'));
    return {
      name: decodeURIComponent(href.slice(href.lastIndexOf('/') + 1)),
      kind: davElement(properties, 'resourcetype', 'collection') === undefined ? 'file' : 'folder',
      size: size === '' ? undefined : Number(size),
      modified: Date.parse(textIn(davElement(properties, 'getlastmodified'))) / 1000,
    } satisfies Shown;
  });
  assert.ok(self !== undefined, 'the listing is empty');
  checkShown(self, node);
  const wanted = depth === 1 && node.kind === 'folder' ? node.members : new Map<string, ModelNode>();
  const shown = new Map(members.map(member => [foldName(member.name), member]));
  assert.deepEqual([...shown.keys()].sort(), [...wanted.keys()].sort(), 'members');
  assert.equal(shown.size, members.length, 'a member is shown twice');
  for (const [key, member] of wanted) {
    checkShown(shown.get(key)!, member);
    const name = shown.get(key)!.name.normalize('NFC');
    assert.equal(name, member.name ?? name, 'spelling');
  }
}

function checkShown(shown: Shown, node: ModelNode): void {
  assert.equal(shown.kind, node.kind, `kind of ${shown.name}`);
  if (node.kind === 'file') {
    assert.equal(shown.size, bytesOf(node.content).length, `size of ${shown.name}`);
    assert.equal(shown.modified, node.modified ?? shown.modified, `time of ${shown.name}`);
  }
}

export function checkRelock({ token }: ModelLock, { body }: Answer): void {
  assert.ok(body?.includes(token), `the answer to a refresh does not show its lock: ${body}`);
}
