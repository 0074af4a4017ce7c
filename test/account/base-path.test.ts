import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountBench, PEOPLE, startAccountBench } from '../support/account-bench.ts';

let bench: AccountBench;

beforeAll(async () => {
  bench = await startAccountBench({
    publicUrl: 'https://files.contoso.com/files/dav',
    yaml: [...PEOPLE, 'listen: { port: 0, basePath: /dav, trustedProxies: [127.0.0.1] }'],
    isEarly: true,
  });
});
afterAll(() => bench?.stop());

const ask = (path: string, headers: Record<string, string> = {}) =>
  bench.plain(`${bench.server.url}${path}`, { headers });

it('the pages are below the base path, and their links are as the client sees them', async () => {
  const { status, text } = await ask('/dav/-/account', { host: 'files.contoso.com' });
  expect([status, text.includes('href="/files/dav/-/account/sign-in"')]).toEqual([200, true]);
  expect((await ask('/DAV/-/account/')).status).toBe(200);
  expect((await ask('/-/account')).status).toBe(404);
  expect((await ask('/dav/-/accounts')).status).toBe(401);
  expect((await ask('/dav/-/account/nowhere')).status).toBe(404);
});

it('the way back is the public URL, whatever a proxy or a client says', async () => {
  const ways: Record<string, string>[] = [
    { host: 'inner:8080' },
    { host: 'files.contoso.com' },
    { host: 'inner', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
  ];
  for (const headers of ways) {
    const { headers: got } = await ask('/dav/-/account/sign-in', headers);
    const redirectUri = new URL(String(got.location)).searchParams.get('redirect_uri');
    expect(redirectUri).toBe('https://files.contoso.com/files/dav/-/account/callback');
  }
});

it('there are no pages where nobody may sign in', async () => {
  const without = await startAccountBench({ yaml: [], isEarly: true });
  try {
    expect((await without.plain(`${without.server.url}/-/account`)).status).toBe(404);
  } finally {
    await without.stop();
  }
});

it.each([
  ['a public URL without https', { publicUrl: 'http://files.contoso.com' }, 400, 'Signing in needs https'],
  ['no public URL, at a name', {}, 503, 'This server does not know its own address'],
])('%s is a page that says what to do', async (_, options, status, title) => {
  const other = await startAccountBench({ ...options, isEarly: true });
  try {
    const page = await other.plain(`${other.server.url}/-/account/`, { headers: { host: 'files.contoso.com' } });
    expect([page.status, page.text.includes(`<h1>${title}</h1>`), page.text.includes('publicUrls')]).toEqual([
      status,
      true,
      true,
    ]);
  } finally {
    await other.stop();
  }
});

it('a session outlives a restart, also while the directory cannot be read', async () => {
  const early = await startAccountBench();
  try {
    const browser = early.browser();
    await browser.signIn();
    early.server.emulator.setFaults([{ fault: { status: 503, code: 'serviceNotAvailable' }, host: 'graph' }]);
    await early.server.restart();
    const again = await browser.visit(`${early.server.url}/-/account/`);
    expect(again.title).toContain('Your devices');
    early.server.emulator.setFaults([]);
  } finally {
    await early.stop();
  }
});
