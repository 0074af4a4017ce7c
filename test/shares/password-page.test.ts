import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { State } from '../../src/state/state.ts';
import { davClient } from '../support/dav-client.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import type { FrontDoorOptions, FrontDoorTest } from '../support/front-door.ts';
import { askAs, OPENED, type PageAnswer, SCRIPT, SENT } from '../support/page-visitor.ts';
import { cheapHash } from '../support/passwords.ts';
import { basic } from '../support/raw-http.ts';
import { type MadeShare, makeShare, startShares, visitor } from '../support/shares.ts';
import { openMemoryState } from '../support/state-engines.ts';

const PASSWORD = 'correct horse & ü';
const HOUR_MS = 60 * 60_000;

let front: FrontDoorTest;
let clock: FakeClock;
let share: MadeShare;

beforeEach(() => {
  clock = fakeClock();
});
afterEach(() => front.stop());

async function start(options: FrontDoorOptions = {}, input: object = {}): Promise<void> {
  front = await startShares({ clock, ...options });
  const base = options.listen?.basePath?.map(name => `/${name}`).join('') ?? '';
  const dav = davClient(front);
  await dav('MKCOL', `${base}/m/Private%20things/`);
  await dav('PUT', `${base}/m/Private%20things/a.txt`, {}, 'four');
  share = await makeShare(dav, `${base}/m/Private%20things/`, { kind: 'read', password: PASSWORD, ...input });
}

/** A state whose shares have what `now` says. */
function stateWith(now: { readonly passwordHash?: string }): State {
  const state = openMemoryState();
  const find: State['shares']['find'] = async digest => {
    const found = await state.shares.find(digest);
    return found && { ...found, ...now };
  };
  const shares = new Proxy(state.shares, {
    get: (target, name) => (name === 'find' ? find : Reflect.get(target, name).bind(target)),
  });
  return { ...state, shares };
}

const ask = (path: string, headers: Record<string, string>, options: Parameters<typeof askAs>[2] = {}) =>
  askAs(`${front.url}${path}`, headers, options);
/** Sends the form of the page, as a browser does. */
const send = (password: string, { path = share.root, headers = {} }: { path?: string; headers?: object } = {}) =>
  ask(
    path,
    { ...SENT, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    { method: 'POST', body: new URLSearchParams({ password }).toString() },
  );
const cookieOf = ({ headers }: PageAnswer) => headers['set-cookie']!.split(';', 1)[0]!;
/** A browser that has sent the password: the header with its cookie. */
const unlocked = async (password = PASSWORD) => ({ cookie: cookieOf(await send(password)) });
const refusals = () =>
  front.logged
    .map(line => JSON.parse(line))
    .filter(({ audit }) => audit === 'share-refused')
    .map(({ reason, user, address }) => ({ reason, user, address }));

const shows = ({ status, headers, text }: PageAnswer, problem?: string) => {
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe(`Cookie realm="Share ${share.id}"`);
  expect(text.match(/<input/g)).toHaveLength(1);
  expect(text).toContain('type="password"');
  expect(/<p id="problem" role="alert">([^<]*)/.exec(text)?.[1]).toBe(problem);
};

describe('a browser that opens a share with a password', () => {
  it('gets a page that asks for the password alone, and tells nothing of the share', async () => {
    await start();
    for (const [path, site] of [
      [share.root, 'none'],
      [`${share.root}a.txt`, 'cross-site'],
      [`${share.root}?view=zip`, 'same-origin'],
    ] as const) {
      const page = await ask(path, { ...OPENED, 'sec-fetch-site': site });
      shows(page);
      expect(page.text).not.toMatch(/Private|a\.txt|four|<script/);
      expect(page.headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-robots-tag': 'noindex, nofollow',
        'x-content-type-options': 'nosniff',
      });
      expect(page.headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; base-uri/,
      );
    }
  });

  it.each([
    ['a program', {}],
    ['a program that wants HTML', { accept: 'text/html' }],
    ['a frame on a page elsewhere', { ...OPENED, 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }],
    ['a script on a page elsewhere', { ...SCRIPT, 'sec-fetch-site': 'cross-site' }],
    ['a wrong password of a program', basic('guest', 'wrong')],
  ])('is nobody else: %s gets the challenge of Basic', async (_, headers) => {
    await start();
    for (const method of ['GET', 'PROPFIND', 'OPTIONS']) {
      const { status, headers: told, text } = await ask(share.root, headers as Record<string, string>, { method });
      expect([status, told['www-authenticate'], told.dav]).toEqual([
        401,
        `Basic realm="Share ${share.id}", charset="UTF-8"`,
        '1, 3',
      ]);
      expect(text).not.toContain('<form');
    }
  });

  it('is not asked by its own dialogue in the midst of our page', async () => {
    await start();
    const { status, headers, text } = await ask(share.root, SCRIPT, { method: 'PROPFIND' });
    expect([status, headers['www-authenticate']]).toEqual([401, `Cookie realm="Share ${share.id}"`]);
    expect(text).not.toContain('<form');
  });

  it('comes with the right one to what it has opened, and with a cookie of this share alone', async () => {
    await start();
    for (const path of [share.root, `${share.root}a%20%26b.txt`, `${share.root}?view=zip&ticket=1`]) {
      const answer = await send(PASSWORD, { path });
      expect([answer.status, answer.headers.location, answer.headers['cache-control']]).toEqual([
        303,
        path,
        'no-store',
      ]);
      expect(answer.headers['set-cookie']).toMatch(
        /^__Secure-onedrive-webdav-share=[\w.-]+; Path=\/-\/s\/\w+; Max-Age=43200; Secure; HttpOnly; SameSite=Lax$/,
      );
      expect(answer.headers['set-cookie']).toContain(`Path=${share.root.replace(/\/$/, '')};`);
    }
    expect(front.logged.join('\n')).not.toMatch(/correct horse|__Secure/);
  });

  it.each([
    ['doubled slashes', '/', '//evil.example/', '/evil.example/'],
    ['the URL of another server', '/', '/https://evil.example/', '/https%3A/evil.example/'],
    ['a query', '/', '/?to=//evil.example/', '/?to=//evil.example/'],
    ['a place that looks like a host', '//', '/', '/'],
    ['an encoded place', '/%2D/', '/', '/'],
  ])('is led nowhere else by %s', async (_, before, end, place) => {
    await start();
    const path = `${share.root.replace(before === '/%2D/' ? '/-/' : '/', before).slice(0, -1)}${end}`;
    const { status, headers } = await send(PASSWORD, { path });
    expect([status, headers.location]).toEqual([303, `${share.root.slice(0, -1)}${place}`]);
  });

  it('is told that another one is wrong, and gets no cookie', async () => {
    await start();
    const answer = await send('wrong');
    shows(answer, 'This password is wrong.');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(refusals()).toEqual([{ reason: 'wrong password', user: `share:${share.id}`, address: '127.0.0.1' }]);
    // What the browser has already does not make it right.
    shows(await send('wrong again', { headers: await unlocked() }), 'This password is wrong.');
    expect(refusals()).toHaveLength(2);
    // Nothing was typed: that is no guess.
    shows(await send(''));
    expect(refusals()).toHaveLength(2);
  });

  it('guesses by it as slowly as by Basic, with the same lines; the two count together', async () => {
    await start();
    expect((await send(PASSWORD)).status).toBe(303);
    for (let turn = 0; turn < 6; turn += 1) {
      expect((await visitor(front, `by Basic ${turn}`)('GET', share.root)).status).toBe(401);
    }
    for (let turn = 0; turn < 4; turn += 1) {
      shows(await send(`by the form ${turn}`), 'This password is wrong.');
    }
    const blocked = await send('one more');
    expect([blocked.status, blocked.headers['retry-after']]).toEqual([429, '5']);
    expect(blocked.text).toContain('Please try again in 5 seconds.');
    expect(blocked.text).toContain('type="password"');
    expect(refusals().map(({ reason }) => reason)).toEqual([
      ...Array<string>(10).fill('wrong password'),
      'too many wrong passwords',
    ]);
    expect((await send(PASSWORD)).status).toBe(303);
  });

  it.each([
    ['none', {}, 404],
    ['one that has ended', {}, 410],
  ])('with a form for a share that is not there is told so: %s', async (kind, _, status) => {
    await start({}, { days: 1 });
    clock.advance(kind === 'none' ? 0 : 25 * HOUR_MS);
    const path = kind === 'none' ? share.root.replace(/.\/$/, 'u/') : share.root;
    const answer = await send(PASSWORD, { path });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([status, undefined]);
    expect(refusals().some(({ reason }) => reason === 'wrong password')).toBe(false);
  });

  it('comes to a share that has no password without a cookie', async () => {
    await start();
    const open = await makeShare(davClient(front), '/m/Private%20things/', { kind: 'read' });
    const answer = await send('any', { path: open.root });
    expect([answer.status, answer.headers.location, answer.headers['set-cookie']]).toEqual([303, open.root, undefined]);
  });

  it.each([
    ['too long', 'x'.repeat(20_000), 413],
    ['not named password', '', 401],
  ])('that sends another form is refused: %s', async (kind, password, status) => {
    await start();
    const body = kind === 'too long' ? `password=${password}` : 'token=x';
    const headers = { ...SENT, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask(share.root, headers, { method: 'POST', body })).status).toBe(status);
  });

  it('is answered with the names that a base path and a proxy put before the share', async () => {
    await start({ listen: { basePath: ['dav'], trustedProxies: ['127.0.0.1'] } });
    const headers = { 'x-forwarded-prefix': '/behind' };
    const answer = await send(PASSWORD, { headers });
    expect(answer.headers.location).toBe(`/behind${share.root}`);
    expect(answer.headers['set-cookie']).toContain(`; Path=/behind/dav/-/s/${share.token};`);
  });
});

describe('the cookie of a share', () => {
  it('opens every route of a share to read', async () => {
    await start();
    const cookie = await unlocked();
    const json = { ...SCRIPT, ...cookie, 'content-type': 'application/json', origin: front.url };
    const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;
    expect(await statusOf(share.root, { ...OPENED, ...cookie })).toBe(200);
    expect(await statusOf(`${share.root}a.txt`, { ...OPENED, ...cookie, 'sec-fetch-site': 'cross-site' })).toBe(200);
    expect((await ask(`${share.root}a.txt`, { ...SCRIPT, ...cookie, range: 'bytes=1-2' })).text).toBe('ou');
    expect(await statusOf(`${share.root}a.txt`, { ...SCRIPT, ...cookie }, { method: 'HEAD' })).toBe(200);
    expect(await statusOf(share.root, { ...SCRIPT, ...cookie, depth: '1' }, { method: 'PROPFIND' })).toBe(207);
    expect((await ask(`${share.root}?view=entries`, { ...SCRIPT, ...cookie })).text).toContain('a.txt');
    const zip = await ask(`${share.root}?action=zip`, json, { method: 'POST', body: '{"names":["a.txt"]}' });
    expect(zip.status).toBe(200);
    expect(await statusOf(JSON.parse(zip.text).href, { ...OPENED, ...cookie })).toBe(200);
  });

  it('opens every route of a share that takes files', async () => {
    await start({}, { kind: 'upload' });
    const cookie = await unlocked();
    const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;
    const page = await ask(share.root, { ...OPENED, ...cookie, accept: 'text/html' });
    expect(page.text).toContain('enctype="multipart/form-data"');
    const script = { ...SCRIPT, ...cookie };
    expect(await statusOf(`${share.root}b.txt`, script, { method: 'PUT', body: 'b' })).toBe(201);
    expect(await statusOf(`${share.root}below/`, script, { method: 'MKCOL' })).toBe(201);
    const form = '--b\r\nContent-Disposition: form-data; name="files"; filename="c.txt"\r\n\r\nc\r\n--b--\r\n';
    const sent = { ...SENT, ...cookie, 'content-type': 'multipart/form-data; boundary=b' };
    expect(await statusOf(share.root, sent, { method: 'POST', body: form })).toBe(201);
    // Without it the same form is told so, and nothing of it is stored.
    const { cookie: _, ...without } = sent;
    shows(await ask(share.root, without, { method: 'POST', body: form.replace('c.txt', 'd.txt') }));
    expect((await davClient(front)('GET', '/m/Private%20things/d.txt')).status).toBe(404);
  });

  it('opens no other share, even of the same password and salt, and no user’s files', async () => {
    const state = stateWith({ passwordHash: cheapHash(PASSWORD) });
    await start({ state });
    const cookie = await unlocked();
    const dav = davClient(front);
    const others = [
      await makeShare(dav, '/m/Private%20things/', { kind: 'read', password: PASSWORD }),
      await makeShare(dav, '/m/Private%20things/', { kind: 'upload', password: PASSWORD }),
    ];
    for (const path of [...others.map(({ root }) => root), '/m/Private%20things/', '/m/Private%20things/a.txt']) {
      expect([path, (await ask(path, { ...SCRIPT, ...cookie })).status]).toEqual([path, 401]);
    }
    expect((await ask(others[0]!.root, { ...OPENED, ...basic('guest', PASSWORD) })).status).toBe(200);
    // A host of our domain may plant one that is wrong; the right one beside it counts.
    const both = `__Secure-onedrive-webdav-share=zzz.${'a'.repeat(43)}; ${cookie.cookie}`;
    expect((await ask(share.root, { ...OPENED, cookie: both })).status).toBe(200);
    await state.close();
  });

  it('cannot be made, changed or prolonged', async () => {
    await start();
    const [name, value] = (await unlocked()).cookie.split('=') as [string, string];
    const [ends, code] = value.split('.') as [string, string];
    const later = (Number.parseInt(ends, 36) + 1).toString(36);
    const other = `${code.slice(0, -2)}${code.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const each of ['', ends, `${ends}.`, `.${code}`, `${later}.${code}`, `${ends}.${other}`, `${ends}.${code}x`]) {
      expect([each, (await ask(share.root, { ...OPENED, cookie: `${name}=${each}` })).status]).toEqual([each, 401]);
    }
    expect((await ask(share.root, { ...OPENED, cookie: `${name}=${ends}.${code}` })).status).toBe(200);
  });

  it('ends after twelve hours, and then the page asks again', async () => {
    await start();
    const cookie = await unlocked();
    clock.advance(12 * HOUR_MS - 1);
    expect((await ask(share.root, { ...OPENED, ...cookie })).status).toBe(200);
    clock.advance(1);
    shows(await ask(share.root, { ...OPENED, ...cookie }));
  });

  it('ends with its share', async () => {
    await start({}, { days: 1 });
    clock.advance(23 * HOUR_MS);
    const answer = await send(PASSWORD);
    expect(answer.headers['set-cookie']).toContain('Max-Age=3600;');
    clock.advance(HOUR_MS);
    expect((await ask(share.root, { ...OPENED, cookie: cookieOf(answer) })).status).toBe(410);
  });

  it('ends when the password is another one', async () => {
    const now: { passwordHash?: string } = {};
    const state = stateWith(now);
    await start({ state });
    const cookie = await unlocked();
    now.passwordHash = cheapHash('another one');
    shows(await ask(share.root, { ...OPENED, ...cookie }));
    expect((await ask(share.root, { ...OPENED, ...(await unlocked('another one')) })).status).toBe(200);
    // The same password again has another salt.
    now.passwordHash = cheapHash(PASSWORD);
    shows(await ask(share.root, { ...OPENED, ...cookie }));
    await state.close();
  });

  const FOREIGN: [string, Record<string, string>][] = [
    ['a host of our domain', { 'sec-fetch-site': 'same-site', origin: 'https://next.example' }],
    ['a page elsewhere', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a page that hides where it is', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['nowhere', { 'sec-fetch-site': 'none' }],
    ['somebody who does not say', {}],
  ];
  it.each(FOREIGN)('changes and asks nothing for %s', async (_, headers) => {
    await start({}, { kind: 'upload' });
    const cookie = await unlocked();
    const form = '--b\r\nContent-Disposition: form-data; name="files"; filename="c.txt"\r\n\r\nc\r\n--b--\r\n';
    for (const [method, path, body, type] of [
      ['PUT', 'c.txt', 'c', 'text/plain'],
      ['MKCOL', 'd/', null, ''],
      ['POST', '', form, 'multipart/form-data; boundary=b'],
      ['POST', '?action=zip', '{"names":["a.txt"]}', 'application/json'],
      ['PROPFIND', '', null, ''],
    ] as const) {
      const all = { ...cookie, ...headers, ...(type === '' ? {} : { 'content-type': type }) };
      const { status } = await ask(`${share.root}${path}`, all, { method, body });
      expect([method, path, status]).toEqual([method, path, 401]);
    }
    const { text } = await davClient(front)('GET', '/m/Private%20things/?view=entries');
    expect(text).not.toMatch(/"c\.txt"|"d"/);
  });

  it.each(FOREIGN)('cannot be got with a form of %s, which counts as no guess', async (_, headers) => {
    await start();
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    for (const password of [PASSWORD, 'wrong']) {
      const body = new URLSearchParams({ password }).toString();
      const answer = await ask(share.root, form, { method: 'POST', body });
      expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
    }
    expect(refusals()).toEqual([]);
  });

  it.each([
    ['same-site', 'no-cors', 'image'],
    ['cross-site', 'no-cors', 'script'],
    ['cross-site', 'navigate', 'iframe'],
    ['cross-site', 'cors', 'empty'],
  ])('loads nothing for a page elsewhere: %s, %s, %s', async (site, mode, dest) => {
    await start();
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, ...(await unlocked()) };
    expect((await ask(`${share.root}a.txt`, headers)).status).toBe(401);
  });

  it('counts before the credentials of a user, which a browser sends by itself', async () => {
    await start();
    const user = basic(front.user, front.password);
    shows(await ask(share.root, { ...OPENED, ...user }));
    const counted = refusals().length;
    const cookie = { cookie: cookieOf(await send(PASSWORD, { headers: user })) };
    expect((await ask(share.root, { ...OPENED, ...user, ...cookie })).status).toBe(200);
    expect((await ask(share.root, { ...SCRIPT, ...user, ...cookie }, { method: 'PROPFIND' })).status).toBe(207);
    expect(refusals()).toHaveLength(counted);
  });
});
