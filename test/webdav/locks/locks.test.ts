import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../../src/drive/path.ts';
import { type Dav, type DavAnswer, davClient, hrefsOf } from '../../support/dav-client.ts';
import { driveAt } from '../../support/drive-at.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import {
  activeLocks,
  failedConditions,
  type LockScope,
  lockInfo,
  locksOn,
  takeLock,
  tokenIn,
  unlock,
} from '../../support/locks.ts';
import { openPut } from '../../support/open-put.ts';
import { PASSWORD } from '../../support/passwords.ts';
import { propfind } from '../../support/properties.ts';
import { davElement, elementsBelow, elementsIn, parseTree } from '../../support/xml-tree.ts';

const clock = fakeClock();
let door: FrontDoorTest;
let ada: Dav;
let bob: Dav;
let reader: Dav;
let folders = 0;

beforeAll(async () => {
  const whole = withFaults(createMemoryDrive(), { canonicalPath: path => toDrivePath(['drive 1', ...path]) });
  await whole.makeFolder(toDrivePath(['Team']), { signal: new AbortController().signal });
  const mounts = [
    { name: 'm', drive: createMemoryDrive(), readOnly: false },
    { name: 'fixed', drive: createMemoryDrive(), readOnly: true },
    { name: 'mount', drive: createMemoryDrive(), readOnly: false },
    { name: 'whole', drive: whole, readOnly: false },
    { name: 'again', drive: whole, readOnly: false },
    { name: 'team', drive: driveAt(whole, ['Team']), readOnly: false },
  ];
  const user = (name: string, access: 'read' | 'write', allowed: '*' | string[] = '*') => ({
    name,
    mounts: allowed,
    access,
  });
  door = await startFrontDoor({
    clock,
    mounts,
    users: [user('ada', 'write'), user('bob', 'write'), user('reader', 'read'), user('guest', 'write', ['team'])],
  });
  const as = (name: string) => davClient({ url: door.url, user: name, password: PASSWORD });
  [ada, bob, reader] = [as('ada'), as('bob'), as('reader')];
});
afterAll(async () => {
  await door?.stop();
});

/** A folder of its own with a file and a sub-folder that has a file, too. */
async function folder(): Promise<string> {
  folders += 1;
  const at = `/m/${folders}`;
  await ada('MKCOL', at);
  await ada('PUT', `${at}/file`, {}, 'old');
  await ada('MKCOL', `${at}/sub`);
  await ada('PUT', `${at}/sub/deep`, {}, 'deep');
  return at;
}

const lock = (dav: Dav, path: string, headers: Record<string, string> = {}, scope: LockScope = 'exclusive') =>
  dav('LOCK', path, headers, lockInfo(scope));
const refresh = (dav: Dav, path: string, condition: string, headers: Record<string, string> = {}) =>
  dav('LOCK', path, { If: condition, ...headers });
const statusOf = async (answer: Promise<DavAnswer>) => (await answer).status;
const put = (dav: Dav, path: string, headers: Record<string, string> = {}) =>
  statusOf(dav('PUT', path, headers, 'new'));

describe('LOCK', () => {
  it('answers with the token in its header and the whole lock in its body (RFC 4918 §9.10.1)', async () => {
    const at = await folder();
    const answer = await lock(ada, `${at}/file`, { Depth: '0', Timeout: 'Second-300' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^(application|text)\/xml/),
    ]);
    const root = parseTree(answer.text);
    expect([root.name, elementsIn(root).map(({ name }) => name)]).toEqual(['DAV: prop', ['DAV: lockdiscovery']]);
    const active = elementsBelow(root, 'DAV: activelock');
    expect(active).toHaveLength(1);
    expect(elementsIn(davElement(active[0], 'locktype'))[0]!.name).toBe('DAV: write');
    expect(activeLocks(answer.text)).toEqual([
      {
        scope: 'DAV: exclusive',
        depth: '0',
        timeout: 'Second-300',
        token: tokenIn(answer),
        root: [`${at}/file`],
        owner: { name: 'DAV: owner', attributes: {}, children: ['somebody'] },
      },
    ]);
  });

  it('S6: gives each lock a token of its own, a random UUID', async () => {
    const at = await folder();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => takeLock(ada, `${at}/file`, {}, 'shared')));
    expect(new Set(tokens).size).toBe(50);
    for (const token of tokens) {
      expect(token).toMatch(/^opaquelocktoken:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
  });

  it.each<[LockScope | 'no', LockScope, number]>([
    ['no', 'exclusive', 200],
    ['no', 'shared', 200],
    ['shared', 'shared', 200],
    ['shared', 'exclusive', 423],
    ['exclusive', 'shared', 423],
    ['exclusive', 'exclusive', 423],
  ])('D9: with %s lock there, a new one that is %s is %i, whoever asks (§9.10.5)', async (held, asked, status) => {
    const at = await folder();
    const token = held === 'no' ? undefined : await takeLock(ada, `${at}/file`, {}, held);
    for (const dav of [ada, bob]) {
      const answer = await lock(dav, `${at}/file`, {}, asked);
      expect(answer.status).toBe(status);
      if (status === 423) {
        expect(failedConditions(answer)).toEqual({ names: ['no-conflicting-lock'], hrefs: [`${at}/file`] });
        expect((await locksOn(ada, `${at}/file`)).map(each => each.token)).toEqual([token]);
      } else if (asked === 'exclusive') {
        await unlock(dav, `${at}/file`, tokenIn(answer));
      }
    }
  });

  it('of many at once for an exclusive lock exactly one is given', async () => {
    const at = await folder();
    for (const name of ['file', 'new']) {
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, index) => statusOf(lock(index % 2 ? ada : bob, `${at}/${name}`))),
      );
      expect(statuses.sort()).toEqual([name === 'file' ? 200 : 201, ...Array.from({ length: 39 }, () => 423)]);
      expect(await locksOn(ada, `${at}/${name}`)).toHaveLength(1);
    }
  });

  it('without a Depth covers the tree, with Depth 0 the resource only, and Depth 1 is 400 (§9.10.3)', async () => {
    const at = await folder();
    expect((await lock(ada, at, { Depth: '1' })).status).toBe(400);
    expect(await locksOn(ada, at)).toEqual([]);
    const shallow = await takeLock(ada, at, { Depth: '0' });
    expect(await locksOn(ada, at)).toMatchObject([{ depth: '0', token: shallow }]);
    expect(await locksOn(ada, `${at}/file`)).toEqual([]);
    await unlock(ada, at, shallow);
    const deep = await takeLock(ada, at);
    for (const covered of [at, `${at}/file`, `${at}/sub/`, `${at}/sub/deep`]) {
      expect(await locksOn(bob, covered)).toMatchObject([{ depth: 'infinity', token: deep, root: [at] }]);
    }
  });

  it('writes the href of a folder with a slash at its end (§5.2)', async () => {
    const at = await folder();
    const { text } = await lock(ada, `${at}/sub`);
    expect(hrefsOf(text)).toContain(`${at}/sub/`);
    expect(hrefsOf((await bob('PUT', `${at}/sub/deep`, {}, 'x')).text)).toEqual([`${at}/sub/`]);
  });

  it('keeps the owner as the client wrote it, attributes and foreign elements and all (§14.17)', async () => {
    const at = await folder();
    const owner =
      '<x:who xmlns:x="urn:x" x:role="chief &quot;&#10;" xml:lang="de">Ada <b xmlns="">&amp; Bob 😀</b> <![CDATA[<raw>]]></x:who> tail\n <D:href>mailto:ada@example.com</D:href>';
    const sent = davElement(parseTree(lockInfo('exclusive', owner)), 'owner');
    const { text } = await ada('LOCK', `${at}/file`, {}, lockInfo('exclusive', owner));
    expect(activeLocks(text)[0]!.owner).toEqual(sent);
    expect((await locksOn(bob, `${at}/file`))[0]!.owner).toEqual(sent);
  });

  it("keeps the language of the owner's element (§4.3)", async () => {
    const at = await folder();
    const body = lockInfo('exclusive', 'Größe').replace('<D:owner>', '<D:owner xml:lang="de">');
    const { text } = await ada('LOCK', `${at}/file`, {}, body);
    expect(text).toMatch(/xml:lang=["']de["']/);
  });

  it('does not need an owner', async () => {
    const at = await folder();
    const body = lockInfo().replace(/<D:owner>.*<\/D:owner>/, '');
    expect((await ada('LOCK', `${at}/file`, {}, body)).status).toBe(200);
    expect(await locksOn(ada, `${at}/file`)).toMatchObject([{ owner: undefined }]);
  });

  it('shows the supported locks, and no lock where there is none (§15.8, §15.10)', async () => {
    const at = await folder();
    for (const path of [`${at}/file`, at, '/m']) {
      const { text } = await propfind(bob, path, '<D:supportedlock/><D:lockdiscovery/>');
      const entries = elementsBelow(parseTree(text), 'DAV: lockentry').map(entry =>
        ['lockscope', 'locktype'].map(part => elementsIn(davElement(entry, part))[0]!.name),
      );
      expect(entries.sort()).toEqual([
        ['DAV: exclusive', 'DAV: write'],
        ['DAV: shared', 'DAV: write'],
      ]);
      expect(elementsBelow(parseTree(text), 'DAV: lockdiscovery')).toEqual([
        { name: 'DAV: lockdiscovery', attributes: {}, children: [] },
      ]);
    }
  });

  it('shows every lock on a resource, its own and those of the folders above', async () => {
    const at = await folder();
    const outer = await takeLock(ada, at, {}, 'shared');
    const inner = await takeLock(bob, `${at}/sub`, {}, 'shared');
    const own = await takeLock(bob, `${at}/sub/deep`, { Depth: '0' }, 'shared');
    const tokensOn = async (path: string) => (await locksOn(reader, path)).map(({ token }) => token).sort();
    expect(await tokensOn(at)).toEqual([outer]);
    expect(await tokensOn(`${at}/sub`)).toEqual([outer, inner].sort());
    expect(await tokensOn(`${at}/sub/deep`)).toEqual([outer, inner, own].sort());
    const listing = (await propfind(ada, at, '<D:lockdiscovery/>', '1')).text;
    expect(
      activeLocks(listing)
        .map(({ token }) => token)
        .sort(),
    ).toEqual([outer, outer, outer, inner].sort());
  });

  it('is refused on a folder when a member is locked in a way that does not fit, and then locks nothing', async () => {
    const at = await folder();
    const token = await takeLock(bob, `${at}/sub/deep`);
    for (const scope of ['exclusive', 'shared'] as const) {
      const { status, text } = await lock(ada, at, {}, scope);
      expect([423, 207]).toContain(status);
      expect(elementsBelow(parseTree(text), 'DAV: href').map(href => href.children.join(''))).toContain(
        `${at}/sub/deep`,
      );
      expect(await locksOn(ada, `${at}/file`)).toEqual([]);
    }
    expect((await lock(ada, at, { Depth: '0' })).status).toBe(200);
    expect(await locksOn(ada, `${at}/sub/deep`)).toMatchObject([{ token }]);
  });

  it('of a shared kind fits above and below shared ones', async () => {
    const at = await folder();
    await takeLock(bob, `${at}/sub/deep`, {}, 'shared');
    await takeLock(ada, at, {}, 'shared');
    expect((await lock(bob, `${at}/sub`, {}, 'shared')).status).toBe(200);
    expect((await lock(bob, `${at}/file`)).status).toBe(423);
  });

  it('D8: below a locked folder conflicts with that, and names its root', async () => {
    const at = await folder();
    await takeLock(ada, at);
    for (const dav of [ada, bob]) {
      const answer = await lock(dav, `${at}/sub/deep`);
      expect(answer.status).toBe(423);
      expect(failedConditions(answer)).toEqual({ names: ['no-conflicting-lock'], hrefs: [at] });
    }
  });

  it('cares for the name as the drive does: not for its case, nor for a slash at its end', async () => {
    const at = await folder();
    await takeLock(ada, `${at}/sub`);
    expect(await put(bob, `${at}/SUB/Deep`)).toBe(423);
    expect((await lock(bob, `${at}/Sub/`)).status).toBe(423);
  });

  it('is announced by OPTIONS', async () => {
    const { headers } = await ada('OPTIONS', `${await folder()}/file`);
    expect(headers.get('dav')).toMatch(/(^|,)\s*2\s*(,|$)/);
    expect(headers.get('allow')?.split(/\s*,\s*/)).toEqual(expect.arrayContaining(['LOCK', 'UNLOCK', 'PROPPATCH']));
  });

  it.each(['h%23ash', 'per%25cent', 'two%20words', 'e%CC%81', '%C3%A9', '%F0%9F%8E%89', 'a%26b'])(
    'of %s shows an href that leads back to it',
    async name => {
      const at = await folder();
      const token = await takeLock(ada, `${at}/${name}`);
      const [{ root }] = (await locksOn(bob, `${at}/${name}`)) as unknown as [{ root: string[] }];
      expect(root).toHaveLength(1);
      expect(await locksOn(bob, root[0]!)).toMatchObject([{ token }]);
      expect(decodeURIComponent(root[0]!).normalize()).toBe(decodeURIComponent(`${at}/${name}`).normalize());
      expect(await put(bob, `${at}/${decodeURIComponent(name) === 'é' ? 'e%CC%81' : name}`)).toBe(423);
    },
  );

  it('is 403 for a user who may only read, in a read-only mount and on the root of all mounts', async () => {
    const at = await folder();
    expect((await lock(reader, `${at}/file`)).status).toBe(403);
    expect((await lock(reader, `${at}/new`)).status).toBe(403);
    expect((await lock(ada, '/fixed/new')).status).toBe(403);
    expect((await lock(ada, '/fixed')).status).toBe(403);
    for (const depth of ['0', 'infinity']) {
      expect((await lock(ada, '/', { Depth: depth })).status).toBe(403);
    }
    expect((await ada('GET', `${at}/new`)).status).toBe(404);
    expect(await locksOn(ada, `${at}/file`)).toEqual([]);
  });

  it('on the folder of a mount covers the mount and nothing else', async () => {
    const token = await takeLock(ada, '/mount');
    expect(await put(bob, '/mount/new')).toBe(423);
    expect(await put(ada, '/mount/new', { If: `</mount/> (<${token}>)` })).toBe(201);
    expect(await locksOn(bob, '/mount/new')).toMatchObject([{ token, root: ['/mount'] }]);
    expect(await put(bob, `${await folder()}/new`)).toBe(201);
    expect((await unlock(ada, '/mount', token)).status).toBe(204);
    expect(await put(bob, '/mount/new')).toBe(204);
  });
});

describe('LOCK of a name that is free (RFC 4918 §7.3, §9.10.4)', () => {
  it('is 201 and makes an empty file, a member of its folder like any other', async () => {
    const at = await folder();
    const answer = await lock(ada, `${at}/new`);
    expect([answer.status, tokenIn(answer)]).toEqual([201, activeLocks(answer.text)[0]!.token]);
    const { status, text } = await bob('GET', `${at}/new`);
    expect([status, text]).toEqual([200, '']);
    expect(hrefsOf((await bob('PROPFIND', at, { Depth: '1' })).text)).toContain(`${at}/new`);
    expect((await propfind(bob, `${at}/new`, '<D:getcontentlength/>')).text).toContain('>0<');
    expect(await locksOn(bob, `${at}/new`)).toHaveLength(1);
    expect((await ada('MKCOL', `${at}/new`, { If: `(<${tokenIn(answer)}>)` })).status).toBe(405);
    expect((await bob('COPY', `${at}/new`, { Destination: `${at}/copied` })).status).toBe(201);
  });

  it('takes its content from the PUT of its owner', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/new`);
    expect(await put(bob, `${at}/new`)).toBe(423);
    expect(await put(ada, `${at}/new`, { If: `(<${token}>)` })).toBe(204);
    expect((await bob('GET', `${at}/new`)).text).toBe('new');
  });

  it('leaves the file when the lock goes, by UNLOCK or in time', async () => {
    const at = await folder();
    await unlock(ada, `${at}/one`, await takeLock(ada, `${at}/one`));
    await takeLock(ada, `${at}/two`, { Timeout: 'Second-10' });
    clock.advance(11_000);
    for (const name of ['one', 'two']) {
      expect((await bob('HEAD', `${at}/${name}`)).status).toBe(200);
      expect(await locksOn(bob, `${at}/${name}`)).toEqual([]);
    }
  });

  it('is 409 where its folder is missing, and makes nothing', async () => {
    const at = await folder();
    expect((await lock(ada, `${at}/missing/new`)).status).toBe(409);
    expect((await lock(ada, `${at}/file/new`)).status).toBe(409);
    expect((await bob('HEAD', `${at}/missing`)).status).toBe(404);
  });

  it('is refused in a folder that another user has locked, with either depth and either scope (§7.4)', async () => {
    for (const depth of ['0', 'infinity']) {
      const at = await folder();
      await takeLock(ada, at, { Depth: depth }, 'shared');
      expect((await lock(bob, `${at}/new`, {}, 'shared')).status).toBe(423);
      expect((await bob('HEAD', `${at}/new`)).status).toBe(404);
    }
  });
});

describe('the time of a lock (RFC 4918 §6.6, §10.7)', () => {
  it.each([
    [undefined, 'Second-600'],
    ['Second-120', 'Second-120'],
    ['Second-3600', 'Second-3600'],
    ['Second-4100000000', 'Second-3600'],
    ['Infinite', 'Second-3600'],
    ['Infinite, Second-4100000000', 'Second-3600'],
    ['Second-100, Second-200', 'Second-100'],
    ['Extend-7', 'Second-600'],
    ['soon', 'Second-600'],
    ['Extend-7, Second-50', 'Second-50'],
  ])('asked as %s is given as %s', async (asked, given) => {
    const at = await folder();
    const { text } = await lock(ada, `${at}/file`, asked === undefined ? {} : { Timeout: asked });
    expect(activeLocks(text)[0]!.timeout).toBe(given);
  });

  it.each(['Second-99999999999999999999', 'Second-0', 'Second--5', 'Second-1e9', ''])(
    'asked as %j is given within the limits',
    async asked => {
      const at = await folder();
      const { status, text } = await lock(ada, `${at}/file`, { Timeout: asked });
      expect(status).toBe(200);
      const seconds = Number(/^Second-(\d+)$/.exec(activeLocks(text)[0]!.timeout)?.[1]);
      expect(seconds >= 0 && seconds <= 3600).toBe(true);
    },
  );

  it('D9: is shown as what remains, in seconds', async () => {
    const at = await folder();
    await takeLock(ada, `${at}/file`, { Timeout: 'Second-600' });
    clock.advance(100_000);
    expect(await locksOn(bob, `${at}/file`)).toMatchObject([{ timeout: 'Second-500' }]);
  });

  it('frees the resource when it expires, as an UNLOCK does', async () => {
    const at = await folder();
    const token = await takeLock(ada, at, { Timeout: 'Second-60' });
    clock.advance(59_000);
    expect(await put(bob, `${at}/file`)).toBe(423);
    clock.advance(1_001);
    expect(await locksOn(bob, `${at}/file`)).toEqual([]);
    expect(await put(ada, `${at}/file`, { If: `(<${token}>)` })).toBe(412);
    expect((await refresh(ada, at, `(<${token}>)`)).status).toBe(412);
    expect((await unlock(ada, at, token)).status).toBe(409);
    expect(await put(bob, `${at}/file`)).toBe(204);
    expect((await lock(bob, at)).status).toBe(200);
  });

  it('that ends in the middle of a PUT does not let the PUT through a lock that another user took since', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`, { Timeout: 'Second-10' });
    const { put: slow, status } = await openPut({ url: door.url, user: 'ada', password: PASSWORD }, `${at}/file`, {
      Expect: '100-continue',
      If: `(<${token}>)`,
      'Content-Length': '4',
    });
    clock.advance(10_001);
    await takeLock(bob, `${at}/file`);
    slow.end('late');
    expect([412, 423]).toContain(await status);
    expect((await bob('GET', `${at}/file`)).text).toBe('old');
  });

  it('begins anew with a refresh and with nothing else', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`, { Timeout: 'Second-100' });
    clock.advance(90_000);
    expect(await put(ada, `${at}/file`, { If: `(<${token}>)` })).toBe(204);
    expect(await locksOn(bob, `${at}/file`)).toMatchObject([{ timeout: 'Second-10' }]);
    expect((await refresh(ada, `${at}/file`, `(<${token}>)`)).status).toBe(200);
    clock.advance(90_000);
    expect(await put(bob, `${at}/file`)).toBe(423);
  });
});

describe('refreshing (RFC 4918 §9.10.2)', () => {
  it('is 200 with the lock in the body, no token in the header, and the time that is asked for', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`, { Timeout: 'Second-60' });
    const answer = await refresh(ada, `${at}/file`, `(<${token}>)`, { Timeout: 'Second-4100000000', Depth: '0' });
    expect([answer.status, answer.headers.get('lock-token')]).toEqual([200, null]);
    expect(activeLocks(answer.text)).toMatchObject([{ token, timeout: 'Second-3600', depth: 'infinity' }]);
  });

  it('D9: takes a tagged If, and a URL below the root of the lock', async () => {
    const at = await folder();
    const token = await takeLock(ada, at, { Timeout: 'Second-60' });
    expect((await refresh(ada, at, `<${door.url}${at}> (<${token}>)`)).status).toBe(200);
    const indirect = await refresh(ada, `${at}/sub/deep`, `(<${token}>)`, { Timeout: 'Second-700' });
    expect([indirect.status, activeLocks(indirect.text)]).toMatchObject([
      200,
      [{ token, root: [at], timeout: 'Second-700' }],
    ]);
    expect(await locksOn(ada, at)).toMatchObject([{ timeout: 'Second-700' }]);
  });

  it('leaves the other shared locks alone, and is not hindered by them', async () => {
    const at = await folder();
    const [mine, other] = [
      await takeLock(ada, `${at}/file`, { Timeout: 'Second-100' }, 'shared'),
      await takeLock(bob, `${at}/file`, { Timeout: 'Second-100' }, 'shared'),
    ];
    clock.advance(50_000);
    expect((await refresh(ada, `${at}/file`, `(<${mine}>)`, { Timeout: 'Second-100' })).status).toBe(200);
    const times = Object.fromEntries((await locksOn(bob, `${at}/file`)).map(each => [each.token, each.timeout]));
    expect(times).toEqual({ [mine]: 'Second-100', [other]: 'Second-50' });
  });

  it.each([
    ['a token that no lock has', '(<opaquelocktoken:11111111-2222-4333-8444-555555555555>)', 'file'],
    ['the token of another resource', '(<T>)', 'sub/deep'],
    ['an entity tag', '(["x"])', 'file'],
  ])('with %s is 412 and gives no lock', async (_, condition, name) => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`, { Timeout: 'Second-60' });
    const answer = await refresh(ada, `${at}/${name}`, condition.replace('T', token), { Timeout: 'Second-900' });
    expect(answer.status).toBe(412);
    expect(await locksOn(ada, `${at}/sub/deep`)).toEqual([]);
    expect(await locksOn(ada, `${at}/file`)).toMatchObject([{ timeout: 'Second-60' }]);
  });

  it('with the wrong token names lock-token-matches-request-uri (§9.10.6)', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`);
    const answer = await refresh(ada, `${at}/sub/deep`, `(<${token}>)`);
    expect(failedConditions(answer).names).toEqual(['lock-token-matches-request-uri']);
  });

  it("of somebody else's lock is refused, and does not make it last", async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`, { Timeout: 'Second-60' });
    const { status } = await refresh(bob, `${at}/file`, `(<${token}>)`, { Timeout: 'Second-900' });
    expect([403, 412, 423]).toContain(status);
    expect(await locksOn(ada, `${at}/file`)).toMatchObject([{ timeout: 'Second-60' }]);
  });
});

describe('UNLOCK (RFC 4918 §9.11)', () => {
  it('is 204 at the root of the lock or anywhere below, and frees all of it', async () => {
    const at = await folder();
    for (const place of [at, `${at}/`, `${at}/sub/deep`]) {
      const token = await takeLock(ada, at);
      const { status, text } = await unlock(ada, place, token);
      expect([status, text]).toEqual([204, '']);
      expect(await locksOn(bob, at)).toEqual([]);
      expect(await put(bob, `${at}/sub/deep`)).toBe(204);
    }
  });

  it('takes a token without its angle brackets, as some clients write it', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`);
    expect((await ada('UNLOCK', `${at}/file`, { 'Lock-Token': token })).status).toBe(204);
  });

  it('is 400 without a token or with nonsense', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`);
    expect((await ada('UNLOCK', `${at}/file`)).status).toBe(400);
    expect((await ada('UNLOCK', `${at}/file`, { 'Lock-Token': '' })).status).toBe(400);
    expect((await ada('UNLOCK', `${at}/file`, { 'Lock-Token': '<>' })).status).toBe(400);
    expect(await locksOn(ada, `${at}/file`)).toMatchObject([{ token }]);
  });

  it('is 403 for every user but the owner of the lock, who keeps it', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`);
    expect((await unlock(bob, `${at}/file`, token)).status).toBe(403);
    expect((await unlock(reader, `${at}/file`, token)).status).toBe(403);
    expect(await locksOn(bob, `${at}/file`)).toMatchObject([{ token }]);
  });

  it('is 409 with lock-token-matches-request-uri when no such lock covers the resource', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/sub`);
    const shallow = await takeLock(ada, at, { Depth: '0' });
    const attempts = [
      [`${at}/file`, token],
      [at, token],
      [`${at}/file`, shallow],
      [`${at}/sub`, 'opaquelocktoken:11111111-2222-4333-8444-555555555555'],
    ] as const;
    for (const [path, wrong] of attempts) {
      const answer = await unlock(ada, path, wrong);
      expect([answer.status, failedConditions(answer).names]).toEqual([409, ['lock-token-matches-request-uri']]);
    }
    expect((await unlock(ada, `${at}/sub`, token)).status).toBe(204);
    expect((await unlock(ada, `${at}/sub`, token)).status).toBe(409);
  });

  it('of one of several shared locks leaves the others', async () => {
    const at = await folder();
    const [mine, other] = [
      await takeLock(ada, `${at}/file`, {}, 'shared'),
      await takeLock(bob, `${at}/file`, {}, 'shared'),
    ];
    expect((await unlock(ada, `${at}/file`, mine)).status).toBe(204);
    expect(await locksOn(ada, `${at}/file`)).toMatchObject([{ token: other, scope: 'DAV: shared' }]);
    expect(await put(ada, `${at}/file`)).toBe(423);
  });
});

describe('two mounts that lead to the same folder', () => {
  // Their locks end, so that each test finds none.
  afterEach(() => clock.advance(3_600_001));

  it('show the same locks, and both hold them', async () => {
    await ada('PUT', '/whole/shared', {}, 'old');
    const token = await takeLock(ada, '/whole/shared');
    expect(await locksOn(bob, '/again/shared')).toMatchObject([{ token }]);
    expect(await put(bob, '/again/shared')).toBe(423);
    expect((await lock(bob, '/again/shared')).status).toBe(423);
    expect(await put(ada, '/again/shared', { If: `(<${token}>)` })).toBe(204);
    expect((await unlock(ada, '/again/shared', token)).status).toBe(204);
    expect(await put(bob, '/whole/shared')).toBe(204);
  });

  it('do not name one of them to a user who sees only the other', async () => {
    await takeLock(ada, '/whole/Team/plan');
    await takeLock(ada, '/whole', { Depth: '0' });
    const guest = davClient({ url: door.url, user: 'guest', password: PASSWORD });
    const answers = [
      await propfind(guest, '/team', '<D:lockdiscovery/>', '1'),
      await guest('PUT', '/team/plan', {}, 'x'),
      await lock(guest, '/team/plan'),
      await lock(guest, '/team'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([207, 423, 423, expect.any(Number)]);
    expect([207, 423]).toContain(answers[3]!.status);
    expect(answers.map(({ text }) => text).join()).not.toContain('whole');
    expect(failedConditions(answers[1]!).hrefs).toEqual(['/team/plan']);
  });

  it('hold a lock on the folder that one of them shows as its root', async () => {
    const token = await takeLock(ada, '/whole/Team', { Depth: '0' });
    expect(await put(bob, '/team/new')).toBe(423);
    expect(await put(ada, '/team/new', { If: `</team/> (<${token}>)` })).toBe(201);
    await unlock(ada, '/team', token);
    const other = await takeLock(bob, '/team', { Depth: '0' });
    expect(await put(ada, '/whole/Team/newer')).toBe(423);
    await unlock(bob, '/whole/Team', other);
  });

  it('hold a lock on what lies above', async () => {
    await ada('MKCOL', '/whole/Team/deep');
    const token = await takeLock(ada, '/whole', {}, 'shared');
    expect(await put(bob, '/team/deep/new')).toBe(423);
    expect((await lock(bob, '/team/deep')).status).toBe(423);
    expect(await locksOn(bob, '/team/deep')).toMatchObject([{ token }]);
    await unlock(ada, '/whole', token);
    expect(await put(bob, '/team/deep/new')).toBe(201);
  });
});

describe('LOCK requests that are refused', () => {
  const wrong = (part: string) => lockInfo().replace('<D:write/>', part);
  it.each<[string, string | undefined, number[]]>([
    ['no body and no If', undefined, [400]],
    ['broken XML', '<D:lockinfo xmlns:D="DAV:"><D:lockscope>', [400]],
    ['no XML', 'lock this', [400]],
    ['another root', '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>', [400]],
    ['a root of no namespace', lockInfo().replace('xmlns:D="DAV:"', 'xmlns:D="urn:x"'), [400]],
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]>${lockInfo('exclusive', '&a;').replace(/<\?.*?\?>/, '')}`, [400, 403]],
    [
      'an external entity',
      `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><D:lockinfo xmlns:D="DAV:"/>`,
      [400, 403],
    ],
    ['no scope', lockInfo().replace(/<D:lockscope>.*<\/D:lockscope>/, ''), [400, 422]],
    ['an unknown scope', lockInfo().replace('<D:exclusive/>', '<D:friendly/>'), [400, 422]],
    ['no type', wrong(''), [400, 422]],
    ['an unknown type', wrong('<D:read/>'), [400, 422]],
    ['a type of another namespace', wrong('<write xmlns="urn:x"/>'), [400, 422]],
    ['10,000 levels in the owner', lockInfo('exclusive', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`), [400]],
    ['more than the limit', lockInfo('exclusive', 'x'.repeat(2 * 1024 ** 2)), [413]],
  ])('with %s is refused, locks nothing and makes nothing', async (_, body, statuses) => {
    const at = await folder();
    for (const name of ['file', 'new']) {
      expect(statuses).toContain((await ada('LOCK', `${at}/${name}`, {}, body)).status);
    }
    expect(await locksOn(ada, `${at}/file`)).toEqual([]);
    expect((await ada('HEAD', `${at}/new`)).status).toBe(404);
  });

  it('keeps an owner whole or refuses the lock', async () => {
    const at = await folder();
    const owner = 'x'.repeat(900_000);
    const { status } = await ada('LOCK', `${at}/file`, {}, lockInfo('exclusive', owner));
    const locks = await locksOn(ada, `${at}/file`);
    expect(status === 200 ? locks.map(each => each.owner?.children) : locks).toEqual(status === 200 ? [[owner]] : []);
    expect([200, 400, 413, 507]).toContain(status);
  });

  it('lives through an If with 10,000 tokens, and through one as long as a header may be', async () => {
    const at = await folder();
    const tokens = (count: number) => '(<urn:x>)'.repeat(count);
    expect([400, 431]).toContain(await refresh(ada, `${at}/file`, tokens(10_000)).then(({ status }) => status));
    expect([400, 412]).toContain((await refresh(ada, `${at}/file`, tokens(1_600))).status);
    const held = await takeLock(ada, `${at}/file`);
    expect(await put(ada, `${at}/file`, { If: `${tokens(50)}(<${held}>)` })).toBe(204);
  });

  it('is 401 without a valid password, and then says nothing about locks', async () => {
    const at = await folder();
    const nobody = davClient({ url: door.url, user: 'ada', password: 'wrong' });
    expect((await lock(nobody, `${at}/file`)).status).toBe(401);
    const token = await takeLock(ada, `${at}/file`);
    expect((await unlock(nobody, `${at}/file`, token)).status).toBe(401);
  });

  it('on a new name leaves no file behind when its If fails', async () => {
    const at = await folder();
    expect((await lock(ada, `${at}/new`, { If: '(<urn:uuid:x>)' })).status).toBe(412);
    expect((await ada('HEAD', `${at}/new`)).status).toBe(404);
  });
});
