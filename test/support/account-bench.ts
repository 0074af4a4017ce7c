import { eventually } from './eventually.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from './microsoft-client.ts';
import { type BrowserAnswer, type SignInBrowser, signInBrowser } from './sign-in-browser.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

/** The rule of the bench: people of the tenant, their own OneDrives. */
export const PEOPLE = ['people:', '  - { match: "*@contoso.com", mounts: own }'];

export interface AccountBrowser extends Pick<SignInBrowser, 'cookies'> {
  /** Opens a page below `/-/account`, or any URL, and follows redirects until there is a page. */
  open(target: string): Promise<BrowserAnswer>;
  /** The same without following. */
  visit(target: string): Promise<BrowserAnswer>;
  /** Sends a form of a page, found by the end of its action. `headers`: others than a browser's. */
  send(page: BrowserAnswer, action: string, fields?: Record<string, string>, headers?: Headers): Promise<BrowserAnswer>;
  /** Signs in without a page of the provider, as `setSignIn` says; returns the page to which it leads. */
  signIn(): Promise<BrowserAnswer>;
}

type Headers = Record<string, string>;

/** What the bench needs of a server, which may be several behind a proxy. */
export type BenchServer = Omit<TestServer, 'reload' | 'suspend' | 'restart'>;

export interface AccountBench<T extends BenchServer = TestServer> {
  readonly server: T;
  readonly client: MicrosoftClient;
  /** Of the account pages, without a slash at the end. */
  readonly home: string;
  /** A new browser, without cookies. `more`: headers of all its requests to the server. */
  browser(more?: Headers): AccountBrowser;
  /** A request to the server by hand. */
  plain(url: string, options?: { method?: string; headers?: Headers; body?: string }): Promise<MicrosoftAnswer>;
  /** The lines of the audit, each as an object. */
  audit(): Record<string, unknown>[];
  stop(): Promise<void>;
}

export interface AccountBenchOptions extends TestServerOptions {
  /** Where the server believes to be: its redirect URI is below it. */
  readonly publicUrl?: string;
  /** Whether to go on before the server has read the directory. */
  readonly isEarly?: boolean;
}

/** The whole server before an emulated Microsoft in which its address is registered. */
export async function startAccountBench(options: AccountBenchOptions = {}): Promise<AccountBench> {
  const { publicUrl, yaml = PEOPLE } = options;
  const lines = publicUrl === undefined ? yaml : [...yaml, `publicUrls: ["${publicUrl}"]`];
  return accountBenchOver(await startTestServer({ ...options, yaml: lines }), options);
}

/** The same over servers that run, which let people in as `PEOPLE` does. */
export async function accountBenchOver<T extends BenchServer>(
  server: T,
  { publicUrl, isEarly = false }: Pick<AccountBenchOptions, 'publicUrl' | 'isEarly'> = {},
): Promise<AccountBench<T>> {
  const root = publicUrl ?? server.url;
  server.emulator.setApplication({ redirectUris: [`${root}/-/account/callback`], displayName: 'Files' });
  server.emulator.setSignIn({ as: 'ada@contoso.com' });
  const client = await microsoftClient(server.emulator);
  const plain: AccountBench['plain'] = (url, request) => askServer(url, request ?? {});
  const home = `${server.url}/-/account`;
  // A public address is reached as through a proxy that passes the Host header on.
  const inward = (url: string) => (publicUrl === undefined ? url : url.replace(publicUrl, server.url));
  const host = publicUrl === undefined ? {} : { host: new URL(publicUrl).host };
  const origin = new URL(root).origin;
  const bench: AccountBench<T> = {
    ...{ server, client, plain, home },
    browser: (more = {}) =>
      createBrowser({
        home: `${root}/-/account`,
        plain: async (url, request = {}) => {
          const target = inward(url);
          const isOurs = target.startsWith(server.url);
          if (!isOurs && !target.startsWith('http:')) {
            return client.plain(url, request);
          }
          // Ours, or another issuer on this machine.
          const isForm = request.method === 'POST';
          const own = isOurs
            ? { ...host, ...(isForm ? { origin, 'sec-fetch-site': 'same-origin' } : {}), ...more }
            : {};
          const answer = await askServer(target, { ...request, headers: { ...own, ...request.headers } } as Ask);
          const { location } = answer.headers;
          // As a browser resolves it.
          const resolved = typeof location === 'string' ? { location: new URL(location, url).href } : {};
          return { ...answer, headers: { ...answer.headers, ...resolved } };
        },
      }),
    audit: () => server.logged.map(line => JSON.parse(line) as Record<string, unknown>).filter(line => 'audit' in line),
    stop: async () => {
      await client.close();
      await server.stop();
    },
  };
  if (!isEarly) {
    await untilPeopleAreKnown(bench);
  }
  return bench;
}

/** The server reads the directory in the background; until then every sign-in is 503. */
async function untilPeopleAreKnown({
  browser,
  server,
}: Pick<AccountBench<BenchServer>, 'browser' | 'server'>): Promise<void> {
  await eventually(async () => {
    const { status } = await browser().signIn();
    if (status === 503) {
      throw new Error('the directory has not been read');
    }
  });
  server.emulator.resetCalls();
}

interface Ask {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
}

async function askServer(url: string, { method = 'GET', headers = {}, body }: Ask): Promise<MicrosoftAnswer> {
  const { request } = await import('undici');
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
  const answer = await request(url, { method: method as 'GET', headers: sent, body: body ?? null });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return { status: answer.statusCode, headers: answer.headers, text: bytes.toString(), bytes, json: undefined };
}

function createBrowser({ home, plain }: { home: string; plain: MicrosoftClient['plain'] }): AccountBrowser {
  let extra: Headers = {};
  const inner = signInBrowser({
    plain: (url, request = {}) => plain(url, { ...request, headers: { ...request.headers, ...extra } }),
  });
  const absolute = (target: string) => (/^https?:/.test(target) ? target : `${home}${target}`);
  const follow = async (answer: BrowserAnswer, from: string): Promise<BrowserAnswer> => {
    const { location } = answer.headers;
    if (typeof location !== 'string') {
      return answer;
    }
    const next = new URL(location, from).href;
    return follow(await inner.open(next), next);
  };
  const open = async (target: string) => follow(await inner.open(absolute(target)), absolute(target));
  return {
    cookies: inner.cookies,
    open,
    visit: target => inner.open(absolute(target)),
    send: async (page, action, fields = {}, headers = {}) => {
      const form = findForm(page.text, action);
      extra = headers;
      try {
        const url = new URL(form.action, home).href;
        return await inner.submit({ ...page, text: form.html.replace(/action="[^"]*"/, `action="${url}"`) }, fields);
      } finally {
        extra = {};
      }
    },
    signIn: () => open('/sign-in'),
  };
}

function findForm(page: string, action: string): { html: string; action: string } {
  for (const [html, target] of page.matchAll(/<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/g)) {
    if (target!.endsWith(action)) {
      return { html: html!, action: target! };
    }
  }
  throw new Error(`no form ${action} on the page`);
}
