import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { openPostgresState } from '../../src/state/postgres/state.ts';
import { KEY_BYTES } from '../../src/state/sealing.ts';
import type { State } from '../../src/state/state.ts';
import { describeNoteStore, note } from '../contracts/note-store.ts';
import { describeWith } from '../support/foreign-client.ts';
import { openDatabase, POSTGRES, type TestDatabase } from '../support/postgres.ts';
import { ENGINES } from '../support/state-engines.ts';

for (const engine of ENGINES) {
  describeNoteStore(engine);
}

const NOW = 1_800_000_000_000;
const KEY = randomBytes(KEY_BYTES);

/** Opens the state of servers with these keys over one database. */
async function withServers(
  keys: readonly Uint8Array[],
  use: (servers: readonly State[], database: TestDatabase) => Promise<void>,
): Promise<void> {
  await using database = await openDatabase();
  const log = createLog({ level: 'silent' });
  const open = (key: Uint8Array) =>
    openPostgresState({ url: database.socketUrl, connections: 5, key, maxSideBytes: 1024, log });
  const servers: State[] = [];
  for (const key of keys) {
    servers.push(await open(key));
  }
  try {
    await use(servers, database);
  } finally {
    await Promise.all(servers.map(server => server.close()));
  }
}

describeWith(POSTGRES, 'servers with one state in PostgreSQL', () => {
  it('find the notes of each other, and of two that take one, one gets it', () =>
    withServers([KEY, KEY], async ([a, b]) => {
      for (let round = 0; round < 20; round += 1) {
        const key = `${round}`;
        await a!.notes.put(note(key), NOW);
        expect(await b!.notes.get('zip-selection', key, NOW)).toBe(note(key).value);
        const taken = await Promise.all([a!, b!].map(({ notes }) => notes.take('zip-selection', key, NOW)));
        expect(taken.filter(value => value !== undefined)).toEqual([note(key).value]);
      }
    }));

  it('put into a full kind at once without a failure, and come back to its bound', () =>
    withServers([KEY, KEY], async ([a, b], database) => {
      const putAll = (count: number, name: string) =>
        Promise.all(
          Array.from({ length: count }, (_, index) =>
            [a!, b!][index % 2]!.notes.put(note(`${name} ${index}`, { ends: NOW + (index % 3) }), NOW),
          ),
        );
      await putAll(330, 'early');
      await putAll(90, 'late');
      for (let turn = 0; turn < 6; turn += 1) {
        await a!.notes.put(note('last'), NOW);
      }
      const [row] = await database.query<{ n: string }>('SELECT count(*) AS n FROM notes');
      expect(Number(row!.n)).toBeLessThanOrEqual(202);
      expect(await b!.notes.get('zip-selection', 'last', NOW)).toBeDefined();
    }));

  it('show nothing of them in the database, and nothing to a server with another key', () =>
    withServers([KEY, randomBytes(KEY_BYTES)], async ([a, b], database) => {
      await a!.notes.put(note('secret-key', { owner: '192.0.2.7', value: 'secret-value' }), NOW);
      const [row] = await database.query<{ text: string }>('SELECT notes::text AS text FROM notes');
      expect(row!.text).not.toMatch(/secret|192\.0\.2\.7/);
      expect(await b!.notes.get('zip-selection', 'secret-key', NOW)).toBeUndefined();
      expect(await b!.notes.list('zip-selection', '192.0.2.7', { now: NOW, max: 9 })).toEqual([]);
      expect(await a!.notes.get('zip-selection', 'secret-key', NOW)).toBe('secret-value');
    }));
});
