import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { type AppBrowser, type AppPage, startAppBrowser } from '../support/app-browser.ts';
import buildBrowserApp from '../support/build-browser-app.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { startServerProcess } from '../support/server-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { configLines } from '../support/test-server.ts';

const ENTRIES = 100_000;
const ROUNDS = 7;
/** The time of the app's first rows, as a share of the plain page's. */
const GOAL = 1.2;
/** Screens between the beginning and the end of the list: so many looks at the memory, too. */
const STOPS = 200;
/** How much more the page may need after the walk than before it. */
const MAX_GROWTH = 1.1;
const MIB = 1024 ** 2;
const PATIENCE_MS = 5 * 60_000;
const PATH = '/ada/many/';

/** A page of the folder: how it is opened, and the selector of its rows. */
interface Subject {
  readonly name: string;
  readonly query: string;
  readonly row: string;
  /** A browser that has run the app before has its files. */
  readonly hasRunApp: boolean;
}

const PLAIN: Subject = { name: 'the plain page', query: '?view=plain', row: 'tbody tr', hasRunApp: false };
const APP: Subject = { name: 'the app', query: '', row: '.rows .row', hasRunApp: true };
/** With an empty cache: the app's files travel, too. */
const FIRST: Subject = { name: 'the first visit', query: '', row: '.rows .row', hasRunApp: false };

interface Account {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/**
 * A folder of 100,000 files in Chromium: the time from the navigation to the first rows that are painted, in the app and
 * on the plain page in turns, and the memory of the app while somebody scrolls through all of it.
 */
export async function measureBrowser(): Promise<boolean> {
  await buildBrowserApp();
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(await makeTempDir());
  const emulator = await createEmulator();
  undo.defer(() => emulator.close());
  for (const name of ['ada', 'grace']) {
    emulator.addMailbox({ upn: `${name}@contoso.com` });
  }
  const files = Array.from({ length: ENTRIES }, (_, index) => [`/many/file ${index}.txt`, 'x'] as const);
  emulator.mailbox('ada@contoso.com')!.putAll(files);
  const config = join(folder.path, 'config.yaml');
  // The listing is warm all the time: the calls of Graph are the same for both.
  const yaml = ['cache: { ttlSeconds: 3600, maxEntries: 300000 }'];
  await writeFile(config, configLines(emulator, [{ user: 'bench', passwordHash: PASSWORD_HASH }], { yaml }).join('\n'));
  const server = await startServerProcess(config);
  undo.defer(async () => void (await server.end('SIGTERM')));
  const account = { url: server.url, user: 'bench', password: PASSWORD };
  const browser = undo.use(await startAppBrowser());
  const isFast = await compareFirstRows(browser, account);
  return (await walk(browser, account)) && isFast;
}

async function compareFirstRows(browser: AppBrowser, account: Account): Promise<boolean> {
  const samples = new Map([PLAIN, APP, FIRST].map(subject => [subject, [] as number[]]));
  await using used = await openPage(browser, account);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [subject, times] of samples) {
      await using fresh = await openPage(browser, account);
      const { app } = subject.hasRunApp ? used : fresh;
      const ms = await firstRows(app, `${account.url}${PATH}${subject.query}`, subject.row);
      // The first round warms the server and fills the cache of the browser.
      times.push(...(round === 0 ? [] : [ms]));
    }
  }
  const plain = median(samples.get(PLAIN)!);
  for (const [{ name }, times] of samples) {
    const share = (median(times) / plain).toFixed(2);
    console.log(
      `${name.padEnd(28)} ${Math.round(median(times))} ms (${times.map(Math.round).join(', ')}), share ${share}`,
    );
  }
  console.log(`goal: at most ${GOAL} of the plain page, for ${ENTRIES} entries`);
  return [APP, FIRST].every(subject => median(samples.get(subject)!) <= GOAL * plain);
}

async function openPage(browser: AppBrowser, account: Account): Promise<AsyncDisposable & { readonly app: AppPage }> {
  const app = await browser.open(account);
  app.context.setDefaultTimeout(PATIENCE_MS);
  return { app, [Symbol.asyncDispose]: () => app.context.close() };
}

/** Milliseconds from the navigation until a frame with rows has been painted. */
async function firstRows({ page }: AppPage, url: string, row: string): Promise<number> {
  await page.goto('about:blank');
  await page.addInitScript(selector => {
    const look = () => {
      if (document.querySelector(selector) === null) {
        requestAnimationFrame(look);
        return;
      }
      // The next task comes when the frame that has them is painted.
      requestAnimationFrame(() => setTimeout(() => Object.assign(window, { paintedAt: performance.now() })));
    };
    requestAnimationFrame(look);
  }, row);
  await page.goto(url, { waitUntil: 'commit' });
  const painted = await page.waitForFunction(() => (window as { paintedAt?: number }).paintedAt);
  return (await painted.jsonValue())!;
}

/** Scrolls through the whole list, and compares the memory before and after. */
async function walk(browser: AppBrowser, account: Account): Promise<boolean> {
  await using opened = await openPage(browser, account);
  const { page, context } = opened.app;
  await page.goto(`${account.url}${PATH}`);
  await page.getByText('100,000 files').waitFor();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const look = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const metricOf = (name: string) => metrics.find(metric => metric.name === name)!.value;
    return { heap: metricOf('JSHeapUsedSize') / MIB, nodes: metricOf('Nodes') };
  };
  const before = await look();
  const seen = [];
  for (let stop = 0; stop <= STOPS; stop += 1) {
    await page.locator('#entries').evaluate(async (element, share) => {
      element.scrollTo(0, element.scrollHeight * share);
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    }, stop / STOPS);
    seen.push(...(stop % 20 === 0 ? [await look()] : []));
  }
  const after = await look();
  const most = Math.max(...seen.map(({ nodes }) => nodes));
  console.log(
    `heap ${before.heap.toFixed(1)} MiB before scrolling, ${after.heap.toFixed(1)} after all ${ENTRIES} entries`,
  );
  console.log(`in between ${seen.map(({ heap }) => heap.toFixed(1)).join(', ')}; at most ${most} nodes`);
  console.log(`goal: at most ${MAX_GROWTH} times the heap before`);
  return (
    after.heap <= before.heap * MAX_GROWTH && Math.max(...seen.map(({ heap }) => heap)) <= before.heap * MAX_GROWTH
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}
