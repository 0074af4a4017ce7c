import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMemoryOpenWorkStore } from '../../src/state/open-work-store.ts';
import { stateFile } from '../../src/state/sqlite-state.ts';
import { describeOpenWorkStore, openWork } from '../contracts/open-work-store.ts';
import { withRestarts } from './temp-state.ts';

describeOpenWorkStore('the memory store', async use => use(createMemoryOpenWorkStore()));
describeOpenWorkStore('the SQLite store of intents', use => withRestarts(state => use(state.intents)));
describeOpenWorkStore('the SQLite store of upload sessions', use => withRestarts(state => use(state.uploadSessions)));

it('open work survives a restart', () =>
  withRestarts(
    ({ intents, uploadSessions }) => {
      intents.put(openWork('a'));
      uploadSessions.put(openWork('b'));
    },
    ({ intents, uploadSessions }) => {
      expect([intents.list('t1'), uploadSessions.list('t1')]).toEqual([[openWork('a')], [openWork('b')]]);
    },
  ));

it('the URL of an upload session is encrypted at rest, and useless without its key', () =>
  withRestarts(
    ({ uploadSessions }, folder) => {
      uploadSessions.put(openWork('a', { plan: 'https://h/?tempauth=v1.very-secret' }));
      for (const file of [stateFile(folder), `${stateFile(folder)}-wal`]) {
        expect(readFileSync(file).includes('very-secret')).toBe(false);
      }
      expect(statSync(join(folder, 'state.key')).mode & 0o777).toBe(0o600);
      rmSync(join(folder, 'state.key'));
    },
    ({ uploadSessions }) => {
      expect(uploadSessions.list('t1')).toEqual([]);
      uploadSessions.delete('a');
    },
  ));
