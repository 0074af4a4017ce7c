import { afterEach, describe, expect, it } from 'vitest';
import { type DrivePath, toDrivePath } from '../../src/drive/path.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type OneDriveTestOptions, openOneDrive } from '../support/one-drive.ts';
import { openMemoryState } from '../support/state-engines.ts';

const live = () => ({ signal: new AbortController().signal });
const at = (...names: string[]): DrivePath => toDrivePath(names);
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(options: Partial<OneDriveTestOptions> = {}) {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const oneDrive = await openOneDrive(emulator, { mailbox: mailbox.upn, ...options });
  open.push(async () => {
    await oneDrive.close();
    expect(emulator.violations).toEqual([]);
    await emulator.close();
  });
  return { ...oneDrive, emulator, mailbox };
}

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

describe('the times of entries', () => {
  it('are set in one call, leave bytes and tag as they are, and cost nothing when nothing differs', async () => {
    const { drive, emulator, mailbox } = await openTenant();
    await mailbox.put('/file', 'x');
    const before = await drive.stat(at('file'), live());
    emulator.resetCalls();
    const times = { created: new Date('2001-02-03T04:05:06Z'), modified: new Date('2002-03-04T05:06:07.9Z') };
    const entry = await drive.setTimes(at('file'), times, live());
    expect(entry).toMatchObject({ etag: before.etag, size: 1, created: times.created });
    expect(entry.modified).toEqual(new Date('2002-03-04T05:06:07Z'));
    await drive.setTimes(at('file'), times, live());
    await drive.setTimes(at('file'), { modified: times.modified }, live());
    expect(emulator.calls.map(({ operation }) => operation)).toEqual(['driveItem-update']);
  });

  it('are kept when a file is written with them, empty or not', async () => {
    const { drive } = await openTenant();
    const times = { created: new Date('2001-02-03T04:05:06Z'), modified: new Date('2002-03-04T05:06:07Z') };
    for (const content of ['', 'content']) {
      const { entry } = await drive.write(at('file'), text(content), { ...live(), ...times, length: content.length });
      expect(entry).toMatchObject(times);
    }
  });
});

describe('the date of a folder', () => {
  const minute = 60_000;

  it('moves when a member comes or goes by our own hand, and not when a file gets new bytes', async () => {
    const clock = fakeClock(Date.now());
    const { drive, mailbox } = await openTenant({ clock });
    mailbox.mkdir('/folder');
    const dateOf = async () => (await drive.stat(at('folder'), live())).modified.getTime();
    const dates = [await dateOf()];
    const step = async (change: () => Promise<unknown>) => {
      clock.advance(minute);
      await change();
      dates.push(await dateOf());
    };
    await step(() => drive.write(at('folder', 'a'), text('1'), { ...live(), length: 1 }));
    await step(() => drive.write(at('folder', 'a'), text('2'), { ...live(), length: 1 }));
    await step(() => drive.move(at('folder', 'a'), at('b'), { ...live(), overwrite: true }));
    await step(() => drive.makeFolder(at('folder', 'sub'), live()));
    await step(() => drive.remove(at('folder', 'sub'), live()));
    const moved = dates.slice(1).map((date, index) => date > dates[index]!);
    expect(moved).toEqual([true, false, true, true, true]);
  });

  it('moves when a listing shows that somebody else has added or removed a member', async () => {
    const clock = fakeClock(Date.now());
    const { drive, mailbox } = await openTenant({ clock, ttlMs: 5_000 });
    mailbox.mkdir('/folder');
    const look = async () => {
      await drive.list(at('folder'), live());
      return (await drive.list(at(), live()))[0]!.modified.getTime();
    };
    const first = await look();
    clock.advance(minute);
    const unchanged = await look();
    await mailbox.put('/folder/new', 'x');
    clock.advance(minute);
    expect([unchanged, (await look()) > first]).toEqual([first, true]);
  });
});

describe('the canonical path', () => {
  it('is one for a folder that is mounted twice, and differs between mailboxes', async () => {
    const { driveIds } = openMemoryState();
    const emulator = await createEmulator();
    const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
    const grace = emulator.addMailbox({ upn: 'grace@contoso.com' });
    ada.mkdir('/Projects/plan');
    grace.mkdir('/Projects/plan');
    const mount = (mailbox: string, root: string[] = []) => openOneDrive(emulator, { mailbox, root, driveIds });
    const drives = await Promise.all([mount(ada.upn), mount(ada.upn, ['Projects']), mount(grace.upn)]);
    open.push(async () => {
      await Promise.all(drives.map(({ close }) => close()));
      await emulator.close();
    });
    const [whole, part, other] = drives.map(({ drive }) => drive);
    await Promise.all([whole!, part!, other!].map(drive => drive.stat(at(), live())));
    const path = whole!.canonicalPath(at('Projects', 'plan'));
    expect(part!.canonicalPath(at('plan'))).toEqual(path);
    expect(other!.canonicalPath(at('Projects', 'plan'))).not.toEqual(path);
  });
});
