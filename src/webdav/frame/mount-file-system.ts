import { v2 } from 'webdav-server';

/**
 * What stands in the frame's mount table for a mailbox. The frame asks it only for the type of a path, before every request, to fill in
 * `Allow`; our method table knows better, so it answers without looking.
 */
export class MountFileSystem extends v2.FileSystem {
  constructor() {
    super({
      uid: () => 'onedrive',
      serialize: (_fs, callback) => callback(),
      unserialize: (_data, callback) => callback(),
    });
  }

  /** The package's own would first ask what the user may do; that is for our drives to say. */
  override type(
    _context: v2.RequestContext,
    _path: v2.Path | string,
    callback: v2.ReturnCallback<v2.ResourceType>,
  ): void {
    callback(undefined, v2.ResourceType.Directory);
  }

  protected override _type(_path: v2.Path, _info: v2.TypeInfo, callback: v2.ReturnCallback<v2.ResourceType>): void {
    callback(undefined, v2.ResourceType.Directory);
  }

  /** Asked by the package's own methods only, and none of those that ask is registered. */
  protected override _lockManager(
    _path: v2.Path,
    _info: v2.LockManagerInfo,
    callback: v2.ReturnCallback<v2.ILockManager>,
  ): void {
    callback(v2.Errors.InvalidOperation);
  }

  protected override _propertyManager(
    _path: v2.Path,
    _info: v2.PropertyManagerInfo,
    callback: v2.ReturnCallback<v2.IPropertyManager>,
  ): void {
    callback(v2.Errors.InvalidOperation);
  }
}
