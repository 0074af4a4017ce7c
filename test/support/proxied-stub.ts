import { expect, onTestFinished } from 'vitest';
import { type DownloadProxy, startDownloadProxy } from './download-proxy.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type Answer, type LinkStub, startLinkStub, TEMPAUTH } from './link-stub.ts';

export const OLD = 'old-key-0123456789';
export const NEW = 'new-key-0123456789';
export const FILE = '/ada/Docs/file.txt';

export interface ProxiedStub extends LinkStub {
  readonly proxy: DownloadProxy;
  readonly clock: FakeClock;
}

/**
 * The download proxy, and a stub of the server that it asks. Ends with the test; by then no secret may have been
 * logged.
 */
export async function startProxiedStub(
  script: { link?: Answer; content?: Answer; keys?: string } = {},
): Promise<ProxiedStub> {
  const stub = await startLinkStub(script);
  onTestFinished(() => stub.stop());
  const clock = fakeClock();
  const proxy = await startDownloadProxy({ ADDRESS: `${stub.url}/dav`, KEYS: script.keys ?? OLD, now: clock.now });
  onTestFinished(async () => {
    await proxy.stop();
    expectNoSecret(proxy.logged.join('\n'));
  });
  return { ...stub, proxy, clock };
}

/** The proxy's answer, in which no part may hold a secret. */
export async function ask(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const { status, headers } = response;
  const text = await response.text();
  expectNoSecret(`${JSON.stringify(Object.fromEntries(headers))}${text}`);
  return { status, headers, text };
}

function expectNoSecret(text: string): void {
  expect(text).not.toMatch(new RegExp(`${TEMPAUTH}|${OLD}|${NEW}|/content`));
}
