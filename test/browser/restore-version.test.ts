import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccessLine } from '../../src/http/access-log.ts';
import { act, codeOf } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';

const LOCK = `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>
<D:locktype><D:write/></D:locktype></D:lockinfo>`;

let front: FrontDoorTest;
let dav: Dav;
let turn = 0;
/** Of each test another file. */
let path: string;
const audited: AccessLine[] = [];

beforeAll(async () => {
  front = await startFrontDoor({
    users: [
      { name: 'user', mounts: '*', access: 'write' },
      { name: 'reader', mounts: '*', access: 'read' },
    ],
    publicUrls: ['https://dav.example.com'],
    pipeline: { auditChange: line => void audited.push(line) },
  });
  dav = davClient(front);
  await dav('MKCOL', '/m/folder/');
});
afterAll(() => front.stop());
beforeEach(async () => {
  turn += 1;
  path = `/m/folder/${turn}.txt`;
  await dav('PUT', path, {}, 'first');
  await dav('PUT', path, {}, 'second one');
  audited.length = 0;
});

async function firstVersion(): Promise<string> {
  return JSON.parse((await dav('GET', `${path}?view=versions`)).text).versions.at(-1).id;
}

/** Restores the first version; the file's content afterwards. */
async function restore(headers: Record<string, string> = {}, by = dav) {
  const { status, text } = await act(by, `${path}?action=restore-version`, {
    input: { id: await firstVersion() },
    headers,
  });
  const code = status === 200 ? '' : codeOf({ text });
  return { status, code, text, content: (await dav('GET', path)).text };
}

describe('the action restore-version', () => {
  it('makes an old content the current one, answers its entry, and is audited', async () => {
    const { headers: before } = await dav('HEAD', path);
    const { status, text, content } = await restore();
    expect([status, content]).toEqual([200, 'first']);
    const { entry } = JSON.parse(text);
    const { headers } = await dav('HEAD', path);
    expect(entry).toMatchObject({
      name: `${turn}.txt`,
      kind: 'file',
      size: 5,
      etag: headers.get('ETag')!.slice(1, -1),
    });
    expect(headers.get('ETag')).not.toBe(before.get('ETag'));
    await eventually(() => {
      expect(audited).toMatchObject([
        { audit: 'version-restored', action: 'restore-version', user: 'user', mount: 'm', path, status: 200 },
      ]);
    });
  });

  it('is refused to those who may only read, and audited as denied', async () => {
    const { status, code, content } = await restore({}, davClient({ ...front, user: 'reader' }));
    expect([status, code, content]).toEqual([403, 'read-only', 'second one']);
    await eventually(() => {
      expect(audited).toMatchObject([{ audit: 'access-denied', user: 'reader' }]);
    });
  });

  it.each([
    ['its owner who does not submit the token', '', { status: 423, code: 'locked', content: 'second one' }],
    ['one who submits it', 'token', { status: 200, content: 'first' }],
  ])('heeds a lock: %s', async (_, submits, expected) => {
    const { headers } = await dav('LOCK', path, { Timeout: 'Second-60' }, LOCK);
    const token = headers.get('Lock-Token')!;
    const result = await restore(submits === '' ? {} : { If: `(${token})` });
    expect(result).toMatchObject(expected);
    await dav('UNLOCK', path, { 'Lock-Token': token });
  });

  it('heeds If-Match', async () => {
    const { headers } = await dav('HEAD', path);
    expect(await restore({ 'If-Match': '"another"' })).toMatchObject({ status: 412, content: 'second one' });
    expect(await restore({ 'If-Match': headers.get('ETag')! })).toMatchObject({ status: 200, content: 'first' });
  });

  it.each([
    ['no id', {}, 400, 'bad-request'],
    ['an id that is no text', { id: 1 }, 400, 'bad-request'],
    ['a version that is not there', { id: '99' }, 404, 'not-found'],
  ])('refuses %s', async (_, input, status, code) => {
    const answer = await act(dav, `${path}?action=restore-version`, { input });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['no object', '[]', 400],
    ['too long a body', `{"id":"${'x'.repeat(256 * 1024)}"}`, 413],
  ])('refuses %s', async (_, body, status) => {
    expect(
      (await dav('POST', `${path}?action=restore-version`, { 'Content-Type': 'application/json' }, body)).status,
    ).toBe(status);
  });

  it.each(['/m/folder/', '/m/', '/', '/m/none.txt'])('refuses %s as WebDAV would', async other => {
    const answer = await act(dav, `${other}?action=restore-version`, { input: { id: '1' } });
    expect([405, 404]).toContain(answer.status);
    expect(['is-folder', 'not-found']).toContain(codeOf(answer));
  });
});

describe('an action', () => {
  const own = () => new URL(front.url).origin;

  it.each([
    ['of a page of another site', { Origin: 'https://evil.example' }, 403],
    ['of a page on another port', { Origin: 'http://127.0.0.1:1' }, 403],
    ['of a sandboxed page', { Origin: 'null' }, 403],
    ['of another site, as its browser says', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['of a sister site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['that a person has typed', { 'Sec-Fetch-Site': 'none' }, 403],
    ['of another site that claims ours', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }, 403],
    ['of a form', { 'Content-Type': 'text/plain' }, 415],
    ['of a form with files', { 'Content-Type': 'multipart/form-data' }, 415],
    ['of a form that looks like JSON', { 'Content-Type': 'text/plain; x=application/json' }, 415],
    ['of a form without a type', { 'Content-Type': '' }, 415],
    ['that is coded', { 'Content-Encoding': 'gzip' }, 415],
  ] as [string, Record<string, string>, number][])('%s is refused, and changes nothing', async (_, headers, status) => {
    const result = await restore(headers);
    expect([result.status, result.content]).toEqual([status, 'second one']);
  });

  it.each([
    ['our page', () => ({ Origin: own(), 'Sec-Fetch-Site': 'same-origin' })],
    ['our page in an old browser', () => ({ Origin: own() })],
    ['our page by its public URL', () => ({ Origin: 'https://dav.example.com', 'Sec-Fetch-Site': 'same-origin' })],
    [
      'our page behind a proxy without its port',
      () => ({ Origin: 'https://127.0.0.1:9', 'Sec-Fetch-Site': 'same-origin' }),
    ],
    ['a program', () => ({})],
  ] as [string, () => Record<string, string>][])('of %s is served', async (_, headers) => {
    expect(await restore(headers())).toMatchObject({ status: 200, content: 'first' });
  });

  it('that is unknown is 400, and a POST without one is WebDAV’s', async () => {
    for (const name of ['unknown', 'toString', '']) {
      const answer = await act(dav, `${path}?action=${name}`);
      expect([answer.status, codeOf(answer)]).toEqual([400, 'bad-request']);
    }
    expect((await act(dav, path)).status).toBe(405);
    expect((await dav('GET', `${path}?action=restore-version`)).text).toBe('second one');
  });
});
