import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readDevicePassword } from '../../src/auth/device-password.ts';
import { type AccountBench, type AccountBrowser, startAccountBench } from '../support/account-bench.ts';
import type { BrowserAnswer } from '../support/sign-in-browser.ts';

const RULE = ['people:', '  - { match: "*@contoso.com", mounts: own, devicePasswords: 3 }'];

let bench: AccountBench;
let browser: AccountBrowser;
let page: BrowserAnswer;

beforeAll(async () => {
  bench = await startAccountBench({ yaml: RULE });
});
afterAll(() => bench?.stop());
beforeEach(async () => {
  bench.server.emulator.setSignIn({ as: 'ada@contoso.com' });
  browser = bench.browser();
  page = await browser.send(await browser.signIn(), '/revoke-all');
  page = await browser.signIn();
});

const shown = ({ status, title = '' }: BrowserAnswer) => [status, title.split(' – ')[0]];
const make = (from: BrowserAnswer, fields: Record<string, string> = {}) =>
  browser.send(from, '/passwords', { name: 'Laptop', ...fields });
const passwordOn = ({ text }: BrowserAnswer) => /<pre id="password"[^>]*>([^<]*)<\/pre>/.exec(text)?.[1];
const listed = ({ text }: BrowserAnswer) =>
  [...text.matchAll(/<li><div><h3><bdi>(.*?)<\/bdi><\/h3>\n<p class="quiet">(.*?)<\/p>/g)].map(([, name, about]) => [
    name,
    about!.replaceAll(/<[^>]*>/g, '').replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME'),
  ]);

describe('a device password', () => {
  it('is made, shown once, and listed without itself', async () => {
    const made = await make(page);
    expect(shown(made)).toEqual([200, 'The password for \u2068Laptop\u2069']);
    const password = passwordOn(made)!;
    expect(readDevicePassword(password)).toHaveProperty('digest');
    expect(made.text).toContain(`<code translate="no">${bench.server.url}/</code>`);
    const list = await browser.open('');
    expect(listed(list)).toEqual([['Laptop', 'Made TIME UTC']]);
    expect(list.text).toContain('Not used yet');
    expect(list.text).not.toContain(password);
  });

  it('is in the audit by its name, and in no log by itself', async () => {
    const password = passwordOn(await make(page))!;
    expect(bench.audit().at(-1)).toMatchObject({ audit: 'password-made', user: 'ada@contoso.com', device: 'Laptop' });
    const log = bench.server.logged.join('\n');
    const { digest } = readDevicePassword(password) as { digest: string };
    expect([log.includes(password), log.includes(password.replaceAll('-', '')), log.includes(digest)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('may end, only read, and open one folder', async () => {
    await make(page, { expires: '2999-12-31', readOnly: 'yes', folder: '/Documents/Projects & more/' });
    expect(listed(await browser.open(''))).toEqual([
      ['Laptop', 'Made TIME UTC · ends TIME UTC · read only · only Documents/Projects &amp; more'],
    ]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['without a name', { name: ' ' }, /Give the password a name/],
    ['with a name that is too long', { name: 'x'.repeat(61) }, /Give the password a name/],
    ['that is over', { expires: '2020-01-01' }, /The last day must be/],
    ['whose end is no day', { expires: 'tomorrow' }, /The last day must be/],
    ['for a folder above', { folder: '../secret' }, /The folder must be/],
    ['for a folder of another system', { folder: 'C:\\Windows' }, /The folder must be/],
  ])('is not made %s; the form says why and keeps what was typed', async (_, fields, problem) => {
    const answer = await make(page, fields);
    expect(shown(answer)).toEqual([400, 'Your devices']);
    expect(answer.text).toMatch(problem);
    const [typed] = Object.values(fields);
    expect(answer.text).toContain(`value="${typed}"`);
    expect(listed(answer)).toEqual([]);
  });

  it('has a name that is a text and no markup', async () => {
    const made = await make(page, { name: '<img src=x>"\'&' });
    expect(made.text).toContain(
      '<h1>The password for <bdi translate="no">&lt;img src=x&gt;&quot;&#39;&amp;</bdi></h1>',
    );
    expect((await browser.open('')).text).not.toContain('<img');
  });

  it('is made once when its form is sent again, as by reloading', async () => {
    await make(page);
    expect(shown(await make(page))).toEqual([409, 'This password was made already']);
    expect(listed(await browser.open(''))).toHaveLength(1);
  });

  it('is made once when its form is sent twice at once', async () => {
    const answers = await Promise.all([make(page), make(page)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(listed(await browser.open(''))).toHaveLength(1);
  });

  it('is refused beyond the number of the rule, also to a form from before', async () => {
    const spare = page;
    for (let index = 0; index < 3; index += 1) {
      await make(await browser.open(''));
    }
    const full = await browser.open('');
    expect(full.text).toContain('You have 3 passwords, and may not have more');
    expect(full.text).not.toContain('/-/account/passwords');
    expect(shown(await make(spare))).toEqual([409, 'You have too many passwords']);
  });
});

describe('revoking', () => {
  it('removes one, and the page goes on', async () => {
    await make(page);
    await make(await browser.open(''), { name: 'Phone' });
    const list = await browser.open('');
    // The first one in the list.
    expect(shown(await browser.send(list, '/revoke'))).toEqual([303, '']);
    expect(listed(await browser.open('')).map(([name]) => name)).toEqual(['Phone']);
    expect(bench.audit().at(-1)).toMatchObject({
      audit: 'password-revoked',
      user: 'ada@contoso.com',
      device: 'Laptop',
    });
  });

  it('does not reach the passwords of others', async () => {
    await make(page);
    const [, id] = /name="id" value="([^"]+)"/.exec((await browser.open('')).text)!;
    bench.server.emulator.setSignIn({ as: 'grace@contoso.com' });
    const grace = bench.browser();
    await grace.send(await grace.signIn(), '/passwords', { name: 'Of Grace' });
    await grace.send(await grace.open(''), '/revoke', { id: id! });
    expect(listed(await browser.open(''))).toHaveLength(1);
    expect(listed(await grace.open(''))).toHaveLength(1);
  });

  it('of everything counts for a form that is still on its way', async () => {
    const token = /action="[^"]*\/passwords">[\s\S]*?name="token" value="([^"]+)"/.exec(page.text)![1]!;
    const body = `name=Late&token=${token}`;
    const { request: send } = await import('node:http');
    const slow = send(`${bench.home}/passwords`, {
      method: 'POST',
      headers: {
        cookie: [...browser.cookies].map(pair => pair.join('=')).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
        'sec-fetch-site': 'same-origin',
        expect: '100-continue',
      },
    });
    const answer = new Promise<number | undefined>((resolve, reject) => {
      slow.once('response', response => resolve(response.resume().statusCode)).once('error', reject);
    });
    // Then the server has found the session, and reads the form.
    await new Promise<void>((resolve, reject) => {
      slow.once('continue', resolve);
      answer.then(status => reject(new Error(`${status} before the form`)), reject);
    });
    await browser.send(await browser.open(''), '/revoke-all');
    slow.end(body);
    expect(await answer).toBe(403);
    expect(listed(await browser.signIn())).toEqual([]);
  });

  it('of everything ends all sessions, too', async () => {
    await make(page);
    const other = bench.browser();
    await other.signIn();
    const out = await browser.send(await browser.open(''), '/revoke-all');
    expect(shown(out)).toEqual([200, 'You have signed out']);
    expect(shown(await other.open(''))).toEqual([200, 'Your files over WebDAV']);
    expect(listed(await browser.signIn())).toEqual([]);
  });
});
