import { expect } from 'vitest';
import { type Answer, type Item, itemOf, jsonOf, NotImplementedError, namesOf, type Page, pageOf } from './answer.ts';
import { fetchToken, type GraphTarget } from './graph-target.ts';

export interface RequestOptions {
  readonly headers?: Record<string, string>;
  /** Sent as it is. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Instead of the suite's own token; `null`: no Authorization. */
  readonly token?: string | null;
}

const MAX_THROTTLED = 8;
const DEFAULT_RETRY_AFTER_MS = 5000;

/** What the cases work with: requests to the tenant, and a fresh folder for each case. */
export class Bench {
  readonly target: GraphTarget;
  readonly driveId: string;
  /** The suite's folder. */
  readonly home: Item;
  #token: string;
  #folders = 0;
  #fixtures = new Map<string, Promise<unknown>>();

  private constructor(target: GraphTarget, token: string, driveId: string, home: Item) {
    this.target = target;
    this.#token = token;
    this.driveId = driveId;
    this.home = home;
  }

  /**
   * Signs in, finds the drive and makes the suite's folder; one of that name, left by a run that broke off, goes first.
   */
  static async open(target: GraphTarget): Promise<Bench> {
    const token = await fetchToken(target);
    const bare = new Bench(target, token, '', {} as Item);
    const { id } = jsonOf<{ id: string }>(
      await bare.graph('GET', `/users/${encodeURIComponent(target.mailbox)}/drive`),
    );
    const old = await bare.graph('GET', `/drives/${id}/root:/${encodeURIComponent(target.folder)}`);
    if (old.status === 200) {
      await bare.graph('DELETE', `/drives/${id}/items/${itemOf(old).id}`);
    }
    const json = { name: target.folder, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
    const made = await bare.graph('POST', `/drives/${id}/root/children`, { json });
    return new Bench(target, token, id, itemOf(made));
  }

  async close(): Promise<void> {
    await this.graph('DELETE', this.item(this.home));
  }

  /** A request to Graph. `path` is below the base URL, or a whole URL of Graph (a nextLink). */
  async graph(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const url = path.startsWith('https://') ? path : `${this.target.baseUrl}${path}`;
    const token = options.token === undefined ? this.#token : options.token;
    const authorization: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
    return this.open(method, url, { ...options, headers: { ...authorization, ...options.headers } });
  }

  /** A request without Authorization, as the pre-authenticated URLs want it. Waits as a throttled answer says. */
  async open(method: string, url: string, { headers = {}, body, json }: RequestOptions = {}): Promise<Answer> {
    const type: Record<string, string> = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const sent = json === undefined ? body : JSON.stringify(json);
    const init: RequestInit = {
      method,
      headers: { Accept: '*/*', ...type, ...headers },
      body: sent,
      redirect: 'manual',
    };
    for (let throttled = 0; ; throttled++) {
      const response = await this.target.fetch(url, init);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (![429, 503].includes(response.status) || throttled === MAX_THROTTLED) {
        return { request: `${method} ${url}`, status: response.status, headers: response.headers, bytes };
      }
      await pause(retryAfter(response.headers.get('Retry-After')));
    }
  }

  /** A POST of a form to a sign-in address. */
  form(url: string, fields: Record<string, string>): Promise<Answer> {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.open('POST', url, { headers, body: new URLSearchParams(fields).toString() });
  }

  get drive(): string {
    return `/drives/${this.driveId}`;
  }

  /** The path of an item by its id. */
  item(item: Item | string): string {
    return `${this.drive}/items/${typeof item === 'string' ? item : item.id}`;
  }

  /** The path of a child by its parent's id and its name, with the closing colon. */
  child(parent: Item, name: string): string {
    return `${this.item(parent)}:/${encodeURIComponent(name)}:`;
  }

  /** A new folder below the suite's, so that no case sees another's files. */
  async folder(): Promise<Item> {
    return this.makeFolder(this.home, `case ${++this.#folders}`);
  }

  async makeFolder(parent: Item, name: string): Promise<Item> {
    return itemOf(await this.createFolder(parent, name));
  }

  createFolder(parent: Item | string, name: unknown, conflictBehavior = 'fail'): Promise<Answer> {
    const json = { name, folder: {}, '@microsoft.graph.conflictBehavior': conflictBehavior };
    return this.graph('POST', `${this.item(parent)}/children`, { json });
  }

  /** Uploads a small file, which must succeed. */
  async file(parent: Item, name: string, content: string | Uint8Array<ArrayBuffer> = name): Promise<Item> {
    return itemOf(await this.put(parent, name, content));
  }

  put(
    parent: Item,
    name: string,
    content: string | Uint8Array<ArrayBuffer>,
    {
      conflictBehavior = 'replace',
      headers = {},
    }: { conflictBehavior?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const path = `${this.child(parent, name)}/content?@microsoft.graph.conflictBehavior=${conflictBehavior}`;
    return this.graph('PUT', path, {
      body: content,
      headers: { 'Content-Type': 'application/octet-stream', ...headers },
    });
  }

  /**
   * Reads an item that is known to exist. Right after a write Graph may say for seconds that it does not (graph-api.md
   * §5).
   */
  async read(item: Item | string, query = ''): Promise<Item> {
    return this.eventually(async () => itemOf(await this.graph('GET', `${this.item(item)}${query}`)));
  }

  patch(item: Item, json: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> {
    const behavior = 'name' in json || 'parentReference' in json ? { '@microsoft.graph.conflictBehavior': 'fail' } : {};
    return this.graph('PATCH', this.item(item), { json: { ...behavior, ...json }, headers });
  }

  /** All children, over all pages. */
  async list(folder: Item, query = ''): Promise<Item[]> {
    const pages = await this.pages(`${this.item(folder)}/children${query}`);
    return pages.flatMap(page => page.value);
  }

  /**
   * Asserts the names of a folder's children, sorted. A listing may lag behind a write by seconds (graph-api.md §5).
   */
  async expectNames(folder: Item, names: readonly string[]): Promise<void> {
    await this.eventually(async () => expect(namesOf(await this.list(folder))).toEqual(names));
  }

  /** Asserts the children of a folder, as far as the given properties go. */
  async expectChildren(folder: Item, children: readonly Partial<Item>[]): Promise<void> {
    await this.eventually(async () => expect(await this.list(folder)).toMatchObject(children));
  }

  /** All pages of a collection; each nextLink is followed verbatim. */
  async pages<Value = Item>(path: string, limit = 500): Promise<Page<Value>[]> {
    const pages: Page<Value>[] = [];
    for (let next: string | undefined = path; next !== undefined && pages.length < limit; ) {
      const page: Page<Value> = pageOf<Value>(await this.graph('GET', next));
      pages.push(page);
      next = page['@odata.nextLink'];
    }
    return pages;
  }

  /** The bytes of a file, by a fresh download URL. */
  async download(item: Item, headers: Record<string, string> = {}): Promise<Answer> {
    return this.open('GET', await this.downloadUrl(item), { headers });
  }

  async downloadUrl(item: Item): Promise<string> {
    const url = (await this.read(item))['@microsoft.graph.downloadUrl'];
    return url ?? expect.fail(`${item.name} has no @microsoft.graph.downloadUrl`);
  }

  /** Makes something once for all cases that need it. */
  once<Value>(name: string, make: () => Promise<Value>): Promise<Value> {
    const made = (this.#fixtures.get(name) as Promise<Value> | undefined) ?? make();
    this.#fixtures.set(name, made);
    return made;
  }

  /** Repeats assertions until they hold; Graph is eventually consistent. The last failure is thrown. */
  async eventually<Value>(look: () => Promise<Value>): Promise<Value> {
    const { tries, pauseMs } = this.target.patience;
    for (let left = tries - 1; left > 0; left--) {
      try {
        return await look();
      } catch (error) {
        if (error instanceof NotImplementedError) {
          throw error;
        }
        await pause(pauseMs);
      }
    }
    return look();
  }
}

/** In milliseconds. Graph sends seconds, with a fraction now and then, or a date (graph-api.md §3.2). */
function retryAfter(header: string | null): number {
  const milliseconds = Number.isNaN(Number(header)) ? Date.parse(header!) - Date.now() : 1000 * Number(header);
  return header === null || Number.isNaN(milliseconds) ? DEFAULT_RETRY_AFTER_MS : Math.max(milliseconds, 0);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}
