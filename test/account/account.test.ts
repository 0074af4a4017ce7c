import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccountBench, type AccountBrowser, startAccountBench } from '../support/account-bench.ts';

let bench: AccountBench;
let browser: AccountBrowser;

beforeAll(async () => {
  bench = await startAccountBench();
});
afterAll(() => bench?.stop());
beforeEach(() => {
  browser = bench.browser();
});

describe('signing in', () => {
  it('leads from the first page over Microsoft to the devices of the person', async () => {
    const first = await browser.open('');
    expect([first.status, first.title]).toEqual([200, 'Your files over WebDAV – OneDrive over WebDAV']);
    expect(first.text).toContain('href="/-/account/sign-in"');
    const page = await browser.signIn();
    expect([page.status, page.title]).toEqual([200, 'Your devices – OneDrive over WebDAV']);
    expect(page.text).toContain('ada@contoso.com');
  });
});
