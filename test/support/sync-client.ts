import { expect } from 'vitest';
import type { Dav, DavAnswer } from './dav-client.ts';
import { davElement, elementsIn, parseTree, textIn, type XmlNode } from './xml-tree.ts';

/** A client's record of a member: its properties by name, as XML means them. */
export type SyncedTree = Map<string, Record<string, string>>;

export interface SyncReport {
  readonly token?: string;
  readonly level?: string;
  readonly limit?: number;
  readonly props?: string;
  readonly headers?: Record<string, string>;
}

const PROPS = '<D:getetag/><D:getcontentlength/><D:resourcetype/><D:getlastmodified/>';

/** Sends a `sync-collection` report (RFC 6578 §3.2). */
export function askForChanges(dav: Dav, path: string, report: SyncReport = {}): Promise<DavAnswer> {
  const { token = '', level = '1', limit, props = PROPS, headers } = report;
  const limits = limit === undefined ? '' : `<D:limit><D:nresults>${limit}</D:nresults></D:limit>`;
  const body =
    `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token>` +
    `<D:sync-level>${level}</D:sync-level>${limits}<D:prop>${props}</D:prop></D:sync-collection>`;
  return dav('REPORT', path, { Depth: '0', 'Content-Type': 'application/xml', ...headers }, body);
}

/** The responses of a multistatus, as a client reads them. */
export function readChanges(text: string): {
  readonly token: string;
  readonly responses: { href: string; status: string; error: string | undefined; props: Record<string, string> }[];
} {
  const root = parseTree(text);
  const responses = elementsIn(root, 'DAV: response').map(response => ({
    href: textIn(davElement(response, 'href')),
    status: textIn(davElement(response, 'status')).split(' ')[1] ?? '',
    error: elementsIn(davElement(response, 'error'))[0]?.name,
    props: propsOf(response),
  }));
  return { token: textIn(davElement(root, 'sync-token')), responses };
}

/**
 * A client that knows a folder by `sync-collection` alone, as RFC 6578 describes it: it begins with an empty token, goes
 * on where the answer was cut off, and begins anew when its token is refused.
 */
export class SyncClient {
  readonly tree: SyncedTree = new Map();
  /** How often it had to begin anew. */
  resyncs = 0;
  /** Folders that are to be synchronised by themselves. */
  readonly elsewhere = new Set<string>();
  token = '';
  readonly #dav: Dav;
  readonly #path: string;
  readonly #options: { readonly level: string; readonly limit?: number };

  constructor(dav: Dav, path: string, options: { readonly level: string; readonly limit?: number }) {
    this.#dav = dav;
    this.#path = path;
    this.#options = options;
  }

  async sync(): Promise<void> {
    for (let isMore = true; isMore; ) {
      const answer = await askForChanges(this.#dav, this.#path, { token: this.token, ...this.#options });
      if (answer.status === 403 && this.token !== '') {
        expect(answer.text).toContain('<D:valid-sync-token/>');
        this.resyncs += 1;
        this.token = '';
        this.tree.clear();
        continue;
      }
      expect([answer.status, answer.text]).toEqual([207, expect.any(String)]);
      isMore = this.#apply(answer.text);
    }
  }

  #apply(text: string): boolean {
    const { token, responses } = readChanges(text);
    const hrefs = responses.map(({ href }) => href);
    expect(new Set(hrefs).size, `each member once: ${hrefs.join(' ')}`).toBe(hrefs.length);
    let isMore = false;
    for (const { href, status, props } of responses) {
      if (href === this.#path) {
        expect(status).toBe('507');
        isMore = true;
      } else if (status === '404') {
        this.tree.delete(href);
      } else if (status === '403') {
        this.elsewhere.add(href);
      } else {
        this.tree.set(href, props);
      }
    }
    this.token = token;
    return isMore;
  }
}

/** Every member of the folder with the same properties, by PROPFIND, level by level. */
export async function propfindTree(dav: Dav, path: string, level: string): Promise<SyncedTree> {
  const body = `<D:propfind xmlns:D="DAV:"><D:prop>${PROPS}</D:prop></D:propfind>`;
  const { status, text } = await dav('PROPFIND', path, { Depth: '1' }, body);
  expect(status).toBe(207);
  const tree: SyncedTree = new Map();
  for (const response of elementsIn(parseTree(text), 'DAV: response').slice(1)) {
    const href = textIn(davElement(response, 'href'));
    tree.set(href, propsOf(response));
    if (level === 'infinite' && href.endsWith('/')) {
      for (const [below, props] of await propfindTree(dav, href, level)) {
        tree.set(below, props);
      }
    }
  }
  return tree;
}

function propsOf(response: XmlNode): Record<string, string> {
  const propstat = elementsIn(response, 'DAV: propstat').find(each =>
    textIn(davElement(each, 'status')).includes('200'),
  );
  return Object.fromEntries(
    elementsIn(davElement(propstat, 'prop')).map(prop => [
      prop.name,
      textIn(prop) +
        elementsIn(prop)
          .map(({ name }) => name)
          .join(' '),
    ]),
  );
}
