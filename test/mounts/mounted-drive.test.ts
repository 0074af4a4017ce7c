import { describe, expect, it } from 'vitest';
import { Basis } from '../../src/drive/basis.ts';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import { fixedMounts, MountedDrive, type Mounts } from '../../src/mounts/mounted-drive.ts';

const SINCE = new Date('2026-01-02T03:04:05Z');
const { signal } = new AbortController();

/** Mounts that a test replaces. */
function changing() {
  const mount = { name: 'm', drive: createMemoryDrive() };
  let now: Mounts = fixedMounts([mount], SINCE);
  const mounts: Mounts = {
    names: () => now.names(),
    find: name => now.find(name),
    peek: name => now.peek(name),
    only: () => now.only(),
    get changed() {
      return now.changed;
    },
  };
  const drive = new MountedDrive(mounts, SINCE);
  const basisOf = async (look: 'stat' | 'list') => {
    const basis = new Basis();
    await drive[look](ROOT, { signal, basis });
    return () => basis.parts?.every(holds => holds());
  };
  const set = (next: Mounts) => {
    now = next;
  };
  return { drive, mount, basisOf, set };
}

describe('what is shown of the root', () => {
  it('holds until there are other mounts, or nobody can tell', async () => {
    const { mount, basisOf, set } = changing();
    const [self, members] = [await basisOf('stat'), await basisOf('list')];
    expect([self(), members()]).toEqual([true, true]);
    // The same mounts by another table: its list may be another one.
    set(fixedMounts([mount], SINCE));
    expect([self(), members()]).toEqual([true, false]);
    set({ ...fixedMounts([mount], new Date(SINCE)), names: () => refuse() });
    expect([self(), members()]).toEqual([false, false]);
  });
});

describe('what is shown below a mount', () => {
  it('is unknown where its drive does not say how long it holds', async () => {
    const { drive } = changing();
    const basis = new Basis();
    await drive.stat(toDrivePath(['m']), { signal, basis });
    expect(basis.parts).toBeUndefined();
  });
});

function refuse(): never {
  throw new DriveError('unavailable', 'not known yet');
}
