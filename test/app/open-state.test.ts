import { expect, it } from 'vitest';
import { takeFolder } from '../../src/app/open-state.ts';
import type { Config } from '../../src/config/load.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { StateUnavailable } from '../../src/state/state-unavailable.ts';
import { openClusterState } from '../support/cluster-state.ts';
import { openDatabaseLine } from '../support/database-line.ts';
import { davClient } from '../support/dav-client.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer } from '../support/test-server.ts';

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

describeWith(POSTGRES, 'a database that goes away while the server starts', () => {
  it('is waited for, too', async () => {
    await using state = await openClusterState();
    await using line = await openDatabaseLine(state);
    // With the state open, the drives of the mounts are read.
    const reading = line.holdAnswerTo('FROM drive_ids');
    const sleep: Clock['sleep'] = (milliseconds, ...rest) => {
      line.mend();
      return systemClock.sleep(milliseconds, ...rest);
    };
    const starting = startTestServer({ yaml: state.yaml(line.port), clock: { ...systemClock, sleep } });
    await reading;
    line.cut();
    const server = await starting;
    expect(server.logged).toContainEqual(expect.stringContaining('the database of the state is waited for'));
    expect((await davClient(server)('PROPFIND', '/ada/', { Depth: '0' })).status).toBe(207);
    await server.stop();
  });
});
