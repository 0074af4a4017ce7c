import type { Drive } from '../../src/drive/drive.ts';
import { type DrivePath, dropNames, joinPaths, toDrivePath } from '../../src/drive/path.ts';

/** The folder `root` of a drive as a drive of its own; its true paths are those of the whole. */
export function driveAt(inner: Drive, root: readonly string[]): Drive {
  const at = (path: DrivePath) => joinPaths(toDrivePath(root), path);
  return {
    stat: async (path, options) => {
      const entry = await inner.stat(at(path), options);
      return path.length === 0 ? { ...entry, name: '' } : entry;
    },
    list: (path, options) => inner.list(at(path), options),
    read: (path, options) => inner.read(at(path), options),
    write: (path, body, options) => inner.write(at(path), body, options),
    makeFolder: (path, options) => inner.makeFolder(at(path), options),
    remove: (path, options) => inner.remove(at(path), options),
    copy: (from, to, options) => inner.copy(at(from), at(to), options),
    move: (from, to, options) => inner.move(at(from), at(to), options),
    setTimes: (path, times, options) => inner.setTimes(at(path), times, options),
    quota: (path, options) => inner.quota(at(path), options),
    downloadUrl: (path, options) => inner.downloadUrl(at(path), options),
    changes: (path, options) => inner.changes(at(path), options),
    syncToken: (path, options) => inner.syncToken(at(path), options),
    tellsChanges: path => inner.tellsChanges(at(path)),
    search: (path, text, options) => inner.search(at(path), text, options),
    details: async (path, options) => {
      const details = await inner.details(at(path), options);
      return details !== undefined && path.length === 0
        ? { ...details, entry: { ...details.entry, name: '' } }
        : details;
    },
    thumbnail: (path, options) => inner.thumbnail(at(path), options),
    versions: (path, options) => inner.versions(at(path), options),
    readVersion: (path, id, options) => inner.readVersion(at(path), id, options),
    restoreVersion: (path, id, options) => inner.restoreVersion(at(path), id, options),
    openUpload: (path, options) => inner.openUpload(at(path), options),
    commitUpload: (path, options) => inner.commitUpload(at(path), options),
    uploadStatus: (path, options) => inner.uploadStatus(at(path), options),
    cancelUpload: (path, options) => inner.cancelUpload(at(path), options),
    scratch: async (path, options) => {
      const scratch = await inner.scratch(at(path), options);
      return { path: dropNames(scratch.path, root.length), end: isGone => scratch.end(isGone) };
    },
    prepare: (path, options) => inner.prepare(at(path), options),
    canonicalPath: path => inner.canonicalPath(at(path)),
    companions: async path => (await inner.companions(at(path))).map(companion => dropNames(companion, root.length)),
    access: path => inner.access(at(path)),
  };
}
