import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type MountSpec, MountTable } from '../../src/mounts/mount-table.ts';
import { act } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { withFaults } from '../support/faulty-drive.ts';
import type { FrontDoorOptions, FrontDoorTest } from '../support/front-door.ts';
import { admitted, newDevicePassword, testPeople } from '../support/people.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { scrape } from '../support/scrape.ts';
import { type MadeShare, makeShare, startShares, visitor } from '../support/shares.ts';

const DAY_MS = 24 * 60 * 60_000;

let front: FrontDoorTest;
let dav: Dav;
let guest: Dav;
let clock: FakeClock;

beforeEach(() => {
  clock = fakeClock();
});
afterEach(() => front.stop());

async function start(allowed: object = {}, options: FrontDoorOptions = {}): Promise<void> {
  front = await startShares({ clock, ...options }, allowed);
  dav = davClient(front);
  guest = visitor(front);
  await dav('MKCOL', '/m/open/');
  await dav('PUT', '/m/open/a.txt', {}, 'four');
}

const share = (input: object = {}, path = '/m/open/') => makeShare(dav, path, { kind: 'read', ...input });
const open = async ({ root }: MadeShare, by = guest) => (await by('GET', `${root}a.txt`)).status;
const auditLines = () =>
  front.logged.map(line => JSON.parse(line)).filter(({ audit }) => String(audit).startsWith('share-'));

describe('a request for a share that comes twice', () => {
  const KEY = '0123456789abcdef0123456789abcdef';
  const url = async (input: object, by = dav, path = '/m/open/') =>
    (await makeShare(by, path, { kind: 'read', ...input })).url;

  it.each([1, 9])('makes one share, also when both come at once; with room for %i', async maxPerUser => {
    await start({ maxPerUser });
    const [one, other] = await Promise.all([
      url({ key: KEY, password: 'open sesame' }),
      url({ key: KEY, password: 'open sesame' }),
    ]);
    expect([other, await url({ key: KEY })]).toEqual([one, one]);
    expect(await front.shares.list()).toHaveLength(1);
    expect(auditLines().map(({ audit }) => audit)).toEqual(['share-made']);
    const { status } = await act(dav, '/m/open/?action=share', { input: { kind: 'read', key: `${KEY}0` } });
    expect(status).toBe(maxPerUser === 1 ? 409 : 201);
  });

  it('is not answered with a share that lets nobody in, or lets in more than were to come', async () => {
    await start();
    const { id } = await share({ key: KEY });
    await expect(url({ key: KEY, password: 'open sesame' })).rejects.toThrow('400');
    await act(dav, '/m/open/?action=unshare', { input: { id } });
    await expect(url({ key: KEY })).rejects.toThrow('400');
    expect(await front.shares.list()).toHaveLength(1);
  });

  it('is of its user and its place', async () => {
    await start(
      {},
      {
        users: [
          { name: 'user', mounts: '*', access: 'write' },
          { name: 'other', mounts: '*', access: 'write' },
        ],
      },
    );
    const other = davClient({ ...front, user: 'other' });
    const urls = [
      await url({ key: KEY }),
      await url({ key: KEY }, other),
      await url({ key: KEY }, dav, '/m/open/a.txt'),
    ];
    expect(new Set(urls).size).toBe(3);
    expect(urls.every(each => /\/-\/s\/[0-9a-z]{28}\/$/.test(each))).toBe(true);
  });

  it.each(['short', 'x'.repeat(65), 'a key with spaces in it, and a comma', 7])('refuses the key %s', async key => {
    await start();
    await expect(url({ key })).rejects.toThrow('400');
  });
});

describe('a share ends', () => {
  it('at its time, and says so only to those who have its URL', async () => {
    await start();
    const made = await share({ days: 2 });
    clock.advance(2 * DAY_MS - 1);
    expect(await open(made)).toBe(200);
    clock.advance(1);
    expect(await open(made)).toBe(410);
    expect((await guest('GET', `/-/s/${made.token.replace(/.$/, '0')}x/`)).status).toBe(404);
  });

  it('when it is revoked, on the next request, also on an open connection', async () => {
    await start();
    const made = await share();
    expect(await open(made)).toBe(200);
    expect((await act(dav, '/m/?action=unshare', { input: { id: made.id } })).status).toBe(200);
    expect(await open(made)).toBe(410);
    expect((await act(dav, '/m/?action=unshare', { input: { id: made.id } })).status).toBe(404);
  });

  it.each([
    ['is revoked', (id: string) => act(dav, '/m/?action=unshare', { input: { id } })],
    ['is over', async () => clock.advance(2 * DAY_MS)],
  ])('in the midst of a zip, when it %s', async (_, end) => {
    const memory = createMemoryDrive();
    let id = '';
    const read: string[] = [];
    const drive = withFaults(memory, {
      read: async (path, options) => {
        read.push(path.at(-1)!);
        if (id !== '') {
          await end(id);
        }
        return memory.read(path, options);
      },
    });
    await start({}, { drive });
    await dav('PUT', '/m/open/b.txt', {}, 'five');
    const made = await share({ days: 1 });
    expect((await guest('GET', `${made.root}?view=zip`)).text.match(/[ab]\.txt/g)).toHaveLength(4);
    read.length = 0;
    id = made.id;
    await expect(guest('GET', `${made.root}?view=zip`)).rejects.toThrow();
    expect(read).toEqual(['a.txt']);
  });

  it('after the limit of downloads, whatever comes at once', async () => {
    await start();
    const made = await share({ maxDownloads: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => guest('GET', `${made.root}a.txt`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(17);
    // Another client gets nothing any more, of whatever kind.
    for (const [method, name] of [
      ['GET', 'a.txt'],
      ['HEAD', 'a.txt'],
      ['PROPFIND', ''],
    ] as const) {
      expect((await guest(method, `${made.root}${name}`, { 'User-Agent': 'another' })).status).toBe(410);
    }
  });
});

describe('downloads', () => {
  it('are counted for whole files each time, and never for looks', async () => {
    await start();
    const made = await share({ maxDownloads: 2 });
    for (const [method, name] of [
      ['HEAD', 'a.txt'],
      ['PROPFIND', ''],
      ['OPTIONS', ''],
      ['PROPFIND', 'a.txt'],
    ] as const) {
      expect((await guest(method, `${made.root}${name}`)).status).toBeLessThan(300);
    }
    const etag = (await guest('HEAD', `${made.root}a.txt`)).headers.get('ETag')!;
    expect((await guest('GET', `${made.root}a.txt`, { 'If-None-Match': etag })).status).toBe(304);
    expect((await guest('GET', `${made.root}a.txt`, { 'If-Match': '"other"' })).status).toBe(412);
    expect((await front.shares.list())[0]?.downloads).toBe(0);
    expect([await open(made), await open(made), await open(made)]).toEqual([200, 200, 410]);
  });

  it('in parts count once for a client, and not for ever', async () => {
    await start();
    const made = await share({ maxDownloads: 2 });
    const part = (range: string, agent = 'player') =>
      guest('GET', `${made.root}a.txt`, { Range: range, 'User-Agent': agent }).then(({ status }) => status);
    const at = ['bytes=0-1', 'bytes=2-3', 'bytes=0-0,2-3', 'bytes=1-'];
    expect(await Promise.all(at.map(range => part(range)))).toEqual([206, 206, 206, 206]);
    expect((await front.shares.list())[0]?.downloads).toBe(1);
    expect(await part('bytes=0-1', 'another')).toBe(206);
    // Both may go on, and nobody else may begin.
    expect([await part('bytes=2-3'), await part('bytes=2-3', 'another'), await part('bytes=2-3', 'third')]).toEqual([
      206, 206, 410,
    ]);
    clock.advance(DAY_MS / 2);
    expect(await part('bytes=2-3')).toBe(410);
  });

  it('of a folder as a zip count once, so that it is whole', async () => {
    await start();
    await dav('PUT', '/m/open/b.txt', {}, 'five');
    await dav('PUT', '/m/open/c.txt', {}, 'six');
    const made = await share({ maxDownloads: 2 });
    const zip = () => guest('GET', `${made.root}?view=zip`);
    expect((await guest('HEAD', `${made.root}?view=zip`)).status).toBe(200);
    const answers = [await zip(), await zip()];
    expect(answers.map(({ text }) => text.match(/[abc]\.txt/g)?.length)).toEqual([6, 6]);
    expect((await zip()).status).toBe(410);
    expect((await front.shares.list())[0]?.downloads).toBe(2);
  });

  it('that could not begin are not counted', async () => {
    const memory = createMemoryDrive();
    let fails = true;
    const drive = withFaults(memory, {
      read: (path, options) => {
        if (fails) {
          throw new Error('broken');
        }
        return memory.read(path, options);
      },
    });
    await start({}, { drive });
    const made = await share({ maxDownloads: 1 });
    expect(await open(made)).toBe(500);
    fails = false;
    expect([await open(made), await open(made)]).toEqual([200, 410]);
  });

  it('are never redirected where they are counted, and follow the policy of the mount where they are not', async () => {
    const memory = createMemoryDrive();
    const drive = withFaults(memory, {
      downloadUrl: async (path, options) => ({
        entry: await memory.stat(path, options),
        url: 'https://host.example/f',
      }),
    });
    await start({}, { drive, download: 'redirect' });
    const [free, counted] = [await share(), await share({ maxDownloads: 9 })];
    for (let turn = 0; turn < 3; turn += 1) {
      expect([await open(free), await open(counted)]).toEqual([302, 200]);
    }
    expect((await guest('GET', `${counted.root}a.txt?view=thumbnail&size=large`)).status).toBe(404);
  });
});

describe('a password', () => {
  const right = () => visitor(front, 'correct horse');

  it('is asked for, with a realm of its own, and any user name will do', async () => {
    await start();
    const made = await share({ password: 'correct horse' });
    const asked = await guest('PROPFIND', made.root, { Depth: '0' });
    expect([asked.status, asked.headers.get('WWW-Authenticate')]).toEqual([
      401,
      `Basic realm="Share ${made.id}", charset="UTF-8"`,
    ]);
    expect(await open(made, right())).toBe(200);
    for (const user of ['', 'CONTOSO\\ada', 'user']) {
      expect(await guest('GET', `${made.root}a.txt`, basic(user, 'correct horse'))).toMatchObject({ status: 200 });
    }
    // The password of a user is none of a share, and neither are other kinds of credentials.
    expect((await guest('GET', `${made.root}a.txt`, basic(front.user, front.password))).status).toBe(401);
    expect((await guest('GET', `${made.root}a.txt`, { Authorization: 'Bearer correct horse' })).status).toBe(401);
    // And the password of a share opens nothing else.
    expect((await right()('GET', '/m/open/a.txt')).status).toBe(401);
  });

  it('is guessed slowly: an address that guesses waits, and one that knows it does not', async () => {
    await start();
    const made = await share({ password: 'correct horse' });
    expect(await open(made, right())).toBe(200);
    const guesses = [];
    for (let turn = 0; turn < 14; turn += 1) {
      guesses.push(await open(made, visitor(front, `guess number ${turn}`)));
    }
    expect(new Set(guesses.slice(0, 8))).toEqual(new Set([401]));
    const blocked = await visitor(front, 'one more guess')('GET', `${made.root}a.txt`);
    expect([blocked.status, Number(blocked.headers.get('Retry-After')) > 0]).toEqual([429, true]);
    expect(await open(made, right())).toBe(200);
    // Another share is not shut, nor are users.
    expect([await open(await share()), (await dav('GET', '/m/open/a.txt')).status]).toEqual([200, 200]);
    expect(
      auditLines().filter(({ audit, reason }) => audit === 'share-refused' && /password/.test(reason)).length,
    ).toBeGreaterThan(10);
  });

  it('with letters beyond ASCII works', async () => {
    await start();
    const made = await share({ password: 'Geheim: ä€😀' });
    expect(await open(made, visitor(front, 'Geheim: ä€😀'))).toBe(200);
  });

  it('of a share that has ended is not asked for', async () => {
    await start();
    const made = await share({ password: 'correct horse', days: 1 });
    clock.advance(DAY_MS);
    expect(await open(made)).toBe(410);
  });

  it('is in no answer and in no line of the log, and its hash is not either', async () => {
    await start();
    await share({ password: 'correct horse' });
    const listed = (await dav('GET', '/?view=shares')).text;
    expect(JSON.parse(listed).shares[0]).toMatchObject({ password: true });
    expect(listed + front.logged.join('\n')).not.toMatch(/correct horse|argon2/);
  });
});

describe('a token', () => {
  it('is guessed slowly, and a right one is never kept waiting for that', async () => {
    await start();
    const made = await share();
    const answers = [];
    // One of these could be the token itself.
    const endings = Array.from({ length: 15 }, (_, turn) => `${10 + turn}`).filter(each => !made.token.endsWith(each));
    for (const ending of endings.slice(0, 14)) {
      answers.push((await guest('GET', `/-/s/${made.token.slice(0, 26)}${ending}/`)).status);
    }
    expect(answers.slice(0, 10)).toEqual(Array(10).fill(404));
    expect(answers.at(-1)).toBe(429);
    expect(await open(made)).toBe(200);
    clock.advance(60 * 60_000);
    expect((await guest('GET', '/-/s/nothing/')).status).toBe(404);
  });

  it('is in no line of the log, no metric and no list of requests under way, however it is written', async () => {
    const memory = createMemoryDrive();
    const underWay: string[] = [];
    const drive = withFaults(memory, {
      stat: (path, options) => {
        underWay.push(...(front?.underWay.all() ?? []).map(request => request.path));
        return memory.stat(path, options);
      },
    });
    await start({}, { drive });
    const made = await share();
    const { token } = made;
    const headers = { Referer: `${front.url}/-/s/${token}/`, Destination: `${front.url}/-/s/${token}/x` };
    for (const path of [`/-/s/${token}/a.txt`, `/%2D/s/${token}/`, `/-/%73/${token}/x`, `/-/S/${token}/`]) {
      await guest('GET', path, headers);
    }
    await rawRequest(front.url, compose(`GET //-//s//${token}/a.txt`, headers));
    await rawRequest(front.url, compose(`GET ${front.url}/-/s/${token}/../a.txt`, headers));
    await guest('COPY', `${made.root}a.txt`, { Destination: `${made.root}b.txt` });
    await guest('PUT', `${made.root}x/y/z.txt`, {}, 'x');
    await guest('GET', `${made.root}nothing.txt`);
    const takes = await share({ kind: 'upload' });
    const update = '<D:mkcol xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:mkcol>';
    await guest('MKCOL', `${takes.root}new/`, { 'Content-Type': 'text/xml' }, update);
    const text = [...front.logged, ...underWay, await scrape(front.url)].join('\n');
    expect(front.logged.length).toBeGreaterThan(5);
    expect(underWay).toContain('/-/s/[redacted]/a.txt');
    expect(text).toContain('"path":"/-/s/[redacted]/a.txt"');
    expect(text).not.toContain(token);
    expect(text).not.toContain(takes.token);
    const line = front.logged
      .map(each => JSON.parse(each))
      .find(({ share: id, status }) => id === made.id && status === 200);
    expect(line).toMatchObject({ user: `share:${made.id}`, mount: 'm' });
  });

  it('is not in the state, nor can one be made from what is', async () => {
    await start();
    const made = await share();
    const [kept] = await front.shares.list();
    expect(JSON.stringify(kept)).not.toContain(made.token);
    expect((await guest('GET', `/-/s/${kept!.digest}/`)).status).toBe(404);
    expect((await guest('GET', `/-/s/${kept!.id}/`)).status).toBe(404);
  });
});

describe('the audit trail', () => {
  it('has who made, opened, was refused and revoked what, once each', async () => {
    await start();
    const made = await share();
    await open(made);
    await open(made);
    await act(dav, '/m/?action=unshare', { input: { id: made.id } });
    await open(made);
    const events = auditLines().map(({ audit, user, share: id, path, reason }) => ({ audit, user, id, path, reason }));
    const id = made.id;
    expect(events).toEqual([
      { audit: 'share-made', user: 'user', id, path: '/m/open', reason: undefined },
      { audit: 'share-opened', user: `share:${id}`, id: undefined, path: '/m/open', reason: undefined },
      { audit: 'share-revoked', user: 'user', id, path: '/m/open', reason: undefined },
      { audit: 'share-refused', user: `share:${id}`, id: undefined, path: undefined, reason: 'revoked' },
    ]);
  });
});

describe('the owner', () => {
  const table = (mounts: readonly MountSpec[], wait: { seconds: number | undefined }) =>
    new MountTable({
      fixed: mounts,
      pending: () => (wait.seconds === undefined ? undefined : { retryAfterSeconds: wait.seconds }),
      since: new Date(0),
      clock,
    });

  it('who is dismissed loses the share, and one who cannot be told keeps people waiting', async () => {
    const people = testPeople(admitted('ada'));
    const password = newDevicePassword('ada');
    await start({}, { people });
    await front.devicePasswords.add(password.stored, { max: 9, now: 0 });
    const ada = davClient({ ...front, user: 'ada@contoso.com', password: password.text });
    const made = await makeShare(ada, '/m/open/', { kind: 'read' });
    expect(await open(made)).toBe(200);
    people.all.delete('ada');
    people.wait = 7;
    const waiting = await guest('GET', `${made.root}a.txt`);
    expect([waiting.status, waiting.headers.get('Retry-After')]).toEqual([503, '7']);
    people.wait = undefined;
    expect(await open(made)).toBe(403);
    people.all.set('ada', admitted('ada'));
    expect(await open(made)).toBe(200);
    people.all.set('ada', { ...admitted('ada'), user: { ...admitted('ada').user, shares: false } });
    expect(await open(made)).toBe(403);
  });

  it('whose rights shrink loses what needs them', async () => {
    const people = testPeople(admitted('ada'));
    const password = newDevicePassword('ada');
    await start({}, { people });
    await front.devicePasswords.add(password.stored, { max: 9, now: 0 });
    const ada = davClient({ ...front, user: 'ada@contoso.com', password: password.text });
    const [reads, takes] = [
      await makeShare(ada, '/m/open/', { kind: 'read' }),
      await makeShare(ada, '/m/open/', { kind: 'upload' }),
    ];
    const withRights = (named: Record<string, 'read' | 'write'>) => {
      const { user, ...rest } = admitted('ada');
      people.all.set('ada', { ...rest, user: { ...user, rights: { rules: [{ named }], owner: 'ada' } } });
    };
    withRights({ m: 'read' });
    expect([await open(reads), (await guest('PUT', `${takes.root}x.txt`, {}, 'x')).status]).toEqual([200, 403]);
    withRights({ other: 'write' });
    expect(await open(reads)).toBe(403);
  });

  it('has no share in a mount that is gone or not known yet, and it is not said to be absent', async () => {
    const drive = createMemoryDrive();
    const mount = { name: 'm', drive, readOnly: false };
    const wait: { seconds: number | undefined } = { seconds: undefined };
    const mounts = table([mount], wait);
    await start({}, { table: mounts });
    const made = await share();
    mounts.change({ remove: [mount], add: [] });
    wait.seconds = 9;
    expect(await open(made)).toBe(503);
    wait.seconds = undefined;
    expect(await open(made)).toBe(403);
    mounts.change({ remove: [], add: [mount] });
    expect(await open(made)).toBe(200);
    // Another drive under the same name is not what was shared.
    mounts.change({ remove: [mount], add: [{ ...mount, drive: createMemoryDrive() }] });
    expect([403, 404]).toContain(await open(made));
  });

  it('whose folder is replaced by another one of that name has not shared that', async () => {
    await start();
    const made = await share();
    await dav('MOVE', '/m/open/', { Destination: '/m/moved/' });
    expect(await open(made)).toBe(404);
    await dav('MKCOL', '/m/open/');
    await dav('PUT', '/m/open/a.txt', {}, 'private');
    expect(await open(made)).toBe(403);
    const answers = await Promise.all(['PROPFIND', 'HEAD', 'GET'].map(method => guest(method, `${made.root}a.txt`)));
    expect(answers.map(({ text }) => text).join()).not.toContain('private');
  });

  it('who replaces a shared file shares its next version', async () => {
    await start();
    const made = await share({}, '/m/open/a.txt');
    await dav('DELETE', '/m/open/a.txt');
    const gone = await guest('GET', `${made.root}a.txt`);
    expect(gone.status).toBe(404);
    expect(gone.text).not.toMatch(/\/m\/|open/);
    await dav('PUT', '/m/open/a.txt', {}, 'next');
    expect((await guest('GET', `${made.root}a.txt`)).text).toBe('next');
  });

  it('whose drive fails is told of in plain words, without places', async () => {
    const memory = createMemoryDrive();
    const { DriveError } = await import('../../src/drive/errors.ts');
    let fails = false;
    const drive = withFaults(memory, {
      stat: (path, options) => {
        if (fails) {
          throw new DriveError('unavailable', 'mailbox ada@contoso.com is locked', { retryAfterSeconds: 3 });
        }
        return memory.stat(path, options);
      },
    });
    await start({}, { drive });
    const made = await share();
    fails = true;
    const answer = await guest('GET', `${made.root}a.txt`);
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '3']);
    expect(answer.text).not.toContain('ada@contoso.com');
  });
});
