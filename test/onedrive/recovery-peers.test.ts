import { expect, it } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import type { OpenWork, OpenWorkStore } from '../../src/state/open-work-store.ts';
import { StateUnavailable } from '../../src/state/state-unavailable.ts';
import { describeWith } from '../support/foreign-client.ts';
import { type OneDriveTestOptions, openOneDrive } from '../support/one-drive.ts';
import { POSTGRES } from '../support/postgres.ts';
import { withServers } from '../support/postgres-servers.ts';
import { openMemoryState } from '../support/state-engines.ts';
import { waitingClock } from '../support/waiting-clock.ts';

const MINUTE_MS = 60_000;

/** An upload session that has expired long ago, so that it need not be cancelled. */
const expired = (id: string, tenantId: string): OpenWork => ({
  ...{ id, tenantId, since: 0, plan: 'https://contoso-my.sharepoint.com/upload/never' },
});

async function withRecovery(
  options: Pick<OneDriveTestOptions, 'intents' | 'sessions' | 'hasPeers'>,
  use: (tools: { tenantId: string; pass: () => Promise<void>; logged: readonly string[] }) => Promise<void>,
): Promise<void> {
  const emulator = await createEmulator();
  const clock = waitingClock();
  const { upn: mailbox } = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const { recovery, logged, close } = await openOneDrive(emulator, { ...options, mailbox, clock });
  const pass = () => clock.pass(MINUTE_MS);
  recovery.start();
  await clock.waiting(1);
  try {
    await use({ tenantId: emulator.tenantId.toLowerCase(), pass, logged });
  } finally {
    await close();
    await emulator.close();
  }
}

describeWith(POSTGRES, 'the recovery of several servers', () => {
  it('takes over what a server that has died has left, and leaves the work of the living alone', () =>
    withServers(2, async ([one, two], database) => {
      const stores = { intents: one!.intents, sessions: one!.uploadSessions, hasPeers: true };
      await withRecovery(stores, async ({ tenantId, pass }) => {
        const left = async () => (await one!.uploadSessions.all(tenantId)).map(({ id }) => id);
        await two!.uploadSessions.put(expired('of two', tenantId));
        await one!.uploadSessions.put(expired('of one', tenantId));
        await pass();
        expect(await left()).toEqual(['of two']);
        await database.query(
          "UPDATE servers SET until = '-infinity' FROM upload_sessions WHERE upload_sessions.server = servers.id",
        );
        await pass();
        expect(await left()).toEqual([]);
      });
    }));
});

it('the recovery goes on when the state was away', async () => {
  const { intents, uploadSessions } = openMemoryState();
  let isAway = true;
  const failing: OpenWorkStore = {
    ...uploadSessions,
    list: async tenantId => {
      if (isAway) {
        throw new StateUnavailable('ECONNREFUSED');
      }
      return uploadSessions.list(tenantId);
    },
  };
  await withRecovery({ intents, sessions: failing, hasPeers: true }, async ({ tenantId, pass, logged }) => {
    await uploadSessions.put(expired('a', tenantId));
    expect(logged.join()).toContain('could not check for unfinished changes yet');
    isAway = false;
    await pass();
    expect(await uploadSessions.all(tenantId)).toEqual([]);
  });
});
