import { afterEach, beforeEach, expect, it } from 'vitest';
import { shares } from '../../src/config/shares-schema.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { act } from '../support/browser-client.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { describeWith } from '../support/foreign-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { askAs, OPENED, SENT } from '../support/page-visitor.ts';
import { POSTGRES } from '../support/postgres.ts';
import { openServers, type PostgresServers } from '../support/postgres-servers.ts';
import { makeShare, visitor } from '../support/shares.ts';

describeWith(POSTGRES, 'two servers with one state', () => {
  let states: PostgresServers;
  let fronts: readonly FrontDoorTest[];
  let clock: FakeClock;
  let [a, b]: Dav[] = [];

  beforeEach(async () => {
    states = await openServers(2);
    clock = fakeClock();
    const drive = createMemoryDrive();
    fronts = await Promise.all(
      states.servers.map(state => startFrontDoor({ drive, state, clock, shares: shares.parse({}) })),
    );
    [a, b] = fronts.map(front => davClient(front));
    await a!('MKCOL', '/m/f/');
    await a!('PUT', '/m/f/one.txt', {}, 'one');
  });
  afterEach(async () => {
    await Promise.all(fronts.map(front => front.stop()));
    await states.close();
  });

  /** A visitor at each server. */
  const guests = (agent = 'player'): Dav[] =>
    fronts.map(front => {
      const guest = visitor(front);
      return (method, path, headers = {}, body) => guest(method, path, { 'User-Agent': agent, ...headers }, body);
    });
  const idOf = async (dav: Dav): Promise<string> => JSON.parse((await dav('GET', '/?view=shares')).text).shares[0].id;
  const statusOf = async (answer: Promise<{ status: number }>) => (await answer).status;

  it('give the zip of a selection that the other has taken, for a minute', async () => {
    const { href } = JSON.parse((await act(a!, '/m/f/?action=zip', { input: { names: ['one.txt'] } })).text);
    expect((await b!('GET', href)).headers.get('Content-Type')).toBe('application/zip');
    clock.advance(60_000);
    expect((await b!('GET', href)).status).toBe(404);
  });

  it('count a download in parts once, wherever its parts come from', async () => {
    const { root } = await makeShare(a!, '/m/f/', { kind: 'read', maxDownloads: 2 });
    const part = (guest: Dav, range: string) => statusOf(guest('GET', `${root}one.txt`, { Range: `bytes=${range}` }));
    const [atA, atB] = guests();
    const ranges = ['0-0', '1-1', '2-2', '0-1', '1-2'];
    const answers = await Promise.all(ranges.flatMap(range => [part(atA!, range), part(atB!, range)]));
    expect(answers).toEqual(Array<number>(10).fill(206));
    const downloads = async () => (await states.servers[0]!.shares.list())[0]?.downloads;
    expect(await downloads()).toBe(1);
    const [othersA, othersB] = guests('other');
    expect([await part(othersB!, '0-0'), await part(othersA!, '1-1'), await downloads()]).toEqual([206, 206, 2]);
    // Nobody may begin, at either, and both may go on.
    const [third, fourth] = guests('third');
    expect([await part(third!, '0-0'), await part(fourth!, '0-0')]).toEqual([410, 410]);
    expect([await part(atB!, '0-0'), await part(othersA!, '0-0')]).toEqual([206, 206]);
    expect(await statusOf(atB!('GET', `${root}one.txt`))).toBe(410);
    clock.advance(5 * 60 * 60_000);
    expect([await part(atA!, '0-0'), await part(atB!, '0-0')]).toEqual([410, 410]);
  });

  it('give as many whole downloads as a share allows, together', async () => {
    const { root } = await makeShare(a!, '/m/f/', { kind: 'read', maxDownloads: 5 });
    const all = Array.from({ length: 10 }, () => guests()).flat();
    const answers = await Promise.all(all.map(guest => statusOf(guest('GET', `${root}one.txt`))));
    expect(answers.filter(status => status === 200)).toHaveLength(5);
    expect(answers.filter(status => status === 410)).toHaveLength(15);
  });

  it('take the cookie that the other has given for a password, and count its guesses together', async () => {
    const { root } = await makeShare(a!, '/m/f/', { kind: 'read', password: 'open sesame' });
    const send = (front: FrontDoorTest, password: string) =>
      askAs(
        `${front.url}${root}`,
        { ...SENT, 'content-type': 'application/x-www-form-urlencoded' },
        { method: 'POST', body: new URLSearchParams({ password }).toString() },
      );
    const cookie = (await send(fronts[0]!, 'open sesame')).headers['set-cookie']!.split(';', 1)[0]!;
    for (const front of fronts) {
      expect((await askAs(`${front.url}${root}one.txt`, { ...OPENED, cookie })).text).toBe('one');
    }
    for (let turn = 0; turn < 10; turn += 1) {
      expect((await send(fronts[turn % 2]!, `guess ${turn}`)).status).toBe(401);
    }
    expect([(await send(fronts[0]!, 'another')).status, (await send(fronts[1]!, 'another')).status]).toEqual([
      429, 429,
    ]);
    await a!(
      'POST',
      '/?action=unshare',
      { 'Content-Type': 'application/json' },
      JSON.stringify({ id: await idOf(a!) }),
    );
    expect((await askAs(`${fronts[1]!.url}${root}`, { ...OPENED, cookie })).status).toBe(410);
  });

  it('show visitors what they have sent to the other, and let them fill it', async () => {
    const { root, token } = await makeShare(a!, '/m/f/', { kind: 'upload' });
    const namesAt = async (guest: Dav) => hrefsOf((await guest('PROPFIND', root, { Depth: '1' })).text).toSorted();
    const [atA, atB] = guests();
    const [others] = guests('other');
    await atA!('PUT', `${root}empty.txt`, {}, '');
    await atB!('PUT', `${root}second.txt`, {}, 'second');
    await atA!('MKCOL', `${root}folder/`);
    const mine = [root, `${root}empty.txt`, `${root}folder/`, `${root}second.txt`];
    expect([await namesAt(atA!), await namesAt(atB!), await namesAt(others!)]).toEqual([mine, mine, [root]]);
    expect(await statusOf(others!('PUT', `${root}empty.txt`, {}, 'taken'))).toBe(403);
    expect(await statusOf(atB!('PUT', `${root}empty.txt`, {}, 'filled'))).toBe(204);
    expect(await statusOf(atA!('PUT', `${root}empty.txt`, {}, 'again'))).toBe(403);
    expect((await atA!('HEAD', `${root}empty.txt`)).headers.get('Content-Length')).toBe('6');
    const [row] = await states.database.query<{ all: string }>("SELECT string_agg(notes::text, ' ') AS all FROM notes");
    expect(row!.all).not.toMatch(new RegExp(`${token}|second|127\\.0\\.0\\.1`));
    clock.advance(61 * 60_000);
    expect(await namesAt(atB!)).toEqual([root]);
  });
});
