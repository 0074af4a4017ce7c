import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  firefox,
  type Page,
} from 'playwright-core';

/** Debian's browsers; root in a container cannot have Chromium's sandbox, and the pages are our own. */
const LAUNCH = {
  chromium: () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] }),
  // By WebDriver BiDi, which Firefox has by itself. playwright-core 1.65 sends it a command that ESR 153 does not know.
  'firefox-esr': (firefoxUserPrefs: Record<string, boolean> = {}) =>
    firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr', firefoxUserPrefs }),
};

const PATIENCE_MS = 90_000;

export type BrowserName = keyof typeof LAUNCH;

/** A page that shows the app, and everything that went wrong on it. */
export interface AppPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Refusals of the page's policy, and errors that nobody caught. */
  readonly problems: string[];
}

export interface AppBrowser extends AsyncDisposable {
  /** Opens a page of a browser that knows nothing yet, signed in. */
  open(account: { user: string; password: string }, options?: BrowserContextOptions): Promise<AppPage>;
}

export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const DESKTOP: BrowserContextOptions = { viewport: { width: 1200, height: 760 } };

/** `APP_BROWSER=firefox-esr` and `APP_SIZE=phone` run the tests of the app elsewhere than in Chromium on a desktop. */
const USUAL = {
  name: (process.env.APP_BROWSER ?? 'chromium') as BrowserName,
  size: process.env.APP_SIZE === 'phone' ? PHONE : DESKTOP,
};

/** Starts a browser, one for a file of tests. */
export async function startAppBrowser(name: BrowserName = USUAL.name): Promise<AppBrowser> {
  const usual: Browser = await LAUNCH[name]();
  return {
    open: async ({ user: username, password }, options = {}) => {
      const isOther = name === 'firefox-esr' && options.javaScriptEnabled === false;
      const browser = isOther ? await startWithoutScripts() : usual;
      const context = await browser.newContext({ httpCredentials: { username, password }, ...USUAL.size, ...options });
      // A machine may be busy; a test that hangs is ended by its own limit.
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      return { page, context, problems: watch(page) };
    },
    [Symbol.asyncDispose]: () => usual.close(),
  };
}

/** Playwright cannot tell a single context of Firefox to run no scripts. This one ends with its context. */
async function startWithoutScripts(): Promise<Browser> {
  const browser = await LAUNCH['firefox-esr']({ 'javascript.enabled': false });
  browser.on('context', context => context.on('close', () => browser.close()));
  return browser;
}

function watch(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', error => problems.push(String(error)));
  page.on('console', message => {
    if (/Content.Security.Policy|Trusted ?(HTML|Script|Type)/i.test(message.text())) {
      problems.push(message.text());
    }
  });
  return problems;
}
