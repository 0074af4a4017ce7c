import type { v2 } from 'webdav-server';

/** Tells the frame that the user is known: nobody comes here who is not. The package's own authentication can be passed by (S1–S3). */
export class KnownUserAuthentication implements v2.HTTPAuthentication {
  askForAuthentication(): Record<string, string> {
    return {};
  }

  getUser(_context: v2.HTTPRequestContext, callback: (error: Error, user?: v2.IUser) => void): void {
    const user: v2.IUser = { uid: 'known', username: 'known', isAdministrator: false, isDefaultUser: false };
    callback(null as unknown as Error, user);
  }
}
