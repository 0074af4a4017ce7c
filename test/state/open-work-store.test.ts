import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stateFile } from '../../src/state/sqlite/state.ts';
import { describeOpenWorkStore, openWork } from '../contracts/open-work-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeOpenWorkStore(engine, 'intents');
  describeOpenWorkStore(engine, 'uploadSessions');
}

it('open work survives a restart', () =>
  withRestarts(
    async ({ intents, uploadSessions }) => {
      await intents.put(openWork('a'));
      await uploadSessions.put(openWork('b'));
    },
    async ({ intents, uploadSessions }) => {
      expect([await intents.list('t1'), await uploadSessions.list('t1')]).toEqual([[openWork('a')], [openWork('b')]]);
    },
  ));

it('the URL of an upload session is encrypted at rest, and useless without its key', () =>
  withRestarts(
    async ({ uploadSessions }, folder) => {
      await uploadSessions.put(openWork('a', { plan: 'https://h/?tempauth=v1.very-secret' }));
      for (const file of [stateFile(folder), `${stateFile(folder)}-wal`]) {
        expect(readFileSync(file).includes('very-secret')).toBe(false);
      }
      expect(statSync(join(folder, 'state.key')).mode & 0o777).toBe(0o600);
      rmSync(join(folder, 'state.key'));
    },
    async ({ uploadSessions }) => {
      expect(await uploadSessions.list('t1')).toEqual([]);
      await uploadSessions.delete('a');
    },
  ));
