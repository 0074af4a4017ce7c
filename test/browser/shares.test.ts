import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { act, codeOf } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import type { FrontDoorTest } from '../support/front-door.ts';
import { admitted, newDevicePassword, testPeople } from '../support/people.ts';
import { makeShare, startShares, visitor } from '../support/shares.ts';

const DAY_MS = 24 * 60 * 60_000;

let front: FrontDoorTest;
let dav: Dav;
let reader: Dav;

beforeAll(async () => {
  front = await startShares(
    {
      users: ['user', 'reader', 'other', 'nobody'].map(name => ({
        ...{ name, mounts: '*' as const },
        access: name === 'reader' ? ('read' as const) : ('write' as const),
      })),
      publicUrls: ['https://files.example/cloud', 'https://other.example'],
    },
    { users: ['user', 'read*', 'other'], maxDays: 10, maxDownloads: 50, maxPerUser: 5 },
  );
  dav = davClient(front);
  reader = davClient({ ...front, user: 'reader' });
  await dav('MKCOL', '/m/folder/');
  await dav('PUT', '/m/folder/a.txt', {}, 'four');
});
afterAll(() => front.stop());

const share = (by: Dav, path: string, input: object, headers: Record<string, string> = {}) =>
  act(by, `${path}?action=share`, { input, headers });
const sharesOf = async (by: Dav, path = '/') => JSON.parse((await by('GET', `${path}?view=shares`)).text).shares;

describe('the action share', () => {
  it('answers the share and its URL, by the public URL of the host or the first one', async () => {
    const answer = await share(dav, '/m/folder/', {
      kind: 'read',
      days: 3,
      password: 'correct horse',
      maxDownloads: 7,
    });
    expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([201, 'no-store']);
    const { share: made, url } = JSON.parse(answer.text);
    expect(url).toMatch(/^https:\/\/files\.example\/cloud\/-\/s\/[0-9a-z]{28}\/$/);
    expect(made).toMatchObject({
      ...{ kind: 'read', state: 'open', path: ['m', 'folder'], target: 'folder', password: true },
      ...{ maxDownloads: 7, downloads: 0 },
    });
    expect(Date.parse(made.expires) - Date.parse(made.created)).toBe(3 * DAY_MS);
    expect(JSON.parse((await dav('GET', '/m/folder/?view=shares')).text)).toEqual({
      shares: [made],
      limits: { maxDays: 10, requirePassword: false, minPassword: 6, maxDownloads: 50 },
    });
    // The URL is told this once.
    expect((await dav('GET', '/?view=shares')).text).not.toContain(url.split('/').at(-2));
    await act(dav, '/?action=unshare', { input: { id: made.id } });
  });

  it.each<[object, string]>([
    [{}, 'kind must be read or upload'],
    [{ kind: 'write' }, 'kind must be read or upload'],
    [{ kind: 'read', days: 11 }, 'days must be a whole number from 1 to 10'],
    [{ kind: 'read', days: 0 }, 'days must be'],
    [{ kind: 'read', days: 1.5 }, 'days must be'],
    [{ kind: 'read', expires: '2020-01-01T00:00:00Z' }, 'expires must be a time'],
    [{ kind: 'read', expires: '2120-01-01T00:00:00Z' }, 'at most 10 days away'],
    [{ kind: 'read', expires: 'tomorrow' }, 'expires must be a time'],
    [{ kind: 'read', expires: new Date(Date.now() + DAY_MS).toISOString(), days: 1 }, 'either days or expires'],
    [{ kind: 'read', password: 'short' }, 'password must be a text of 6 to 200'],
    [{ kind: 'read', password: 7 }, 'password must be'],
    [{ kind: 'read', maxDownloads: 51 }, 'maxDownloads must be a whole number from 1 to 50'],
    [{ kind: 'read', maxDownloads: 0 }, 'maxDownloads must be'],
    [{ kind: 'upload', maxDownloads: 3 }, 'maxDownloads is for shares that are read'],
    [{ kind: 'read', pasword: 'correct horse' }, 'in a share; there are: kind, days'],
  ])('refuses %o', async (input, message) => {
    const answer = await share(dav, '/m/folder/', input);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad-request']);
    expect(answer.text).toContain(message);
  });

  it('refuses what is not there, what is above the mounts, and whom the configuration does not name', async () => {
    expect((await share(dav, '/m/nothing.txt', { kind: 'read' })).status).toBe(404);
    expect((await share(dav, '/', { kind: 'read' })).status).toBe(403);
    expect((await share(davClient({ ...front, user: 'nobody' }), '/m/folder/', { kind: 'read' })).status).toBe(403);
    expect((await share(reader, '/m/folder/', { kind: 'upload' })).status).toBe(403);
  });

  it('refuses pages of other origins', async () => {
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await share(dav, '/m/folder/', { kind: 'read' }, headers)).status).toBe(403);
    expect(await sharesOf(dav, '/m/folder/')).not.toContainEqual(expect.objectContaining({ state: 'open' }));
  });

  it('makes at most so many for one user', async () => {
    const other = davClient({ ...front, user: 'other' });
    const answers = [];
    for (let turn = 0; turn < 6; turn += 1) {
      answers.push((await share(other, '/m/folder/a.txt', { kind: 'read' })).status);
    }
    expect(answers).toEqual([201, 201, 201, 201, 201, 409]);
    expect((await share(reader, '/m/folder/a.txt', { kind: 'read' })).status).toBe(201);
  });
});

describe('the view shares and the action unshare', () => {
  it('are about the own shares only', async () => {
    const made = await makeShare(dav, '/m/folder/a.txt', { kind: 'read' });
    expect((await sharesOf(dav)).map(({ id }: { id: string }) => id)).toContain(made.id);
    expect((await sharesOf(dav, '/m/FOLDER/A.txt')).map(({ id }: { id: string }) => id)).toEqual([made.id]);
    expect((await sharesOf(reader)).map(({ id }: { id: string }) => id)).not.toContain(made.id);
    expect((await act(reader, '/?action=unshare', { input: { id: made.id } })).status).toBe(404);
    expect((await act(dav, '/?action=unshare', { input: {} })).status).toBe(400);
    expect((await act(dav, '/?action=unshare', { input: { id: made.id } })).status).toBe(200);
    expect(await sharesOf(dav, '/m/folder/a.txt')).toEqual([
      expect.objectContaining({ id: made.id, state: 'revoked' }),
    ]);
  });
});

it('the head of a folder says what may be shared there', async () => {
  const canShare = async (by: Dav, path: string) =>
    JSON.parse((await by('GET', `${path}?view=entries`)).text.split('\n')[0]!).folder.can.share;
  expect(await canShare(dav, '/m/folder/')).toEqual(['read', 'upload']);
  expect(await canShare(reader, '/m/folder/')).toEqual(['read']);
  expect(await canShare(davClient({ ...front, user: 'nobody' }), '/m/folder/')).toEqual([]);
  expect(await canShare(dav, '/')).toEqual([]);
});

it('a device password shares no more than it opens, and sees no other shares', async () => {
  const people = testPeople(admitted('ada'));
  const [narrow, whole] = [
    newDevicePassword('ada', { readOnly: true, below: ['m', 'folder'] }),
    newDevicePassword('ada', { name: 'whole' }),
  ];
  const own = await startShares({ people });
  try {
    for (const { stored } of [narrow, whole]) {
      await own.devicePasswords.add(stored, { max: 9, now: 0 });
    }
    const [by, all] = [narrow, whole].map(({ text }) => davClient({ ...own, user: 'ada', password: text })) as [
      Dav,
      Dav,
    ];
    await all('MKCOL', '/m/folder/');
    await all('MKCOL', '/m/other/');
    const hidden = await makeShare(all, '/m/other/', { kind: 'read' });
    await expect(makeShare(by, '/m/other/', { kind: 'read' })).rejects.toThrow(/403/);
    await expect(makeShare(by, '/m/folder/', { kind: 'upload' })).rejects.toThrow(/403/);
    const made = await makeShare(by, '/m/folder/', { kind: 'read' });
    expect((await sharesOf(by)).map(({ id }: { id: string }) => id)).toEqual([made.id]);
    expect((await act(by, '/m/folder/?action=unshare', { input: { id: hidden.id } })).status).toBe(404);
    expect((await sharesOf(all)).map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [made.id, hidden.id].toSorted(),
    );
  } finally {
    await own.stop();
  }
});

it('guests cannot share, also where a user has their name', async () => {
  const anonymous = { mounts: '*' as const, access: 'read' as const };
  const own = await startShares({ auth: { anonymous }, users: [{ name: 'anonymous', mounts: '*', access: 'write' }] });
  try {
    expect((await share(visitor(own), '/m/', { kind: 'read' })).status).toBe(401);
    await makeShare(davClient({ ...own, user: 'anonymous' }), '/m/', { kind: 'read' });
    const seen = await visitor(own)('GET', '/?view=shares');
    expect([seen.status, codeOf(seen)]).toEqual([403, 'forbidden']);
  } finally {
    await own.stop();
  }
});
