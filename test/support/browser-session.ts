import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { makeTempDir } from './temp-dir.ts';

/** Root in a container cannot have Chromium's sandbox; the pages are our own. */
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--hide-scrollbars'];

/** One page of a Chromium without a window, worked by the DevTools protocol as a person would work it. */
export interface BrowserSession extends AsyncDisposable {
  /** Forgets cookies and everything else of the pages before, as a new browser would; a new one takes seconds. */
  renew(): Promise<void>;
  /** Opens a page; resolves when it is loaded. */
  open(url: string): Promise<void>;
  /** Clicks the element that the selector finds, and waits until the page behind it is loaded. */
  click(selector: string): Promise<void>;
  /** Puts a text into a field. */
  fill(selector: string, text: string): Promise<void>;
  /** The text that is seen. */
  text(): Promise<string>;
  title(): Promise<string>;
  /** Runs a script in the page, whatever its policy, and returns what it resolves with, as a text. */
  run(script: string): Promise<string>;
  /** Where it is. */
  url(): Promise<string>;
  /** The console, including everything that a page's policy has refused. */
  readonly console: readonly string[];
  screenshot(file: string, options: { width: number; height: number; scheme: 'light' | 'dark' }): Promise<void>;
}

type Parameters = Record<string, unknown>;
type Result = Record<string, unknown>;

/** `more`: flags of Chromium's own, a proxy for example. */
export async function openBrowserSession(more: readonly string[] = []): Promise<BrowserSession> {
  const profile = await makeTempDir();
  const flags = [...FLAGS, `--user-data-dir=${profile.path}`, '--remote-debugging-port=0', ...more, 'about:blank'];
  const child = spawn('chromium', flags, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile.path },
  });
  const page = await connect(child);
  for (const domain of ['Page', 'Runtime', 'Log']) {
    await page.send(`${domain}.enable`);
  }
  const evaluate = async (expression: string) => {
    const { result } = (await page.send('Runtime.evaluate', { expression, returnByValue: true })) as { result: Result };
    return String(result.value);
  };
  const loading = async (start: () => Promise<unknown>) => {
    const loaded = page.once('Page.loadEventFired');
    await start();
    await loaded;
  };
  return {
    renew: async () => {
      await loading(() => page.send('Page.navigate', { url: 'about:blank' }));
      await page.send('Network.clearBrowserCookies');
      await page.send('Network.clearBrowserCache');
      await page.send('Emulation.clearDeviceMetricsOverride');
      page.console.length = 0;
    },
    open: url => loading(() => page.send('Page.navigate', { url })),
    click: selector => loading(() => evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)),
    fill: async (selector, text) => {
      await evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(text)}`);
    },
    text: () => evaluate('document.body.innerText'),
    title: () => evaluate('document.title'),
    run: async expression => {
      const { result } = (await page.send('Runtime.evaluate', {
        ...{ expression, returnByValue: true, awaitPromise: true },
      })) as { result: Result };
      return String(result.value);
    },
    url: () => evaluate('location.href'),
    console: page.console,
    screenshot: async (file, { width, height, scheme }) => {
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await page.send('Emulation.setEmulatedMedia', { features });
      await page.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
      const { data } = await page.send('Page.captureScreenshot', { format: 'png' });
      await writeFile(file, Buffer.from(String(data), 'base64'));
    },
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await profile[Symbol.asyncDispose]();
    },
  };
}

interface DevTools {
  send(method: string, parameters?: Parameters): Promise<Result>;
  once(event: string): Promise<Result>;
  readonly console: string[];
}

async function connect(child: ChildProcess): Promise<DevTools> {
  const endpoint = new URL(await readEndpoint(child));
  const targets = (await (await fetch(`http://${endpoint.host}/json/list`)).json()) as Record<string, string>[];
  const socket = new WebSocket(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl!);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number | string, (message: Result) => void>();
  const console: string[] = [];
  socket.onmessage = ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(data as string);
    waiting.get(id ?? method)?.(error === undefined ? (result ?? params) : { error });
    waiting.delete(id ?? method);
    if (method === 'Log.entryAdded') {
      console.push(params.entry.text);
    }
  };
  const answerTo = (key: number | string) => new Promise<Result>(resolve => waiting.set(key, resolve));
  let last = 0;
  return {
    send: (method, params = {}) => {
      last += 1;
      socket.send(JSON.stringify({ id: last, method, params }));
      return answerTo(last);
    },
    once: answerTo,
    console,
  };
}

async function readEndpoint(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stderr!)) {
    const [, url] = /^DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (url !== undefined) {
      child.stderr!.resume();
      return url;
    }
  }
  throw new Error('Chromium ended before it could be worked');
}
