import { expect, it, vi } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { type Claim, type Holder, isObstacle, type LockStore } from '../../../src/state/lock-store.ts';
import type { Place } from '../../../src/state/place.ts';
import { lookAtDatabase } from '../../../src/state/postgres/look-at-database.ts';
import { openPostgresState } from '../../../src/state/postgres/state.ts';
import { devicePassword } from '../../contracts/device-password-store.ts';
import { lockAt } from '../../contracts/lock-store.ts';
import { openWork } from '../../contracts/open-work-store.ts';
import { property } from '../../contracts/property-store.ts';
import { session } from '../../contracts/session-store.ts';
import { newShare } from '../../contracts/share-store.ts';
import { bytesOf } from '../../contracts/side-store.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { POSTGRES } from '../../support/postgres.ts';
import { STATE_KEY, withServers } from '../../support/postgres-servers.ts';

const NOBODY: Holder = { user: 'nobody', tokens: new Set() };
const LIMITS = { here: 4, ofUser: 8 };
const ROUNDS = 30;

async function begin(locks: LockStore, place: Place): Promise<Claim | undefined> {
  const answer = await locks.begin([{ place, reach: 'tree' }], { holder: NOBODY, now: 0, places: [place] });
  return isObstacle(answer) ? undefined : answer;
}

describeWith(POSTGRES, 'two servers with one state in PostgreSQL', () => {
  it.each([
    ['above it', ['A']],
    ['on the root', []],
  ])('grant one of two locks that are taken at once, one of them %s', (_, above) =>
    withServers(2, async servers => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const places = [['A', `${round}`], above];
        const outcomes = await Promise.all(
          servers.map(({ locks }, index) =>
            locks.lock(lockAt(places[index]!, { token: `${round} ${index}`, user: `${index}` }), {
              ...{ now: 0, limits: LIMITS },
            }),
          ),
        );
        expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['conflict', 'granted']);
        await servers[0]!.locks.endWithin([[]], 0);
      }
    }),
  );

  it('keep to the limit of a user together', () =>
    withServers(2, async servers => {
      const wishes = Array.from({ length: 20 }, (_, index) =>
        servers[index % 2]!.locks.lock(lockAt([`P${index}`]), { now: 0, limits: { here: 4, ofUser: 5 } }),
      );
      const granted = (await Promise.all(wishes)).filter(({ kind }) => kind === 'granted');
      expect(granted).toHaveLength(5);
    }));

  it('either refuse a change or have the lock wait for it, whichever comes first', () =>
    withServers(2, async ([one, two]) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const place = ['A', `${round}`];
        const events: string[] = [];
        const change = async () => {
          const claim = await begin(one!.locks, place);
          if (claim !== undefined) {
            await one!.locks.discover(place, { now: 0, members: false });
            events.push('changed');
            await claim.end();
          }
        };
        const locking = async () => {
          const wish = lockAt(place, { token: `${round}`, user: `${round}` });
          const outcome = await two!.locks.lock(wish, { now: 0, limits: LIMITS });
          if (outcome.kind === 'granted' && outcome.underWay) {
            await two!.locks.settled(place);
          }
          events.push('locked');
        };
        await Promise.all([change(), locking()]);
        expect([['locked'], ['changed', 'locked']]).toContainEqual(events);
      }
    }));

  it('wait for each other’s changes, and not for those of a server that has died', () =>
    withServers(2, async ([one, two], database) => {
      await begin(one!.locks, ['A', 'B']);
      const outcome = await two!.locks.lock(lockAt(['A']), { now: 0, limits: LIMITS });
      expect(outcome).toEqual({ kind: 'granted', underWay: true });
      let isSettled = false;
      const settled = two!.locks.settled(['A']).then(() => {
        isSettled = true;
      });
      await two!.locks.discover([], { now: 0, members: true });
      expect(isSettled).toBe(false);
      await database.query('UPDATE servers SET until = clock_timestamp() FROM claims WHERE claims.server = servers.id');
      await settled;
    }));

  it('tell of the end of a change when somebody waits for it, and not otherwise', () =>
    withServers(2, async ([one, two], database) => {
      const told = vi.fn();
      two!.peers.on('claim', told);
      await (await begin(one!.locks, ['A']))!.end();
      const claim = (await begin(one!.locks, ['B']))!;
      const settled = two!.locks.settled(['B']);
      await eventually(async () =>
        expect(await database.query('SELECT is_awaited FROM claims')).toEqual([{ is_awaited: true }]),
      );
      await claim.end();
      await settled;
      await eventually(() => expect(told).toHaveBeenCalledOnce());
    }));

  it('do not extend a lock that one of them has taken for expired, by its clock', () =>
    withServers(2, async ([one, two]) => {
      await one!.locks.lock(lockAt(['A'], { token: 'old', expires: 1000 }), { now: 0, limits: LIMITS });
      const claim = (await two!.locks.begin([{ place: ['A'], reach: 'entry' }], {
        ...{ holder: NOBODY, now: 1000, places: [['A']] },
      })) as Claim;
      // The clock of the first one is behind.
      expect(await one!.locks.refresh('old', { now: 999, timeoutSeconds: 60 })).toBeUndefined();
      await claim.end();
    }));

  it('share the open work: each has its own, and what a dead one has left goes to one of the others', () =>
    withServers(3, async ([one, two, three], database) => {
      const states = [one!, two!, three!];
      await one!.intents.put(openWork('of one'));
      await two!.intents.put(openWork('of two'));
      const lists = () =>
        Promise.all(states.map(async ({ intents }) => (await intents.list('t1')).map(({ id }) => id)));
      expect(await lists()).toEqual([['of one'], ['of two'], []]);
      expect((await three!.intents.all('t1')).map(({ id }) => id)).toEqual(['of one', 'of two']);
      await database.query(
        "UPDATE servers SET until = clock_timestamp() FROM intents WHERE intents.server = servers.id AND intents.id = 'of one'",
      );
      const [left, ...others] = await Promise.all([two!, three!].map(({ intents }) => intents.list('t1')));
      const ids = [left!, ...others].flat().map(({ id }) => id);
      expect(ids.sort()).toEqual(['of one', 'of two']);
    }));

  it('see at once what the other one has written', () =>
    withServers(2, async ([one, two]) => {
      await one!.devicePasswords.add(devicePassword('a'), { max: 9, now: 0 });
      expect(await two!.devicePasswords.find('digest of a')).toBeDefined();
      await two!.devicePasswords.remove('ada', 'a');
      expect(await one!.devicePasswords.find('digest of a')).toBeUndefined();
      await one!.properties.change('drive', 'item', { set: [property('urn:x', 'a')], remove: [] });
      expect(await two!.properties.list('drive', 'item')).toHaveLength(1);
      expect(await two!.properties.isUsed('drive')).toBe(true);
      await one!.sideFiles.put(['A'], bytesOf('1'), { now: 1 });
      expect(await two!.sideFiles.get(['A'], 1)).toBeDefined();
    }));

  it('keep to the limits of people and the room for side files together', () =>
    withServers(
      2,
      async servers => {
        const ids = Array.from({ length: 12 }, (_, index) => `${index}`);
        const server = (id: string) => servers[Number(id) % 2]!;
        const limit = { max: 3, now: 0 };
        const passwords = ids.map(id => server(id).devicePasswords.add(devicePassword(id), limit));
        const shares = ids.map(id => server(id).shares.add(newShare(id, { created: 0, expires: 1000 }), limit));
        expect((await Promise.all(passwords)).filter(isAdded => isAdded)).toHaveLength(3);
        expect((await Promise.all(shares)).filter(isAdded => isAdded)).toHaveLength(3);
        const files = ids.map(id => server(id).sideFiles.put([id], bytesOf('1234'), { now: Number(id) }));
        await Promise.all(files);
        expect((await servers[0]!.counts(0)).sideFileBytes).toBe(8);
        const left = await Promise.all(ids.map(id => servers[0]!.sideFiles.info([id])));
        expect(left.filter(info => info !== undefined)).toHaveLength(2);
      },
      10,
    ));

  it('never mix two changes of the properties of one item', () =>
    withServers(2, async servers => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const sets = ['1', '2'].map(value => ['a', 'b', 'c'].map(name => property('urn:x', name, value)));
        const changes = sets.map((set, index) =>
          servers[index]!.properties.change('drive', 'item', {
            set: index === 0 ? set : set.toReversed(),
            remove: [],
          }),
        );
        await Promise.all([...changes, servers[0]!.properties.delete('drive', 'item')]);
        const left = await servers[1]!.properties.list('drive', 'item');
        expect([[], ...sets]).toContainEqual(left);
      }
    }));

  it('keep texts that are longer than an index of PostgreSQL takes, and tell them apart by their ends', () =>
    withServers(1, async ([server]) => {
      const { locks, properties, sideFiles } = server!;
      const [one, two] = [1, 2].map(end => `${'Ü'.repeat(5_000)}${end}`) as [string, string];
      for (const name of [one, two]) {
        await locks.lock(lockAt(['A', name], { token: name }), { now: 0, limits: LIMITS });
        await sideFiles.put(['A', name], bytesOf(name.at(-1)!), { now: 1 });
      }
      const set = [property(one, two, '1'), property(one, one, '2')];
      await properties.change('drive', 'item', { set: set.toReversed(), remove: [] });
      await properties.change('drive', 'item', { set, remove: [] });
      const found = await locks.discover(['A', one, 'X'], { now: 0, members: false });
      expect(found.map(({ token }) => token)).toEqual([one]);
      expect(await locks.discover(['A'], { now: 0, members: true })).toHaveLength(2);
      await locks.endWithin([['A', two]], 0);
      expect(await locks.discover(['A'], { now: 0, members: true })).toHaveLength(1);
      expect((await properties.list('drive', 'item')).map(({ xml }) => xml)).toEqual([set[1]!.xml, set[0]!.xml]);
      await sideFiles.move(['A', one], ['B', one]);
      expect(await sideFiles.get(['B', one], 2)).toMatchObject({ bytes: bytesOf('1') });
      expect(await sideFiles.info(['A', two])).toBeDefined();
    }));

  it('do not hear the servers of another state in the same database', () =>
    withServers(0, async (_, database) => {
      const inSchema = async (name: string) => {
        await database.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
        const url = `${database.url}?options=${encodeURIComponent(`-c search_path=${name}`)}`;
        const common = { connections: 1, maxSideBytes: 10, log: createLog({ level: 'silent' }) };
        return openPostgresState({ ...common, url, key: STATE_KEY });
      };
      const [one, two, stranger] = [await inSchema('here'), await inSchema('here'), await inSchema('there')];
      const heard: string[] = [];
      for (const [name, state] of Object.entries({ one, two, stranger })) {
        state.peers.on('stored', () => heard.push(name));
      }
      await eventually(() => expect(one.peers.list()).toHaveLength(2));
      await one.peers.tell('stored', { id: 'x' });
      // It would have been told in the same moment.
      await stranger.peers.tell('stored', { id: 'y' });
      expect([heard, stranger.peers.list().length]).toEqual([['two'], 1]);
      await Promise.all([one.close(), two.close(), stranger.close()]);
      await database.query('DROP SCHEMA here CASCADE; DROP SCHEMA there CASCADE');
    }));

  it('read the plans of each other’s upload sessions, which nobody reads in the database', () =>
    withServers(0, async (_, database) => {
      const plan = 'https://h/?tempauth=v1.very-secret';
      const options = {
        url: database.socketUrl,
        connections: 1,
        maxSideBytes: 10,
        log: createLog({ level: 'silent' }),
      };
      const one = await openPostgresState({ ...options, key: STATE_KEY });
      await one.uploadSessions.put(openWork('a', { plan }));
      const kept = await database.query<{ plan: string }>('SELECT plan FROM upload_sessions');
      expect(kept[0]!.plan).not.toContain('secret');
      const other = await openPostgresState({ ...options, key: STATE_KEY });
      expect(await other.uploadSessions.all('t1')).toEqual([openWork('a', { plan })]);
      await other.close();
      const asStranger = () => openPostgresState({ ...options, key: STATE_KEY.toReversed() });
      // Each would keep what the other one cannot read.
      const another = /the server .* uses it with another state\.key/;
      await expect(asStranger()).rejects.toThrow(another);
      const { words } = await lookAtDatabase({ url: database.url, key: STATE_KEY.toReversed() });
      expect(words).toMatch(another);
      expect((await lookAtDatabase({ url: database.url, key: STATE_KEY })).problem).toBeUndefined();
      await one.close();
      const stranger = await asStranger();
      expect(await stranger.uploadSessions.all('t1')).toEqual([]);
      await stranger.close();
    }));

  it('keep the secrets of sessions and uploads only encrypted', () =>
    withServers(2, async ([one, two], database) => {
      const secret = 'the secret of a form';
      await one!.sessions.add(session('digest', { formSecret: secret, created: 0, expires: 1 }));
      await one!.uploadSessions.put(openWork('upload', { plan: `https://${secret}/` }));
      expect((await two!.sessions.find('digest', 0))?.formSecret).toBe(secret);
      const kept = [
        await database.query('SELECT * FROM sessions'),
        await database.query('SELECT * FROM upload_sessions'),
      ];
      expect(kept.map(rows => rows.length)).toEqual([1, 1]);
      expect(JSON.stringify(kept)).not.toContain(secret);
    }));
});
