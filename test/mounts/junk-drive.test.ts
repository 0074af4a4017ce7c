import { describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import type { JunkRule } from '../../src/mounts/junk-rule.ts';
import { compileJunkRules } from '../../src/mounts/junk-rules.ts';
import { MountTable } from '../../src/mounts/mount-table.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { SideFiles } from '../../src/mounts/side-files.ts';
import { createViews } from '../../src/mounts/view.ts';
import { describeDrive } from '../contracts/drive.ts';
import { driveAt } from '../support/drive-at.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openMemoryState } from '../support/state-engines.ts';

const RULES: readonly JunkRule[] = [{ names: ['._*', '.DS_Store'], policy: 'keep' }];

/** All mounts as the layers above see them, and the memory drive that is mounted as `m`. */
function makeView() {
  const memory = createMemoryDrive();
  const since = new Date(0);
  const sideFiles = new SideFiles({
    store: openMemoryState({ maxSideBytes: 1024 ** 2 }).sideFiles,
    clock: fakeClock(),
    since,
  });
  const fixed = [{ name: 'm', drive: memory, readOnly: false }];
  const mounts = new MountTable({ fixed, since, clock: fakeClock() });
  const viewFor = createViews(mounts, { since, junkRules: RULES, sideFiles });
  return { memory, view: viewFor(rightsTo('*', 'write')) };
}

describeDrive('JunkDrive over mounts', async () => ({ drive: driveAt(makeView().view, ['m']) }));

describe('JunkDrive', () => {
  const live = () => ({ signal: new AbortController().signal });
  const bytes = async function* (text: string) {
    yield Buffer.from(text);
  };

  it('keeps what beforeCommit, expect and length promise for its own files, too', async () => {
    const { view, memory } = makeView();
    const path = toDrivePath(['m', '._x']);
    await view.write(path, bytes('old'), { ...live(), expect: { kind: 'absent' } });
    const stop = async () => {
      throw new Error('locked');
    };
    await expect(view.write(path, bytes('new'), { ...live(), beforeCommit: stop })).rejects.toThrow('locked');
    await expect(view.write(path, bytes('new'), { ...live(), length: 4 })).rejects.toThrow(/announced/);
    await expect(view.write(path, bytes('new'), { ...live(), expect: { kind: 'absent' } })).rejects.toThrow(/expected/);
    const { body } = await view.read(path, live());
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('old');
    expect(await memory.list(ROOT, live())).toEqual([]);
  });

  it('keeps the times of its own files', async () => {
    const { view } = makeView();
    const path = toDrivePath(['m', '._x']);
    const times = { created: new Date('2001-02-03T04:05:06Z'), modified: new Date('2002-03-04T05:06:07Z') };
    const { entry } = await view.write(path, bytes('x'), { ...live(), modified: times.modified });
    expect(entry.modified).toEqual(times.modified);
    await view.setTimes(path, times, live());
    expect(await view.stat(path, live())).toMatchObject({ modified: times.modified, etag: entry.etag });
  });

  it('finds the rule of a name by the first that matches, whatever its case', () => {
    const policyOf = compileJunkRules([
      { names: ['.DS_Store'], policy: 'refuse' },
      { names: ['.ds*', '~$*', 'a.b', '*'], policy: 'keep' },
    ]);
    expect(['.ds_store', '.DSX', '~$é', 'a.b'].map(policyOf)).toEqual(['refuse', 'keep', 'keep', 'keep']);
    const narrow = compileJunkRules([{ names: ['a.b', '._*', '*.tmp#'], policy: 'keep' }]);
    expect(['axb', 'x._y', '._', 'X.TMP#', 'a.b.c'].map(narrow)).toEqual([
      undefined,
      undefined,
      'keep',
      'keep',
      undefined,
    ]);
  });
});
