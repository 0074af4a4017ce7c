import { afterEach, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import type { Timers } from '../../src/emulator/timers.ts';
import { microsoftClient } from '../support/microsoft-client.ts';

let emulator: Emulator;
afterEach(() => emulator.close());

/** Time that passes by sleeping. */
function countingTimers(): Timers & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    now: () => now,
    sleep: async milliseconds => {
      slept.push(milliseconds);
      now += milliseconds;
    },
    slept,
  };
}

it('a download takes as long as its bytes and those of TLS, and an upload has a rate of its own', async () => {
  const timers = countingTimers();
  emulator = await createEmulator({ timers });
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await ada.put('/a.bin', Buffer.alloc(1_000_000, 'x'));
  emulator.setBandwidth({ down: 100_000 });
  const client = await microsoftClient(emulator);
  const { headers } = await client.graph(`/drives/${ada.driveId}/root:/a.bin:/content`);
  const before = timers.now();
  expect((await client.plain(String(headers.location))).text.length).toBe(1_000_000);
  const seconds = (timers.now() - before) / 1000;
  // A little more than the body: headers and TLS records.
  expect(seconds).toBeGreaterThan(10);
  expect(seconds).toBeLessThan(11);
  emulator.setBandwidth({ up: 50_000 });
  const start = timers.now();
  const { status } = await client.graph(
    `/drives/${ada.driveId}/root:/b.bin:/content?@microsoft.graph.conflictBehavior=fail`,
    { method: 'PUT', body: Buffer.alloc(500_000, 'y') },
  );
  expect(status).toBe(201);
  expect((timers.now() - start) / 1000).toBeGreaterThan(10);
  expect((timers.now() - start) / 1000).toBeLessThan(11);
  expect((await ada.read('/b.bin')).equals(Buffer.alloc(500_000, 'y'))).toBe(true);
  await client.close();
});

it('latency goes by operation, then by host, then by default, and by the request’s bytes', async () => {
  const timers = countingTimers();
  emulator = await createEmulator({ timers });
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  emulator.setLatency({
    ...{ default: 1, login: 2, graph: 3, 'user-list': 4 },
    'driveItem-put-content': { base: 10, perMiB: 100 },
  });
  const client = await microsoftClient(emulator);
  await client.graph('/users');
  await client.graph(`/drives/${ada.driveId}/root`);
  await client.graph(`/drives/${ada.driveId}/root:/b.bin:/content?@microsoft.graph.conflictBehavior=fail`, {
    ...{ method: 'PUT', body: Buffer.alloc(1024 ** 2 / 2) },
  });
  await client.plain(`https://${emulator.hosts.personal}/nothing`);
  expect(timers.slept).toEqual([2, 4, 3, 60, 3]);
  await client.close();
});
