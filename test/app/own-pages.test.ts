import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVICES } from '../../src/account/connect/guides.ts';
import type { ActionName } from '../../src/browser/handler.ts';
import { type AccountBench, PEOPLE, startAccountBench } from '../support/account-bench.ts';
import { davClient } from '../support/dav-client.ts';
import { askAs, type PageAnswer } from '../support/page-visitor.ts';
import { basic } from '../support/raw-http.ts';
import { makeShare } from '../support/shares.ts';

type Headers = Record<string, string>;

/** `page`: for browsers alone. `program`: for programs as well. `cookie`: its credentials are a cookie. */
type Kind = 'page' | 'program' | 'cookie';

/** Something that changes or asks for something, and the sign by which it says that a page elsewhere has sent it. */
interface Door {
  readonly kind: Kind;
  readonly isRefused: (headers: Headers) => Promise<boolean>;
}

const ACTIONS: Record<ActionName, true> = {
  ...{ 'restore-version': true, share: true, unshare: true, zip: true, upload: true },
  ...{ 'upload-commit': true, 'upload-status': true, 'upload-cancel': true },
};
const OPERATOR_ACTIONS = ['break-lock', 'revoke-password', 'revoke-share', 'sign-out'];
const ACCOUNT_FORMS = ['passwords', 'revoke', 'revoke-all', 'sign-out', ...DEVICES.map(each => `connect/${each}`)];
const PASSWORD = 'open sesame';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The ways of browsers to this server: what a proxy adds to their requests, and the origin of our pages for them. */
const WAYS: [string, { listen?: string; publicUrl?: string; added: Headers; own?: string; hasAccount: boolean }][] = [
  ['by its own address', { added: {}, hasAccount: true }],
  [
    'by a public URL, through a trusted proxy',
    {
      listen: 'trustedProxies: [127.0.0.1]',
      publicUrl: 'https://files.example',
      added: { host: 'internal:8080', 'x-forwarded-host': 'files.example', 'x-forwarded-proto': 'https' },
      own: 'https://files.example',
      hasAccount: true,
    },
  ],
  [
    'by a name that only a trusted proxy states',
    {
      listen: 'trustedProxies: [127.0.0.1]',
      added: { host: 'internal:8080', 'x-forwarded-host': 'files.example:8443', 'x-forwarded-proto': 'https' },
      own: 'https://files.example:8443',
      // Signing in needs a public URL.
      hasAccount: false,
    },
  ],
  [
    'by a public URL, through a proxy that passes only the host on',
    {
      publicUrl: 'https://files.example',
      added: { host: 'files.example', 'x-forwarded-host': 'evil.example' },
      own: 'https://files.example',
      hasAccount: true,
    },
  ],
];

/** What browsers and programs say, by the origin of our pages; and which kinds take it. */
const CASES: [string, (own: string) => Headers, readonly Kind[]][] = [
  ['a page of ours', own => says('same-origin', own), ['page', 'program', 'cookie']],
  ['a page of ours that tells nobody where it is', () => says('same-origin', 'null'), ['page', 'program', 'cookie']],
  ['a page of ours, without Origin', () => says('same-origin'), ['page', 'program', 'cookie']],
  [
    'a page of ours behind a proxy without a port',
    own => says('same-origin', otherPort(own)),
    ['page', 'program', 'cookie'],
  ],
  ['a page of ours in an old browser', own => says(undefined, own), ['page', 'program']],
  ['a program', () => ({}), ['program']],
  ['a host of our domain', () => says('same-site', 'https://next.example'), []],
  ['a host of our domain that hides', () => says('same-site', 'null'), []],
  ['a page elsewhere', () => says('cross-site', 'https://evil.example'), []],
  ['a page elsewhere that hides, or a sandbox', () => says('cross-site', 'null'), []],
  ['a page elsewhere, without Origin', () => says('cross-site'), []],
  ['an address that was typed', () => says('none'), []],
  ['a page elsewhere in an old browser', () => says(undefined, 'https://evil.example'), []],
  ['a page elsewhere with our name in its own', own => says(undefined, `${own}.evil.example`), []],
  ['a page that hides in an old browser', () => says(undefined, 'null'), []],
  ['a page on another port in an old browser', own => says(undefined, otherPort(own)), []],
  ['a page without TLS in an old browser', own => says(undefined, own.replace('https:', 'http:')), []],
  ['two words at once', own => says('same-origin, cross-site', own), []],
  ['an Origin that is none', () => says(undefined, 'files.example'), []],
];

function says(site?: string, origin?: string): Headers {
  return { ...(site && { 'sec-fetch-site': site }), ...(origin && { origin }) };
}

function otherPort(own: string): string {
  return `${own.replace(/:\d+$/, '')}:9`;
}

describe.each(WAYS)('%s', (_, way) => {
  let bench: AccountBench;
  let own: string;
  const doors: Record<string, Door> = {};

  beforeAll(async () => {
    const listen = `listen: { host: 127.0.0.1, port: 0, ${way.listen ?? ''} }`;
    bench = await startAccountBench({
      isOperator: true,
      yaml: [...PEOPLE, 'shares: {}', listen],
      ...(way.publicUrl === undefined ? {} : { publicUrl: way.publicUrl }),
    });
    own = way.own ?? bench.server.url;
    await bench.server.mailboxes.ada.put('/in/a.txt', 'a');
    Object.assign(doors, actionDoors(), statusDoors(), await shareDoors());
    if (way.hasAccount) {
      Object.assign(doors, await accountDoors());
    }
  });
  afterAll(async () => {
    expect(bench.server.emulator.violations).toEqual([]);
    await bench.stop();
  });

  const send = (path: string, headers: Headers, { method = 'POST', body = '' } = {}): Promise<PageAnswer> =>
    askAs(`${bench.server.url}${path}`, { ...way.added, ...headers }, { method, body });
  const user = () => basic(bench.server.user, bench.server.password);

  function actionDoors(): Record<string, Door> {
    const json = { 'content-type': 'application/json' };
    const doorOf = (name: string): Door => ({
      kind: 'program',
      isRefused: async headers => {
        const answer = await send(`/ada/in/?action=${name}`, { ...user(), ...json, ...headers }, { body: '{}' });
        return JSON.parse(answer.text).error?.code === 'other-origin';
      },
    });
    return Object.fromEntries(Object.keys(ACTIONS).map(name => [`the action ${name}`, doorOf(name)]));
  }

  function statusDoors(): Record<string, Door> {
    const doorOf = (name: string): Door => ({
      kind: 'page',
      isRefused: async headers => {
        // Another kind of body does nothing, so that nobody is signed out here.
        const sent = { ...user(), 'content-type': 'text/plain', ...headers };
        const { status } = await send(`/-/status?action=${name}`, sent);
        expect([400, 403]).toContain(status);
        return status === 403;
      },
    });
    return Object.fromEntries(OPERATOR_ACTIONS.map(name => [`the operator’s button ${name}`, doorOf(name)]));
  }

  async function shareDoors(): Promise<Record<string, Door>> {
    const dav = davClient(bench.server);
    const open = await makeShare(dav, '/ada/in/', { kind: 'upload' });
    const closed = await makeShare(dav, '/ada/in/', { kind: 'read', password: PASSWORD });
    const body = new URLSearchParams({ password: PASSWORD }).toString();
    const answer = await send(closed.root, { ...FORM, ...says('same-origin', 'null') }, { body });
    const cookie = answer.headers['set-cookie']!.split(';', 1)[0]!;
    return {
      'the form with files': {
        kind: 'program',
        isRefused: async headers => {
          const type = { 'content-type': 'multipart/form-data; boundary=b' };
          const { status, text } = await send(open.root, { ...type, ...headers }, { body: '--b--\r\n' });
          return status === 403 && text.includes('another page');
        },
      },
      'the form with the password of a share': {
        kind: 'page',
        isRefused: async headers => {
          const { status } = await send(closed.root, { ...FORM, ...headers }, { body });
          expect([303, 403]).toContain(status);
          return status === 403;
        },
      },
      'the cookie of a share': cookieDoor(cookie, closed.root),
    };
  }

  async function accountDoors(): Promise<Record<string, Door>> {
    const browser = bench.browser(way.added);
    await browser.signIn();
    const cookie = [...browser.cookies].map(pair => pair.join('=')).join('; ');
    const doorOf = (name: string): Door => ({
      kind: 'page',
      isRefused: async headers => {
        // Without its token a form does nothing either.
        const { status, text } = await send(`/-/account/${name}`, { cookie, ...FORM, ...headers });
        expect(status).toBe(403);
        return text.includes('Another page has sent this');
      },
    });
    const forms = ACCOUNT_FORMS.map(name => [`the account’s form ${name}`, doorOf(name)]);
    return { ...Object.fromEntries(forms), 'the session of a person': cookieDoor(cookie, '/ada/in/') };
  }

  function cookieDoor(cookie: string, path: string): Door {
    return {
      kind: 'cookie',
      isRefused: async headers => {
        const { status } = await send(path, { cookie, ...headers }, { method: 'PROPFIND' });
        expect([207, 401]).toContain(status);
        return status === 401;
      },
    };
  }

  it.each(CASES)('%s', async (_name, headersOf, takers) => {
    const headers = headersOf(own);
    // A server that does not know of TLS has both schemes.
    const isOwnInFact = headers.origin === own && headers['sec-fetch-site'] === undefined;
    for (const [name, { kind, isRefused }] of Object.entries(doors)) {
      const isTaken = takers.includes(kind) || (isOwnInFact && kind !== 'cookie');
      expect([name, await isRefused(headers)]).toEqual([name, !isTaken]);
    }
  });
});

describe('a name that nobody vouches for', () => {
  it.each(['x-forwarded-host', 'forwarded'])('is none of ours: %s', async header => {
    const bench = await startAccountBench({ yaml: [...PEOPLE, 'listen: { host: 127.0.0.1, port: 0 }'] });
    const headers = {
      ...basic(bench.server.user, bench.server.password),
      'content-type': 'application/json',
      origin: 'https://evil.example',
      [header]: header === 'forwarded' ? 'host=evil.example;proto=https' : 'evil.example',
    };
    const answer = await askAs(`${bench.server.url}/ada/?action=zip`, headers, { method: 'POST', body: '{}' });
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([403, 'other-origin']);
    await bench.stop();
  });
});
