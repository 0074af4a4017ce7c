import { afterEach, describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import type { HttpCall } from '../../src/graph/transport.ts';
import { copyBetween, moveBetween } from '../../src/mounts/transfer-between.ts';
import type { OpenWorkStore } from '../../src/state/open-work-store.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { openMemoryState } from '../support/state-engines.ts';
import { createWire, type Wire } from '../support/wire.ts';

const live = () => ({ signal: new AbortController().signal });
const at = (...names: string[]): DrivePath => toDrivePath(names);
const COPY_MINUTES = 15;

interface Tenant {
  readonly emulator: Emulator;
  readonly ada: MailboxHandle;
  readonly grace: MailboxHandle;
  readonly clock: FakeClock;
  readonly intents: OpenWorkStore;
  readonly sessions: OpenWorkStore;
  /** A process that uses these stores; its wire to Microsoft can be cut. */
  start(mailbox: MailboxHandle): Promise<OneDriveUnderTest & { wire: Wire }>;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(): Promise<Tenant> {
  const emulator = await createEmulator({ copyPolls: 1 });
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
  const clock = fakeClock(Date.now());
  const { intents, uploadSessions: sessions } = openMemoryState();
  open.push(() => emulator.close());
  const start = async (mailbox: MailboxHandle) => {
    const wire = createWire();
    const started = await openOneDrive(emulator, {
      mailbox: mailbox.upn,
      clock,
      intents,
      sessions,
      wire: wire.wrap,
      ttlMs: 0,
    });
    open.push(started.close);
    return { ...started, wire };
  };
  return { emulator, ada, grace, clock, intents, sessions, start };
}

/** All files and folders by their paths, files with their content. */
async function contentOf(mailbox: MailboxHandle): Promise<Record<string, string>> {
  const paths = Object.keys(mailbox.tree()).sort();
  const entries = paths.map(async path => [path, path.endsWith('/') ? '' : (await mailbox.read(path)).toString()]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

const isGraphWrite = ({ method, url }: HttpCall) => method !== 'GET' && url.includes('graph.microsoft.com');

type Change = (drive: Drive) => Promise<unknown>;
const OVER = { overwrite: true, depth: 'infinity' } as const;

/** Changes that no single call of Graph does, each from and to what `seed` puts there. */
const CHANGES: [string, Change][] = [
  ['COPY of a folder over a folder', drive => drive.copy(at('from'), at('to'), { ...live(), ...OVER })],
  ['COPY of a folder over a file', drive => drive.copy(at('from'), at('file'), { ...live(), ...OVER })],
  ['COPY of a file over a folder', drive => drive.copy(at('file'), at('to'), { ...live(), ...OVER })],
  ['COPY of a folder alone over a folder', drive => drive.copy(at('from'), at('to'), { ...live(), ...OVER, depth: 0 })],
  ['COPY of a file over a file', drive => drive.copy(at('file'), at('other'), { ...live(), ...OVER })],
  ['MOVE of a folder over a folder', drive => drive.move(at('from'), at('to'), { ...live(), overwrite: true })],
  ['MOVE of a file over a folder', drive => drive.move(at('file'), at('to'), { ...live(), overwrite: true })],
  ['MOVE of a file over a file', drive => drive.move(at('file'), at('other'), { ...live(), overwrite: true })],
];

async function seed(mailbox: MailboxHandle): Promise<void> {
  await mailbox.put('/from/new', 'new');
  await mailbox.put('/from/sub/deep', 'deep');
  await mailbox.put('/to/old', 'old');
  await mailbox.put('/file', 'file');
  await mailbox.put('/other', 'other');
}

/** What is there before and after a change that nothing disturbs, and how many calls of it change something. */
async function statesOf(change: Change): Promise<{ before: object; after: object; writes: number }> {
  const { ada, start } = await openTenant();
  await seed(ada);
  const before = await contentOf(ada);
  const { drive, wire } = await start(ada);
  let writes = 0;
  wire.script = call => {
    writes += isGraphWrite(call) ? 1 : 0;
    return undefined;
  };
  await change(drive);
  return { before, after: await contentOf(ada), writes };
}

/** The next process finds nothing unfinished any more. */
async function recover({ clock, intents, sessions, emulator, start }: Tenant, mailbox: MailboxHandle): Promise<void> {
  // A copy that nobody waits for may have gone on for so long.
  clock.advance(COPY_MINUTES * 60_000 + 1);
  const { recovery } = await start(mailbox);
  recovery.start();
  const left = async () => [...(await intents.list(emulator.tenantId)), ...(await sessions.list(emulator.tenantId))];
  await eventually(async () => expect(await left()).toEqual([]));
}

describe.each(CHANGES)('A5: %s', (_, change) => {
  it('leaves the old state or the new one when the process dies at any of its calls', async () => {
    const { before, after, writes } = await statesOf(change);
    for (let dies = 1; dies <= writes; dies += 1) {
      for (const isDone of [false, true]) {
        const tenant = await openTenant();
        await seed(tenant.ada);
        const { drive, wire, close } = await tenant.start(tenant.ada);
        let count = 0;
        let isDead = false;
        wire.script = call => {
          if (isDead) {
            return 'cut';
          }
          count += isGraphWrite(call) ? 1 : 0;
          isDead = isGraphWrite(call) && count === dies;
          // The last thing that it does is done by Microsoft, or not.
          return isDead ? (isDone ? { isDone: true, cutAfter: 0 } : 'cut') : undefined;
        };
        const outcome = await change(drive).then(
          () => 'done',
          () => 'failed',
        );
        await close();
        await recover(tenant, tenant.ada);
        const now = await contentOf(tenant.ada);
        expect(outcome === 'done' ? [after] : [before, after]).toContainEqual(now);
      }
    }
  });

  it('leaves the old state or the new one, at once, when any of its calls fails', async () => {
    const { before, after, writes } = await statesOf(change);
    for (let fails = 1; fails <= writes; fails += 1) {
      for (const isDone of [false, true]) {
        const tenant = await openTenant();
        await seed(tenant.ada);
        const { drive, wire } = await tenant.start(tenant.ada);
        let count = 0;
        wire.script = call => {
          count += isGraphWrite(call) ? 1 : 0;
          const status = isGraphWrite(call) && count === fails ? { status: 500, body: '', isDone } : undefined;
          return status;
        };
        const outcome = await change(drive).then(
          () => 'done',
          () => 'failed',
        );
        wire.script = undefined;
        await recover(tenant, tenant.ada);
        const now = await contentOf(tenant.ada);
        expect(outcome === 'done' ? [after] : [before, after]).toContainEqual(now);
      }
    }
  });
});

describe('A5: between mounts', () => {
  it('a tree takes its place when it is whole, and nothing is left of one that is not', async () => {
    for (let dies = 1; dies <= 8; dies += 1) {
      const tenant = await openTenant();
      await seed(tenant.ada);
      await tenant.grace.put('/to/old', 'old');
      const before = [await contentOf(tenant.ada), await contentOf(tenant.grace)];
      const [from, to] = [await tenant.start(tenant.ada), await tenant.start(tenant.grace)];
      let count = 0;
      to.wire.script = call => {
        count += isGraphWrite(call) ? 1 : 0;
        return count >= dies ? 'cut' : undefined;
      };
      const [source, target] = [
        { drive: from.drive, path: at('from') },
        { drive: to.drive, path: at('to') },
      ];
      const moved = moveBetween(source, target, { ...live(), overwrite: true });
      const outcome = await moved.then(
        () => 'done',
        () => 'failed',
      );
      await to.close();
      await recover(tenant, tenant.grace);
      const grace = await contentOf(tenant.grace);
      const isNew = grace['/to/new'] === 'new' && grace['/to/sub/deep'] === 'deep' && grace['/to/old'] === undefined;
      expect(Object.keys(grace).filter(path => path.startsWith('/.'))).toEqual([]);
      expect(isNew || JSON.stringify(grace) === JSON.stringify(before[1])).toBe(true);
      if (outcome === 'failed') {
        expect(await contentOf(tenant.ada)).toEqual(before[0]);
      }
    }
  });

  it('nobody sees a part of a tree while it comes', async () => {
    const tenant = await openTenant();
    await seed(tenant.ada);
    const [from, to] = [await tenant.start(tenant.ada), await tenant.start(tenant.grace)];
    const seen: string[][] = [];
    to.wire.script = () => {
      seen.push(Object.keys(tenant.grace.tree()).filter(path => !path.startsWith('/.incoming-')));
      return undefined;
    };
    const [source, target] = [
      { drive: from.drive, path: at('from') },
      { drive: to.drive, path: at('copy') },
    ];
    await copyBetween(source, target, { ...live(), ...OVER });
    expect(seen.filter(paths => paths.length > 0)).toEqual([]);
    expect(await contentOf(tenant.grace)).toMatchObject({ '/copy/new': 'new', '/copy/sub/deep': 'deep' });
  });
});

describe('D11: upload sessions that a process has left', () => {
  it('are cancelled by the next one', async () => {
    const tenant = await openTenant();
    const { drive, wire, close } = await tenant.start(tenant.ada);
    let isDead = false;
    wire.script = ({ headers }) => {
      isDead ||= headers?.['content-range'] !== undefined;
      return isDead ? 'cut' : undefined;
    };
    const body = async function* () {
      yield Buffer.from('x');
    };
    await expect(drive.write(at('file'), body(), { ...live(), length: 1, modified: new Date() })).rejects.toThrow();
    await close();
    expect(tenant.emulator.openUploadSessions()).toBe(1);
    await recover(tenant, tenant.ada);
    expect(tenant.emulator.openUploadSessions()).toBe(0);
  });

  it('are not known any more once a file is stored', async () => {
    const tenant = await openTenant();
    const { drive } = await tenant.start(tenant.ada);
    const body = async function* () {
      yield Buffer.from('x');
    };
    await drive.write(at('file'), body(), { ...live(), length: 1, modified: new Date() });
    expect(await tenant.sessions.list(tenant.emulator.tenantId)).toEqual([]);
    expect(await drive.list(ROOT, live())).toHaveLength(1);
  });
});
