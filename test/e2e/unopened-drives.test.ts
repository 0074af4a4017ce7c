import { afterEach, expect, it } from 'vitest';
import { takeLock } from '../support/locks.ts';
import { type MountsServer, startMountsServer } from '../support/mounts-server.ts';
import { proppatch, set, textOf } from '../support/properties.ts';

/**
 * What would change `/f/x`, which is locked, in the mailbox `ME`. Each is tried in a mailbox of its own, as the first
 * request there.
 */
const CHANGES: [method: string, path: string, to?: string][] = [
  ['DELETE', '/ME/f/x'],
  ['DELETE', '/ME/f'],
  ['MOVE', '/ME/f', '/ME/g'],
  ['MOVE', '/ME/f/x', '/bob/x'],
  ['MOVE', '/ME/own', '/ME/f/x'],
  ['MOVE', '/bob/bobs', '/ME/f/x'],
  ['COPY', '/ME/own', '/ME/f/x'],
  ['COPY', '/bob/bobs', '/ME/f/x'],
];
const names = CHANGES.map((_, index) => `ada${index}`);

interface Mailbox {
  readonly driveId: string;
  tree(): object;
}

let server: MountsServer<Mailbox[]>;
afterEach(async () => {
  await server?.stop();
  expect(server?.emulator.violations).toEqual([]);
});

/** Each drive is mounted by its id, and again by what `others` say: of the latter nothing has been asked. */
async function start(others: readonly object[], looks: number): Promise<void> {
  server = await startMountsServer<Mailbox[]>({
    seed: async emulator => {
      await emulator.addMailbox({ upn: 'bob@contoso.com' }).put('/bobs', 'his');
      const mailboxes = names.map(name => emulator.addMailbox({ upn: `${name}@contoso.com` }));
      await Promise.all(mailboxes.flatMap(mailbox => [mailbox.put('/f/x', 'locked'), mailbox.put('/own', 'mine')]));
      return mailboxes;
    },
    mounts: seeded => [...seeded.map(({ driveId }, index) => ({ drive: driveId, name: `Archive${index}` })), ...others],
    looks,
    users: { eve: ['*'] },
  });
}

const BY_ADDRESS = ['bob', ...names].map(name => ({ mailbox: `${name}@contoso.com` }));
const BY_RULE = [{ mailboxes: {} }];

it.each([
  ['by address', BY_ADDRESS, 0],
  ['by a rule', BY_RULE, 1],
] as const)('a lock holds in the first request through another mount of the drive, %s', async (_how, others, looks) => {
  await start(others, looks);
  for (const [index, [method, path, to]] of CHANGES.entries()) {
    await takeLock(server.dav(), `/Archive${index}/f/x`);
    const mine = (text: string) => text.replace('ME', names[index]!);
    const headers: Record<string, string> = to === undefined ? {} : { Destination: mine(to) };
    const { status } = await server.dav('eve')(method, mine(path), headers);
    expect([method, path, to, status]).toEqual([method, path, to, 423]);
    expect(Object.keys(server.seeded[index]!.tree()).sort()).toEqual(['/f/', '/f/x', '/own']);
  }
});

it('a lock holds, and can be ended, when a mailbox that was mounted by its address is mounted by a rule', async () => {
  await start([{ mailbox: 'ada0@contoso.com' }], 0);
  const token = await takeLock(server.dav(), '/ada0/f/x');
  await takeLock(server.dav(), '/ada0/own');
  await server.restart({ mounts: BY_RULE, looks: 1 });
  expect((await server.dav()('UNLOCK', '/ada0/f/x', { 'Lock-Token': `<${token}>` })).status).toBe(204);
  expect((await server.dav('eve')('DELETE', '/ada0/own')).status).toBe(423);
});

it.each(['COPY', 'MOVE'])('%s to another mount, as the first request there, takes properties along', async method => {
  await start(BY_ADDRESS, 0);
  await proppatch(server.dav(), '/Archive0/own', set('<x:author>Ada</x:author>'));
  expect((await server.dav()(method, '/ada0/own', { Destination: '/bob/own' })).status).toBe(201);
  expect(await textOf(server.dav(), '/bob/own', '<x:author/>')).toBe('Ada');
});

it('asks for a drive once, and never when nothing is to be changed in it', async () => {
  await start(BY_ADDRESS, 0);
  const asked = async (method: string, path: string, headers: Record<string, string> = {}) => {
    server.emulator.resetCalls();
    const { status } = await server.dav()(method, path, headers);
    return [status, server.emulator.calls.filter(({ operation }) => operation === 'drive-get').length];
  };
  expect(await asked('DELETE', '/ada0')).toEqual([403, 0]);
  expect(await asked('MOVE', '/ada0/own', { Destination: '/bob' })).toEqual([403, 1]);
  expect(await asked('COPY', '/ada0/own', { Destination: '/bob/own' })).toEqual([201, 1]);
  expect(await asked('DELETE', '/bob/own')).toEqual([204, 0]);
  expect(await asked('DELETE', '/ada0/own')).toEqual([204, 0]);
});

it('serves kept files in the first request after a restart, and through other mounts of the drive', async () => {
  await start(BY_ADDRESS, 0);
  expect((await server.dav()('PUT', '/ada0/._own', {}, 'side')).status).toBe(201);
  await server.restart({});
  expect((await server.dav()('GET', '/ada0/._own')).text).toBe('side');
  await server.restart({});
  expect((await server.dav()('GET', '/Archive0/._own')).text).toBe('side');
});

it('the token of a lock in another drive holds in the first request after a restart', async () => {
  await start(BY_ADDRESS, 0);
  const token = await takeLock(server.dav(), '/ada0/own');
  await server.restart({});
  const headers = { If: `</ada0/own> (<${token}>)` };
  expect((await server.dav()('PUT', '/bob/new', headers, 'x')).status).toBe(201);
});
