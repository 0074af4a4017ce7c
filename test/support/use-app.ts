import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type AppBrowser, type AppPage, type BrowserName, startAppBrowser } from './app-browser.ts';
import { openServerWire, type ServerWire } from './server-wire.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

/** A server and a browser; they are there once the tests of the file begin. */
export interface AppBench {
  readonly server: TestServer;
  readonly browser: AppBrowser;
}

/** The page that the tests of a file share, in a folder that the present test has for itself. */
export interface AppInFolder extends AppBench {
  readonly app: AppPage;
  readonly page: AppPage['page'];
  /** The way of the page to the server; a rule lasts until the end of its test. */
  readonly wire: ServerWire;
  /** Its path in the mailbox of ada. */
  readonly folder: string;
  /** The paths of everything in it, sorted. */
  tree(): string[];
  /** Loads the page of the folder anew. */
  open(): Promise<void>;
}

/** Each test looks at what the mailbox has now: nothing is kept. */
const NO_CACHE = 'cache: { ttlSeconds: 0 }';

/** Starts a server and a browser for the tests of a file, and ends them. */
export function useAppBench(options: TestServerOptions = {}, name?: BrowserName): AppBench {
  const bench: { server?: TestServer; browser?: AppBrowser } = {};
  beforeAll(async () => {
    const started = startTestServer({ ...options, yaml: [NO_CACHE, ...(options.yaml ?? [])] });
    [bench.server, bench.browser] = await Promise.all([started, startAppBrowser(name)]);
  });
  afterAll(async () => {
    await bench.browser?.[Symbol.asyncDispose]();
    expect(bench.server?.emulator.violations).toEqual([]);
    await bench.server?.stop();
  });
  return {
    get server() {
      return bench.server!;
    },
    get browser() {
      return bench.browser!;
    },
  };
}

/** Like `useAppBench`; before each test the page shows a new folder, with what `seed` puts there. */
export function useAppInFolder(options: {
  readonly server?: TestServerOptions;
  readonly seed: (bench: AppBench & { readonly folder: string }) => unknown;
}): AppInFolder {
  const bench = useAppBench(options.server);
  let app: AppPage;
  let wire: ServerWire;
  let turn = 0;
  const inFolder: AppInFolder = {
    get server() {
      return bench.server;
    },
    get browser() {
      return bench.browser;
    },
    get app() {
      return app;
    },
    get page() {
      return app.page;
    },
    get wire() {
      return wire;
    },
    get folder() {
      return `/turn ${turn}`;
    },
    tree: () =>
      Object.keys(bench.server.mailboxes.ada.tree())
        .filter(path => path.startsWith(`${inFolder.folder}/`) && path !== `${inFolder.folder}/`)
        .sort(),
    open: async () => {
      await app.page.goto(`${wire.url}${encodeURI(`/ada${inFolder.folder}/`)}`);
      await app.page.locator('#entries, .notice').waitFor();
    },
  };
  beforeAll(async () => {
    wire = await openServerWire(bench.server);
    app = await bench.browser.open(bench.server);
  });
  afterAll(() => wire?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    turn += 1;
    bench.server.mailboxes.ada.mkdir(inFolder.folder);
    await options.seed(inFolder);
    await inFolder.open();
  });
  afterEach(() => {
    wire.rule = undefined;
    // Those of one test only: the page goes on to the next one.
    expect(app.problems.splice(0)).toEqual([]);
  });
  return inFolder;
}
