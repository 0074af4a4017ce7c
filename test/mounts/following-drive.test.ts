import { describe, expect, it } from 'vitest';
import { Basis } from '../../src/drive/basis.ts';
import type { Drive, LookOptions } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type DrivePath, dropNames, toDrivePath } from '../../src/drive/path.ts';
import { FollowingDrive } from '../../src/mounts/following-drive.ts';
import { describeDrive } from '../contracts/drive.ts';
import { driveAt } from '../support/drive-at.ts';

/** A drive with one shortcut, `link`, to the root of another one. */
async function withShortcut(): Promise<FollowingDrive> {
  const [drive, target] = [createMemoryDrive(), createMemoryDrive()];
  await drive.makeFolder(toDrivePath(['link']), { signal: new AbortController().signal });
  const follow = async (path: DrivePath) =>
    path[0] === 'link' ? { drive: target, path: dropNames(path, 1), depth: 1 } : undefined;
  return new FollowingDrive(Object.assign(drive, { follow }));
}

describeDrive('FollowingDrive beside a shortcut', async () => ({ drive: await withShortcut() }));

describeDrive('FollowingDrive through a shortcut', async () => {
  const through = driveAt(await withShortcut(), ['link']);
  const remove: Drive['remove'] = async (path, options) => {
    // The shortcut itself can be removed, which is no matter of the drive that it leads to.
    if (path.length === 0) {
      throw new DriveError('forbidden', 'cannot remove the root');
    }
    await through.remove(path, options);
  };
  return { drive: { ...through, remove } };
});

describe('what FollowingDrive shows', () => {
  /** A drive that knows how long its answers hold. */
  async function looks() {
    const drive = createMemoryDrive();
    const { signal } = new AbortController();
    await drive.makeFolder(toDrivePath(['link']), { signal });
    await drive.makeFolder(toDrivePath(['plain']), { signal });
    const lasting = {
      ...driveAt(drive, []),
      stat: (path: DrivePath, options: LookOptions) => {
        options.basis?.found(() => true);
        return drive.stat(path, options);
      },
    };
    const follow = async (path: DrivePath) =>
      path[0] === 'link' ? { drive: lasting, path: toDrivePath([]), depth: 1 } : undefined;
    const following = new FollowingDrive({ ...lasting, follow });
    return async (name: string) => {
      const basis = new Basis();
      await following.stat(toDrivePath([name]), { signal, basis });
      return basis.parts?.length;
    };
  }

  it('rests on what nothing tells of, where it shows a target', async () => {
    const look = await looks();
    expect([await look('plain'), await look('link')]).toEqual([1, undefined]);
  });
});
