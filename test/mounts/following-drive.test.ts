import type { Drive } from '../../src/drive/drive.ts';
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
