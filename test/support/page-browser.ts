import { type Browser, chromium, type Page } from 'playwright-core';

/** Root in a container cannot have Chromium's sandbox; the pages are our own. */
const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run'];

export interface PageBrowser {
  /** Opens a page with cookies of its own. */
  newPage(): Promise<Page>;
  /** Everything that the console of a page has said, such as what its policy has refused. */
  readonly console: readonly string[];
  close(): Promise<void>;
}

/**
 * A Chromium without a window that a person could sit at. `proxy` leads it to the emulated Microsoft, whose certificate
 * it accepts; this machine is reached without it.
 */
export async function openPageBrowser({ proxy }: { proxy: string }): Promise<PageBrowser> {
  const executablePath = await findChromium();
  const browser: Browser = await chromium.launch({
    ...{ executablePath, args: ARGS },
    proxy: { server: proxy, bypass: '127.0.0.1,localhost' },
  });
  const said: string[] = [];
  return {
    console: said,
    newPage: async () => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
      const page = await context.newPage();
      page.on('console', message => said.push(message.text()));
      return page;
    },
    close: () => browser.close(),
  };
}

async function findChromium(): Promise<string> {
  const { mustRun } = await import('./foreign-client.ts');
  return (await mustRun('sh', ['-c', 'command -v chromium'])).stdout.trim();
}
