import { expect, it } from 'vitest';
import { takeFolder } from '../../src/app/open-state.ts';
import type { Config } from '../../src/config/load.ts';
import { createLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { StateUnavailable } from '../../src/state/state-unavailable.ts';
import { makeTempDir } from '../support/temp-dir.ts';

it('waits a minute in all for a database that does not answer, however long each attempt takes', async () => {
  await using folder = await makeTempDir();
  // Nobody listens there.
  const url = new Secret('postgres://u@127.0.0.1:1/x');
  const state = { url, caPem: undefined, key: new Secret('00'.repeat(32)), connections: 2 };
  const config = { dataDir: folder.path, limits: { maxJunkBytes: 1 }, state } as unknown as Config;
  let now = 0;
  let pauses = 0;
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      pauses += 1;
      // As long as a connection to a host that swallows everything.
      now += milliseconds + 5_000;
    },
  };
  const logged: string[] = [];
  const log = createLog({ level: 'warn', destination: { write: line => void logged.push(line) } });
  await expect(takeFolder(config)({ log, clock })).rejects.toThrow(StateUnavailable);
  expect([pauses, logged.length]).toEqual([11, 1]);
  // The folder is free again.
  await expect(takeFolder(config)({ log, clock })).rejects.toThrow(StateUnavailable);
});
