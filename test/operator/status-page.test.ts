import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { RecentProblems } from '../../src/lib/recent-problems.ts';
import { type AccountBench, startAccountBench } from '../support/account-bench.ts';
import { eventually } from '../support/eventually.ts';
import { basic } from '../support/raw-http.ts';

const EVIL = 'a <img src=x onerror=alert(1)> "\u202e';
const LOCK =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const OPENED = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

let bench: AccountBench;
/** Signs in as the first user, an operator; `other` is none. */
let operator: Record<string, string>;
let other: Record<string, string>;

beforeAll(async () => {
  bench = await startAccountBench({
    isOperator: true,
    others: ['other'],
    yaml: [
      'shares: {}',
      'people:',
      '  - { match: "ada@contoso.com", mounts: own, operator: true }',
      '  - { match: "grace@contoso.com", mounts: own }',
    ],
  });
  const { user, password, others } = bench.server;
  operator = basic(user, password);
  other = basic(others[0]!.user, others[0]!.password);
});
afterAll(async () => {
  expect(bench.server.emulator.violations).toEqual([]);
  await bench.stop();
});

type Options = Parameters<AccountBench['plain']>[1];
const status = (query: string, options: Options = {}) => bench.plain(`${bench.server.url}/-/status${query}`, options);

async function lock(name: string): Promise<string> {
  const url = `${bench.server.url}/ada/${encodeURIComponent(name)}`;
  const answer = await bench.plain(url, { method: 'LOCK', headers: other, body: LOCK });
  expect([200, 201]).toContain(answer.status);
  return String(answer.headers['lock-token']).slice(1, -1);
}

async function tokens(): Promise<string[]> {
  const { text } = await status('?view=json', { headers: operator });
  return (JSON.parse(text) as { locks: { token: string }[] }).locks.map(({ token }) => token);
}

describe('the status page', () => {
  it.each(['', '/', '?view=json', '?view=events'])('is for operators alone: %s', async query => {
    expect((await status(query)).status).toBe(401);
    expect((await status(query, { headers: other })).status).toBe(403);
    const refused = await status(query, { headers: other });
    expect(refused.text).not.toContain('ada');
  });

  it('leads a browser to the sign-in, and opens for an operator who has signed in, not for another person', async () => {
    const { emulator, url } = bench.server;
    for (const [as, expected] of [
      ['ada@contoso.com', [200, 'Server status']],
      ['grace@contoso.com', [403, 'This page is for operators']],
    ] as const) {
      emulator.setSignIn({ as });
      const browser = bench.browser(OPENED);
      const first = await browser.open(`${url}/-/status`);
      const [, link] = /href="([^"]*sign-in\?for=[^"]*)"/.exec(first.text)!;
      const page = await browser.open(new URL(link!.replaceAll('&amp;', '&'), url).href);
      expect([page.status, page.title]).toEqual(expected);
    }
  });

  it('is not opened by the device password of an operator', async () => {
    bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
    const browser = bench.browser();
    const home = await browser.signIn();
    const made = await browser.send(home, '/passwords', { name: 'Laptop' });
    const [, password] = /<pre id="password"[^>]*>([^<]*)<\/pre>/.exec(made.text)!;
    const device = basic('ada@contoso.com', password!);
    expect((await bench.plain(`${bench.server.url}/ada/`, { headers: device, method: 'PROPFIND' })).status).toBe(207);
    expect((await status('', { headers: device })).status).toBe(403);
    const { text } = await status('', { headers: operator });
    expect(text).toContain('Laptop');
    expect(text).not.toContain(password);
  });

  it('shows what is under way with every name as text, and lets nothing else run, load or frame it', async () => {
    const token = await lock("a & 'b'");
    bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
    const browser = bench.browser();
    await browser.send(await browser.signIn(), '/passwords', { name: EVIL });
    const { status: code, text, headers } = await status('', { headers: operator });
    expect(code).toBe(200);
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(text).toContain('a &amp; &#39;b&#39;');
    expect(text).toContain(token);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; /);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(text).not.toContain(bench.server.emulator.clientSecret);
  });

  it('has the data of the command status, with the space of drives in use', async () => {
    await eventually(async () => {
      const { text, headers } = await status('?view=json', { headers: operator });
      expect(headers['content-type']).toBe('application/json');
      const told = JSON.parse(text);
      expect(told).toMatchObject({ readiness: { ready: true }, mounts: { all: 2 }, problems: [] });
      expect(told.space.map(({ mount, used }: { mount: string; used: number }) => [mount, typeof used])).toContainEqual(
        ['ada', 'number'],
      );
    });
  });
});

describe('an operator', () => {
  it('is told by a folder where the page is, and nobody else is', async () => {
    const statusOf = async (headers: Record<string, string>) => {
      const { text } = await bench.plain(`${bench.server.url}/ada/?view=entries`, { headers });
      return JSON.parse(text.split('\n', 1)[0]!).folder.status;
    };
    expect([await statusOf(operator), await statusOf(other)]).toEqual(['/-/status', undefined]);
  });

  it('ends a lock, which the audit trail says', async () => {
    const token = await lock('locked');
    const answer = await status('?action=break-lock', {
      ...{ method: 'POST', headers: { ...operator, ...FORM }, body: new URLSearchParams({ token }).toString() },
    });
    expect([answer.status, answer.headers.location]).toEqual([303, '?']);
    expect(await tokens()).not.toContain(token);
    const { user } = bench.server;
    const line = { audit: 'lock-broken', user: 'other', address: '127.0.0.1', by: user, path: '/ada/locked' };
    expect(bench.audit().at(-1)).toMatchObject(line);
  });

  it('revokes a device password, and signs its person out', async () => {
    bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
    const browser = bench.browser();
    await browser.send(await browser.signIn(), '/passwords', { name: 'Lost' });
    const { text } = await status('?view=json', { headers: operator });
    const devices = JSON.parse(text).devices as { id: string; name: string; userId: string; principal: string }[];
    const { id, userId, principal } = devices.find(({ name }) => name === 'Lost')!;
    const post = (action: string, fields: Record<string, string>) =>
      status(`?action=${action}`, {
        ...{ method: 'POST', headers: { ...operator, ...FORM }, body: new URLSearchParams(fields).toString() },
      });
    expect((await post('revoke-password', { id })).status).toBe(303);
    expect((await status('', { headers: operator })).text).not.toContain('Lost');
    expect((await browser.open('')).title).toMatch(/^Your devices/);
    expect((await post('sign-out', { userId, name: principal })).status).toBe(303);
    expect((await browser.open('')).title).toMatch(/^Your files over WebDAV/);
  });

  it('sees the shares of all, and ends one, which the audit trail says', async () => {
    const make = (path: string, input: object) =>
      bench.plain(`${bench.server.url}${path}?action=share`, {
        method: 'POST',
        headers: { ...other, 'content-type': 'application/json' },
        body: JSON.stringify(input),
      });
    const evil = await make('/grace/', { kind: 'upload', password: 'open sesame' });
    const made = await make('/ada/', { kind: 'read', days: 3, maxDownloads: 5 });
    expect([evil.status, made.status]).toEqual([201, 201]);
    const { share, url } = JSON.parse(made.text);
    const told = async () => JSON.parse((await status('?view=json', { headers: operator })).text).shares;
    expect(await told()).toMatchObject([
      { kind: 'upload', owner: 'other', path: '/grace', target: 'folder', password: true, state: 'open' },
      {
        id: share.id,
        kind: 'read',
        owner: 'other',
        path: '/ada',
        maxDownloads: 5,
        downloads: 0,
        expires: share.expires,
      },
    ]);
    const { text } = await status('', { headers: operator });
    expect(text).toContain('0 of 5');
    for (const secret of [url.split('/').at(-2), 'argon2', 'open sesame']) {
      expect(text + JSON.stringify(await told())).not.toContain(secret);
    }
    const ended = await status('?action=revoke-share', {
      ...{ method: 'POST', headers: { ...operator, ...FORM }, body: new URLSearchParams({ id: share.id }).toString() },
    });
    expect(ended.status).toBe(303);
    expect((await told()).map(({ path }: { path: string }) => path)).toEqual(['/grace']);
    expect(bench.audit().at(-1)).toMatchObject({
      ...{ audit: 'share-revoked', user: 'other', by: bench.server.user, path: '/ada' },
    });
    expect((await bench.plain(url)).status).toBe(410);
  });

  it.each([
    ['de-AT,de;q=0.9,en;q=0.5', 'de', 'Zustand des Servers', 'Diese Seite ist für Betreiber'],
    ['zh-CN', 'zh', '服务器状态', '此页面仅供管理员使用'],
    ['fr, en;q=0.1', 'en', 'Server status', 'This page is for operators'],
  ])('reads the page in the language of the browser: %s', async (accepted, lang, title, refusal) => {
    const language = { 'accept-language': accepted };
    const page = await status('', { headers: { ...operator, ...language } });
    expect(page.text).toContain(`<html lang="${lang}">`);
    expect(page.text).toContain(`<h1>${title}</h1>`);
    expect(page.headers.vary).toContain('Accept-Language');
    expect((await status('', { headers: { ...other, ...language } })).text).toContain(refusal);
    const gone = new AbortController();
    const stream = await request(`${bench.server.url}/-/status?view=events`, {
      headers: { ...operator, ...language },
      signal: gone.signal,
    });
    for await (const chunk of stream.body) {
      if (String(chunk).includes('event: page')) {
        expect(String(chunk)).toContain(title);
        break;
      }
    }
    gone.abort();
  });

  it.each([
    ['a page elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['another host of our domain', { 'sec-fetch-site': 'same-site' }],
    ['an old browser on a page elsewhere', { 'sec-fetch-site': '', origin: 'https://evil.example' }],
    ['nobody who says', { 'sec-fetch-site': '' }],
    ['a script with another kind of body', { 'content-type': 'text/plain' }],
  ])('does nothing for %s', async (_, headers) => {
    const token = await lock('stays');
    const body = new URLSearchParams({ token }).toString();
    const all = { ...operator, ...FORM, ...headers } as Record<string, string>;
    const answer = await status('?action=break-lock', { method: 'POST', headers: all, body });
    expect([400, 403]).toContain(answer.status);
    expect((await status(`?action=break-lock&${body}`, { headers: operator })).status).toBe(200);
    expect(await tokens()).toContain(token);
    await bench.plain(`${bench.server.url}/ada/stays`, {
      method: 'UNLOCK',
      headers: { ...other, 'lock-token': `<${token}>` },
    });
  });

  it('refuses an action that does not exist, and other methods', async () => {
    const post = { method: 'POST', headers: { ...operator, ...FORM }, body: '' };
    expect((await status('?action=constructor', post)).status).toBe(400);
    expect((await status('', { method: 'DELETE', headers: operator })).status).toBe(405);
    expect((await status('', { method: 'PUT', headers: operator, body: 'x' })).status).toBe(405);
  });
});

describe('the stream of states', () => {
  it('shows each new state to all who watch', async () => {
    const gone = new AbortController();
    const answer = await request(`${bench.server.url}/-/status?view=events`, {
      headers: operator,
      signal: gone.signal,
    });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    let text = '';
    let token: string | undefined;
    try {
      for await (const chunk of answer.body) {
        text += String(chunk);
        if (token === undefined && text.includes('event: page')) {
          token = await lock('watched');
        }
        if (token !== undefined && text.includes(token)) {
          gone.abort();
        }
      }
    } catch (error) {
      expect((error as Error).name).toBe('AbortError');
    }
    expect(text).toContain('/ada/watched');
  });

  it('ends for those who are signed out, while others watch on', async () => {
    const { emulator, url } = bench.server;
    emulator.setSignIn({ as: 'ada@contoso.com' });
    const browser = bench.browser();
    await browser.send(await browser.signIn(), '/passwords', { name: 'Watching' });
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const gone = new AbortController();
    const [theirs, ours] = await Promise.all(
      [{ cookie, 'sec-fetch-site': 'same-origin' }, operator].map(headers =>
        request(`${url}/-/status?view=events`, { headers, signal: gone.signal }),
      ),
    );
    expect([theirs!.statusCode, ours!.statusCode]).toEqual([200, 200]);
    const seen = theirs!.body.text();
    const { text } = await status('?view=json', { headers: operator });
    const devices = JSON.parse(text).devices as { name: string; userId: string; principal: string }[];
    const { userId, principal } = devices.find(({ name }) => name === 'Watching')!;
    const fields = new URLSearchParams({ userId, name: principal }).toString();
    const out = await status('?action=sign-out', { method: 'POST', headers: { ...operator, ...FORM }, body: fields });
    expect(out.status).toBe(303);
    // What our stream shows of the first lock was asked for after the sign-out; the second lock is of a later look.
    const left = ['after one', 'after two'];
    let awaited = await lock('after one');
    let shown = '';
    for await (const chunk of ours!.body) {
      shown += String(chunk);
      if (shown.includes(awaited)) {
        left.shift();
        if (left.length === 0) {
          break;
        }
        awaited = await lock(left[0]!);
      }
    }
    expect(await seen).not.toContain('after two');
    gone.abort();
  });
});

describe('the last problems', () => {
  it('are the warnings and errors of the log, without secrets; the same one takes one place', () => {
    const problems = new RecentProblems();
    const log = createLog({ level: 'info', destination: { write: () => {} }, problems });
    const child = log.child({ part: 'x' });
    log.info('fine');
    child.warn({ err: new Error('it says Authorization: Bearer abcdefgh.ijklmnop') }, 'could not');
    log.error({ cause: 'throttled', id: 'r1' }, 'again');
    log.error({ cause: 'throttled', id: 'r2' }, 'again');
    log.error(new Error('alone'));
    const shown = problems
      .all()
      .map(({ level, message, cause, request: id, count }) => [level, message, cause, id, count]);
    expect(shown).toEqual([
      ['error', 'alone', undefined, undefined, 1],
      ['error', 'again', 'throttled', 'r2', 2],
      ['warn', 'could not', expect.not.stringContaining('abcdefgh'), undefined, 1],
    ]);
    for (let count = 0; count < 100; count += 1) {
      log.warn(`${count}`);
    }
    expect(problems.all()).toHaveLength(50);
    expect(problems.all()[0]).toMatchObject({ message: '99' });
  });
});
