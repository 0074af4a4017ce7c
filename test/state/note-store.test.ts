import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { openPostgresState } from '../../src/state/postgres/state.ts';
import { KEY_BYTES } from '../../src/state/sealing.ts';
import type { State } from '../../src/state/state.ts';
import { describeNoteStore, note } from '../contracts/note-store.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { withServers } from '../support/postgres-servers.ts';
import { ENGINES } from '../support/state-engines.ts';

for (const engine of ENGINES) {
  describeNoteStore(engine);
}

const NOW = 1_800_000_000_000;
const SILENT = createLog({ level: 'silent' });

describeWith(POSTGRES, 'servers with one state in PostgreSQL', () => {
  it('find the notes of each other, and of two that take one, one gets it', () =>
    withServers(2, async ([a, b]) => {
      for (let round = 0; round < 20; round += 1) {
        const key = `${round}`;
        await a!.notes.put(note(key), NOW);
        expect(await b!.notes.get('zip-selection', key, NOW)).toBe(note(key).value);
        const taken = await Promise.all([a!, b!].map(({ notes }) => notes.take('zip-selection', key, NOW)));
        expect(taken.filter(value => value !== undefined)).toEqual([note(key).value]);
      }
    }));

  it('put into a full kind at once without a failure, and come back to its bound', () =>
    withServers(2, async ([a, b], database) => {
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
    withServers(0, async (_, database) => {
      const using = async (key: Uint8Array, use: (state: State) => Promise<void>) => {
        const options = { url: database.socketUrl, connections: 2, key, maxSideBytes: 1024, log: SILENT };
        const state = await openPostgresState(options);
        await use(state).finally(() => state.close());
      };
      const [own, other] = [randomBytes(KEY_BYTES), randomBytes(KEY_BYTES)];
      await using(own, ({ notes }) =>
        notes.put(note('secret-key', { owner: '192.0.2.7', value: 'secret-value' }), NOW),
      );
      const [row] = await database.query<{ text: string }>('SELECT notes::text AS text FROM notes');
      expect(row!.text).not.toMatch(/secret|192\.0\.2\.7/);
      await using(other, async ({ notes }) => {
        expect(await notes.get('zip-selection', 'secret-key', NOW)).toBeUndefined();
        expect(await notes.list('zip-selection', '192.0.2.7', { now: NOW, max: 9 })).toEqual([]);
      });
      await using(own, async ({ notes }) =>
        expect(await notes.get('zip-selection', 'secret-key', NOW)).toBe('secret-value'),
      );
    }));
});
