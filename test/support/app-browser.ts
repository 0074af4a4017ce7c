import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  firefox,
  type Page,
} from 'playwright-core';
import { firefoxPrefs } from './firefox-prefs.ts';

/** Debian's browsers; root in a container cannot have Chromium's sandbox, and the pages are our own. */
const LAUNCH = {
  chromium: (_prefs: FirefoxPrefs) =>
    chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] }),
  // By WebDriver BiDi, which Firefox has by itself. playwright-core 1.65 sends it a command that ESR 153 does not know.
  'firefox-esr': (firefoxUserPrefs: FirefoxPrefs) =>
    firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr', firefoxUserPrefs }),
};

type FirefoxPrefs = ReturnType<typeof firefoxPrefs>;

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

/** Whether the usual page is that of a phone: fingers then, and no mouse. */
export const IS_PHONE = USUAL.size === PHONE;

/** Starts a browser, one for a file of tests. */
export async function startAppBrowser(name: BrowserName = USUAL.name): Promise<AppBrowser> {
  const browserFor = launcher(name);
  await browserFor(USUAL.size);
  return {
    open: async ({ user: username, password }, options = {}) => {
      const all = { httpCredentials: { username, password }, ...USUAL.size, ...options };
      const browser = await browserFor(all);
      const context = await browser.newContext(all);
      // A machine may be busy; a test that hangs is ended by its own limit.
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      return { page, context, problems: watch(page) };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all((await Promise.all(browserFor.running())).map(browser => browser.close()));
    },
  };
}

/** Gives the browser for a page: one Chromium for all, and a Firefox for each set of settings. */
function launcher(name: BrowserName) {
  const launched = new Map<string, Promise<Browser>>();
  const browserFor = (options: BrowserContextOptions) => {
    const prefs = firefoxPrefs(options);
    const key = name === 'chromium' ? name : JSON.stringify(prefs);
    const browser = launched.get(key) ?? LAUNCH[name](prefs);
    launched.set(key, browser);
    return browser;
  };
  return Object.assign(browserFor, { running: () => [...launched.values()] });
}

/** Firefox asks for the usual icon of a page that names none, and says of itself that the policy refuses it. */
const OWN_ICON = /img-src\) at \S+\/favicon\.ico /;

function watch(page: Page): string[] {
  const problems: string[] = [];
  const add = (text: string) => {
    if (!OWN_ICON.test(text)) {
      problems.push(text);
    }
  };
  page.on('pageerror', error => add(String(error)));
  page.on('console', message => {
    if (/Content.Security.Policy|Trusted ?(HTML|Script|Type)/i.test(message.text())) {
      add(message.text());
    }
  });
  return problems;
}
