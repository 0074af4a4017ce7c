import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/drive/entry.ts';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type OneDriveTestOptions, type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { openMemoryState } from '../support/state-engines.ts';
import { waitingClock } from '../support/waiting-clock.ts';

const POLL_MS = 30_000;
const HOUR_MS = 3_600_000;
const live = () => ({ signal: new AbortController().signal });
const at = (...names: string[]): DrivePath => toDrivePath(names);

interface Tenant extends OneDriveUnderTest {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly clock: FakeClock;
  /** The operations since the last time, without those that nobody waits for. */
  calls(): string[];
  polls(): number;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

/**
 * A drive whose feed has begun. Its clock lets no turn come by itself, so that each look at the feed is one that a
 * request has asked for.
 */
async function openTenant(
  options: { emulator?: EmulatorOptions; drive?: Partial<OneDriveTestOptions> } = {},
  youngMs = 5_001,
): Promise<Tenant> {
  const clock = fakeClock(Date.now());
  const emulator = await createEmulator({ clock, ...options.emulator });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await mailbox.put('/a/b/c.txt', 'c');
  await mailbox.put('/a/d.txt', 'd');
  await mailbox.put('/e/f.txt', 'f');
  const drive = await openOneDrive(emulator, {
    mailbox: mailbox.upn,
    clock,
    ttlMs: 5_000,
    pollMs: POLL_MS,
    ...options.drive,
  });
  open.push(async () => {
    await drive.close();
    expect(emulator.violations).toEqual([]);
    await emulator.close();
  });
  const operations = () => emulator.calls.map(({ operation }) => operation);
  const isPoll = (operation: string) => operation === 'driveItem-delta';
  const tenant = {
    ...drive,
    emulator,
    mailbox,
    clock,
    calls: () => {
      const calls = operations().filter(operation => operation !== 'token' && !isPoll(operation));
      emulator.resetCalls();
      return calls;
    },
    // Not those whose token had expired.
    polls: () => emulator.calls.filter(({ operation, status }) => isPoll(operation) && status !== 401).length,
  };
  await drive.drive.stat(ROOT, live());
  await expect.poll(tenant.polls).toBe(1);
  clock.advance(youngMs);
  return tenant;
}

/** Every entry of the drive, as it is listed from the root down. */
async function walk({ drive }: OneDriveUnderTest, path: DrivePath = ROOT): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  for (const entry of await drive.list(path, live())) {
    const member = at(...path, entry.name);
    found.set(member.join('/'), entry);
    for (const [name, below] of entry.kind === 'folder' ? await walk({ drive } as OneDriveUnderTest, member) : []) {
      found.set(name, below);
    }
  }
  return found;
}

const namesOf = (found: ReadonlyMap<string, Entry>) => [...found.keys()].sort();

describe('metadata that has been seen', () => {
  it('is known without a call, however long ago it was, when nothing has changed', async () => {
    const tenant = await openTenant();
    const before = await walk(tenant);
    await tenant.drive.stat(at('nothing'), live()).catch(() => {});
    tenant.calls();
    for (const pause of [POLL_MS - 6_000, POLL_MS + 1, HOUR_MS, 20 * HOUR_MS]) {
      tenant.clock.advance(pause);
      expect(await walk(tenant)).toEqual(before);
      expect((await tenant.drive.stat(at('a', 'b', 'c.txt'), live())).size).toBe(1);
      expect(tenant.polls()).toBe(pause < POLL_MS ? 0 : 1);
      expect(tenant.calls()).toEqual([]);
    }
  });

  it('is followed from the first request of a process that knows the drive from an earlier one', async () => {
    const [emulator, { driveIds }] = [await createEmulator(), openMemoryState()];
    const { upn: mailbox } = emulator.addMailbox({ upn: 'ada@contoso.com' });
    for (const _ of ['earlier', 'now']) {
      emulator.resetCalls();
      const { drive, close } = await openOneDrive(emulator, { mailbox, driveIds, clock: fakeClock(), pollMs: POLL_MS });
      await drive.stat(ROOT, live());
      await expect.poll(() => emulator.calls.map(({ operation }) => operation)).toContain('driveItem-delta');
      await close();
    }
    await emulator.close();
  });

  it('is read at once when Graph tells of a change, and once more for one that is told meanwhile', async () => {
    let tell = () => {};
    const unfollowed: string[] = [];
    const pushes = {
      follow: (_: string, changed: () => void) => {
        tell = changed;
      },
      unfollow: async (driveId: string) => void unfollowed.push(driveId),
    };
    const tenant = await openTenant({ drive: { pushes } });
    await walk(tenant);
    tenant.calls();
    let isFirst = true;
    tenant.emulator.setFault(operation => {
      for (let count = 0; isFirst && operation === 'driveItem-delta' && count < 10; count += 1) {
        tell();
      }
      isFirst = isFirst && operation !== 'driveItem-delta';
      return undefined;
    });
    tell();
    await expect.poll(tenant.polls).toBe(2);
    tenant.calls();
    await tenant.mailbox.put('/a/new', 'x');
    tell();
    // No time passes: without being told it would still be known that there is none.
    const found = () => tenant.drive.stat(at('a', 'new'), live());
    expect((await eventually(found)).size).toBe(1);
    expect(tenant.polls()).toBe(1);
    await tenant.close();
    expect(unfollowed).toHaveLength(1);
  });

  it('is asked for again after a day', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    tenant.clock.advance(25 * HOUR_MS);
    tenant.calls();
    await tenant.drive.list(ROOT, live());
    expect(tenant.calls()).not.toEqual([]);
  });

  it.each([
    ['new content', (mailbox: MailboxHandle) => mailbox.put('/a/d.txt', 'longer')],
    ['a new file', (mailbox: MailboxHandle) => mailbox.put('/a/new', 'x')],
    ['a new folder', async (mailbox: MailboxHandle) => mailbox.mkdir('/a/new')],
    ['a file that is gone', async (mailbox: MailboxHandle) => mailbox.remove('/a/d.txt')],
    ['a folder that is gone', async (mailbox: MailboxHandle) => mailbox.remove('/a/b')],
    ['another name', async (mailbox: MailboxHandle) => mailbox.move('/a/d.txt', '/a/D2.txt')],
    ['another place', async (mailbox: MailboxHandle) => mailbox.move('/e/f.txt', '/a/f.txt')],
    ['a folder in another place', async (mailbox: MailboxHandle) => mailbox.move('/e', '/a/e')],
  ])('%s is shown after one poll', async (_, change) => {
    const tenant = await openTenant();
    await walk(tenant);
    await change(tenant.mailbox);
    tenant.clock.advance(POLL_MS + 1);
    const seen = await walk(tenant);
    const truth = Object.keys(tenant.mailbox.tree()).map(path => path.replace(/^\/|\/$/g, ''));
    expect(namesOf(seen)).toEqual(truth.filter(path => path !== '').sort());
    expect(seen.get('a/d.txt')?.size).toBe(tenant.mailbox.stat('/a/d.txt')?.size);
  });

  it('is asked for again in the folder that has changed, and in no other', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    await tenant.mailbox.put('/a/b/new', 'x');
    tenant.clock.advance(POLL_MS + 1);
    tenant.calls();
    await walk(tenant);
    expect(tenant.calls()).toEqual(['driveItem-list-children']);
    await walk(tenant);
    expect(tenant.calls()).toEqual([]);
  });

  it('keeps the tag that a file had, and gives one that has changed the tag that Graph gives', async () => {
    const tenant = await openTenant();
    const before = await walk(tenant);
    await tenant.mailbox.put('/a/d.txt', 'other');
    tenant.clock.advance(POLL_MS + 1);
    const after = await walk(tenant);
    expect(after.get('a/b/c.txt')?.etag).toBe(before.get('a/b/c.txt')?.etag);
    const fresh = await tenant.drive.stat(at('a', 'd.txt'), { ...live(), fresh: true });
    expect(after.get('a/d.txt')?.etag).toBe(fresh.etag);
    expect(fresh.etag).not.toBe(before.get('a/d.txt')?.etag);
  });

  it('moves the date of a folder whose members have come or gone elsewhere', async () => {
    const tenant = await openTenant();
    const before = await walk(tenant);
    await tenant.mailbox.put('/a/new', 'x');
    tenant.clock.advance(POLL_MS + 1);
    const { modified } = await tenant.drive.stat(at('a'), live());
    expect(modified.getTime()).toBeGreaterThan(before.get('a')!.modified.getTime());
  });
});

describe('a drive that is in use', () => {
  it('is polled before what is known is too old, and less and less often when nobody asks', async () => {
    const clock = waitingClock();
    const { drive, emulator } = await openTenant({ drive: { clock } }, 0);
    const pollsWithin = async (minutes: number, ask: () => Promise<unknown>) => {
      emulator.resetCalls();
      for (let half = 0; half < 2 * minutes; half += 1) {
        await clock.pass(POLL_MS);
        await ask();
      }
      return emulator.calls.filter(({ operation }) => operation === 'driveItem-delta').length;
    };
    await clock.waiting(1);
    const busy = await pollsWithin(10, () => drive.stat(ROOT, live()));
    expect(busy).toBe(20);
    const idle = [await pollsWithin(10, async () => {}), await pollsWithin(40, async () => {})];
    expect(idle[0]).toBeLessThan(10);
    expect(idle[1]).toBeLessThan(6);
  });

  it('below a folder that nobody has looked at, is known as well as elsewhere', async () => {
    const clock = waitingClock();
    const tenant = await openTenant({ drive: { clock, root: ['a', 'b'] } }, 0);
    await clock.waiting(1);
    await clock.pass(6_000);
    await tenant.drive.list(ROOT, live());
    // The folders above are looked at by their ids, once.
    await clock.pass(POLL_MS);
    await clock.pass(POLL_MS);
    tenant.calls();
    tenant.mailbox.mkdir('/e/new');
    await clock.pass(POLL_MS);
    expect((await tenant.drive.list(ROOT, live())).map(({ name }) => name)).toEqual(['c.txt']);
    expect(tenant.calls()).toEqual([]);
    tenant.mailbox.move('/a', '/e/a');
    await clock.pass(POLL_MS);
    await expect(tenant.drive.list(ROOT, live())).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('our own changes', () => {
  it('cost nothing when the feed tells of them', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    await tenant.drive.write(at('a', 'own'), chunks('own'), { ...live(), length: 3 });
    await tenant.drive.makeFolder(at('a', 'dir'), live());
    await tenant.drive.move(at('a', 'd.txt'), at('a', 'dir', 'd.txt'), { ...live(), overwrite: false });
    await tenant.drive.remove(at('e', 'f.txt'), live());
    const before = await walk(tenant);
    tenant.clock.advance(POLL_MS + 1);
    tenant.calls();
    const after = await walk(tenant);
    expect(after).toEqual(before);
    // Of what we have removed the feed says that it is gone, and of a folder that we have moved it says where it is.
    expect(tenant.calls()).toEqual([]);
  });

  it('come after those of others', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    await tenant.mailbox.put('/a/d.txt', 'theirs');
    await tenant.drive.write(at('a', 'd.txt'), chunks('ours, later'), { ...live(), length: 11 });
    tenant.mailbox.move('/e', '/a/e');
    await tenant.drive.stat(at('a', 'e'), { ...live(), fresh: true });
    await tenant.drive.move(at('a', 'e'), at('e2'), { ...live(), overwrite: false });
    tenant.clock.advance(POLL_MS + 1);
    const seen = await walk(tenant);
    expect(seen.get('a/d.txt')?.size).toBe(11);
    expect(namesOf(seen)).toContain('e2/f.txt');
    expect(namesOf(seen)).not.toContain('a/e');
  });
});

describe('after every sequence of changes on both sides', () => {
  const name = fc.constantFrom('a', 'b', 'C');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(names => at(...names));
  const side = fc.constantFrom('ours', 'theirs');
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant('put' as const), side, path, size: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('mkdir' as const), side, path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), side, path, to: path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), side, path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const), path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('walk' as const) }) },
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  it("shows Graph's state within one poll", async () => {
    const tenant = await openTenant({ emulator: { deltaRepeats: true } });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async steps => {
        for (const one of steps) {
          await act(tenant, one);
        }
        tenant.clock.advance(POLL_MS + 1);
        const seen = await walk(tenant);
        const truth = Object.entries(tenant.mailbox.tree()).filter(([each]) => each !== '/');
        expect(
          Object.fromEntries([...seen].map(([each, { kind, size }]) => [each, kind === 'file' ? size : 0])),
        ).toEqual(
          Object.fromEntries(
            truth.map(([each, { size }]) => [each.replace(/^\/|\/$/g, ''), each.endsWith('/') ? 0 : size]),
          ),
        );
      }),
      { numRuns: 40, seed: 20_261_129, endOnFailure: true },
    );
  });

  /** Does what can be done; what cannot be is refused on both sides. */
  async function act(tenant: Tenant, one: Step): Promise<void> {
    const { drive, mailbox } = tenant;
    const [path, to] = ['path' in one ? one.path : ROOT, 'to' in one ? one.to : ROOT];
    const text = (names: DrivePath) => `/${names.join('/')}`;
    const isOurs = 'side' in one && one.side === 'ours';
    const work = {
      put: async () => {
        const content = 'x'.repeat('size' in one ? one.size : 0);
        return isOurs ? drive.write(path, chunks(content), live()) : mailbox.put(text(path), content);
      },
      mkdir: async () => (isOurs ? drive.makeFolder(path, live()) : mailbox.mkdir(text(path))),
      move: async () =>
        isOurs ? drive.move(path, to, { ...live(), overwrite: false }) : mailbox.move(text(path), text(to)),
      remove: async () => (isOurs ? drive.remove(path, live()) : mailbox.remove(text(path))),
      look: async () => drive.stat(path, live()),
      walk: async () => walk(tenant),
    } satisfies Record<Step['do'], () => Promise<unknown>>;
    await work[one.do]().catch(() => {});
  }
});

describe('a feed', () => {
  it.each([
    ['has empty pages and repeats itself', { deltaEmptyPages: true, deltaRepeats: true }],
    ['leaves out what was in a folder that is gone', { deltaDescendants: 'left-out' as const }],
  ])('that %s tells the same', async (_, emulator) => {
    const tenant = await openTenant({ emulator });
    await walk(tenant);
    tenant.mailbox.remove('/a/b');
    tenant.mailbox.move('/e', '/a/b');
    await tenant.mailbox.put('/a/b/g', 'g');
    tenant.clock.advance(POLL_MS + 1);
    expect(namesOf(await walk(tenant))).toEqual(['a', 'a/b', 'a/b/f.txt', 'a/b/g', 'a/d.txt']);
  });

  it('of ten thousand changes is read to its end', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    tenant.mailbox.putAll(
      Array.from({ length: 10_000 }, (_, index) => [`/many/${index % 100}/${index}`, 'x'] as const),
    );
    tenant.mailbox.remove('/e');
    tenant.clock.advance(POLL_MS + 1);
    expect((await tenant.drive.list(ROOT, live())).map(({ name }) => name)).toEqual(['a', 'many']);
    expect(await tenant.drive.list(at('many', '7'), live())).toHaveLength(100);
  });

  it('whose link Graph has forgotten begins anew, and nothing is believed from before', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    tenant.mailbox.expireChanges();
    await tenant.mailbox.put('/a/new', 'x');
    tenant.clock.advance(POLL_MS + 1);
    expect(namesOf(await walk(tenant))).toContain('a/new');
    // What was seen since is followed again.
    await tenant.mailbox.put('/a/newer', 'x');
    tenant.clock.advance(POLL_MS + 1);
    expect(namesOf(await walk(tenant))).toContain('a/newer');
    tenant.calls();
    tenant.clock.advance(POLL_MS + 1);
    await walk(tenant);
    expect(tenant.calls()).toEqual([]);
  });

  it.each([
    ['broken', { status: 500 }],
    ['not for this application', { status: 403, code: 'accessDenied' }],
    ['an answer that says nothing', { status: 200, body: '{}' }],
  ])('that is %s costs no answer: what is known is asked for again when it is old', async (_, fault) => {
    const tenant = await openTenant();
    await walk(tenant);
    tenant.emulator.setFault(operation => (operation === 'driveItem-delta' ? fault : undefined));
    await tenant.mailbox.put('/a/new', 'x');
    tenant.clock.advance(POLL_MS + 1);
    expect(namesOf(await walk(tenant))).toContain('a/new');
  });

  it('that is throttled is no reason to show what is old', async () => {
    const tenant = await openTenant();
    await walk(tenant);
    tenant.emulator.setFault(operation =>
      operation === 'driveItem-delta' ? { status: 429, retryAfter: '20' } : undefined,
    );
    await tenant.mailbox.put('/a/new', 'x');
    tenant.clock.advance(POLL_MS + 1);
    await expect(walk(tenant)).rejects.toMatchObject({ code: 'throttled' });
    tenant.clock.advance(20_001);
    tenant.emulator.setFault(undefined);
    tenant.calls();
    expect(namesOf(await walk(tenant))).toContain('a/new');
    // The link is good after it: what has not changed is still known.
    expect([tenant.polls(), tenant.calls()]).toEqual([1, ['driveItem-list-children']]);
  });

  it('of a drive that was missing for a moment is believed by no mount from before', async () => {
    const [emulator, { driveIds }, clock] = [await createEmulator(), openMemoryState(), fakeClock(Date.now())];
    const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
    await mailbox.put('/a/x', 'x');
    const options = { mailbox: mailbox.upn, driveIds, clock, ttlMs: 5_000, pollMs: POLL_MS };
    const first = await openOneDrive(emulator, options);
    const second = await openOneDrive(emulator, { ...options, feeds: first.feeds });
    for (const { drive } of [first, second]) {
      await drive.list(at('a'), live());
      clock.advance(5_001);
      await drive.list(at('a'), live());
    }
    clock.advance(POLL_MS);
    emulator.setFault(operation =>
      operation === 'driveItem-delta' ? { status: 404, code: 'itemNotFound' } : undefined,
    );
    await second.drive.list(at('a'), live());
    emulator.setFault(undefined);
    await mailbox.put('/a/new', 'x');
    // The second one finds the drive again, and its feed begins anew.
    clock.advance(20_000);
    await second.drive.stat(at('a'), live());
    await first.feeds.of(mailbox.driveId)!.catchUp(live().signal);
    expect((await first.drive.list(at('a'), live())).map(({ name }) => name)).toEqual(['new', 'x']);
    for (const { close } of [second, first]) {
      await close();
    }
    await emulator.close();
  });

  it.each([400, 501] as const)('that a cloud does not have (%s) is not asked for again and again', async status => {
    const tenant = await openTenant({ emulator: { deltaSupported: false, deltaUnsupportedStatus: status } });
    for (let times = 0; times < 5; times += 1) {
      await tenant.mailbox.put(`/a/${times}`, 'x');
      tenant.clock.advance(POLL_MS + 1);
      expect(namesOf(await walk(tenant))).toContain(`a/${times}`);
    }
    expect(tenant.polls()).toBe(1);
    expect(tenant.logged.filter(line => line.includes('cannot be followed'))).toHaveLength(1);
  });
});

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
