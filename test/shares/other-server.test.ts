import { afterEach, beforeEach, expect, it } from 'vitest';
import { shares } from '../../src/config/shares-schema.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { act } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { describeWith } from '../support/foreign-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { POSTGRES } from '../support/postgres.ts';
import { openServers, type PostgresServers } from '../support/postgres-servers.ts';

describeWith(POSTGRES, 'what was begun at one server', () => {
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

  it('a selection for a zip, is downloaded from another', async () => {
    const { href } = JSON.parse((await act(a!, '/m/f/?action=zip', { input: { names: ['one.txt'] } })).text);
    expect((await b!('GET', href)).headers.get('Content-Type')).toBe('application/zip');
    clock.advance(60_000);
    expect((await b!('GET', href)).status).toBe(404);
  });
});
