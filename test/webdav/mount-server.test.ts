import { expect, it } from 'vitest';
import { v2 } from 'webdav-server';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type MountSpec, MountTable } from '../../src/mounts/mount-table.ts';
import { MountFileSystem } from '../../src/webdav/frame/mount-file-system.ts';
import { MountServer } from '../../src/webdav/frame/mount-server.ts';
import { fakeClock } from '../support/fake-clock.ts';

const mount = (name: string): MountSpec => ({ name, drive: createMemoryDrive(), readOnly: false });

it("the package's mount table follows ours, and finds what the package's own look would find", () => {
  const [a, b] = [mount('a'), mount('b c')];
  const table = new MountTable({ fixed: [a], since: new Date(0), clock: fakeClock() });
  const server = new MountServer({ rootFileSystem: new MountFileSystem() });
  server.follow(table);
  const found = (path: string, look: (path: v2.Path) => ReturnType<MountServer['getFileSystemSync']>) => {
    const { fs, rootPath, subPath } = look(new v2.Path(path));
    return [rootPath.toString(), subPath.toString(), server.getFileSystemPathSync(fs).toString(), fs];
  };
  const check = (roots: Record<string, string>) => {
    for (const [path, root] of Object.entries(roots)) {
      const ours = found(path, each => server.getFileSystemSync(each));
      expect([path, ...ours]).toEqual([
        path,
        ...found(path, each => v2.WebDAVServer.prototype.getFileSystemSync.call(server, each)),
      ]);
      expect([path, ours[0]]).toEqual([path, root]);
    }
  };
  check({ '/': '/', '/a': '/a', '/a/x/y': '/a', '/b c/x': '/', '/__proto__': '/' });
  table.change({ remove: [a], add: [b] });
  check({ '/': '/', '/a': '/', '/a/x/y': '/', '/b c/x': '/b c', '/b c': '/b c' });
});
