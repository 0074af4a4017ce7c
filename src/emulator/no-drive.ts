import { GraphFault } from './graph-error.ts';
import type { Settings } from './options.ts';
import type { Site } from './site.ts';

/** The ways in which Graph says that there is no drive, as clients have reported them. */
export function refuseMissingDrive(site: Site, settings: Settings): void {
  switch (site.condition) {
    case 'ready':
      return;
    case 'no-mysite':
      throw new GraphFault('ResourceNotFound', "User's mysite not found.");
    case 'no-mysite-url':
      throw new GraphFault('BadRequest', "Unable to retrieve user's mysite URL.");
    case 'file-not-found':
      throw new GraphFault('UnknownError', '404 FILE NOT FOUND');
    case 'no-licence':
      throw new GraphFault('BadRequest', 'Tenant does not have a SPO license.');
    case 'locked':
      refuseLocked(site, settings);
  }
}

/** A site that an administrator has locked, or that is archived. */
export function refuseLocked({ condition }: Site, { lockedSiteStatus }: Settings): void {
  if (condition === 'locked') {
    throw new GraphFault('notAllowed', 'The site is locked.', {
      status: lockedSiteStatus,
      innerCode: 'resourceLocked',
    });
  }
}
