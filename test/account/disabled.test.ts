import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountBench, startAccountBench } from '../support/account-bench.ts';
import { type WaitingClock, waitingClock } from '../support/waiting-clock.ts';

const INTERVAL_MS = 15 * 60_000;

let bench: AccountBench;
let clock: WaitingClock;

beforeAll(async () => {
  clock = waitingClock();
  bench = await startAccountBench({ clock });
});
afterAll(() => bench?.stop());

it('a person who is disabled loses the open session within one look into the directory', async () => {
  const browser = bench.browser();
  await browser.signIn();
  bench.server.mailboxes.ada.setAccountEnabled(false);
  await clock.pass(INTERVAL_MS);
  expect((await browser.open('')).title).toContain('Your files over WebDAV');
  bench.server.mailboxes.ada.setAccountEnabled(true);
  await clock.pass(INTERVAL_MS);
  // The session itself is gone, so it does not come back.
  expect((await browser.open('')).title).toContain('Your files over WebDAV');
  expect((await browser.signIn()).title).toContain('Your devices');
});
