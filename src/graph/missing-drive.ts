import type { DriveSource } from './drive-source.ts';
import type { GraphError } from './errors.ts';
import { NO_LIBRARY } from './sites.ts';

/** The known, lasting reasons why a drive cannot be opened. */
export type NoDrive =
  | 'no-user'
  | 'no-licence'
  | 'never-provisioned'
  | 'no-site-address'
  | 'site-not-found'
  | 'locked'
  | 'no-consent'
  | 'no-permission'
  /** Only for a library. */
  | 'no-site'
  | 'no-library'
  /** Only for a drive given by its id. */
  | 'no-drive';

interface Reason {
  readonly means: string;
  /** `place` is where the configuration names the drive: `mounts`, or `the mount ada`. */
  readonly cure: (place: string) => string;
}

const PROVISION: Reason = {
  means: 'the user has no OneDrive yet',
  cure: () => 'assign a licence and let the user open OneDrive once, or run Request-SPOPersonalSite',
};

/** The cause and the remedy of each reason, for the operator. */
export const NO_DRIVE_REASONS: Readonly<Record<NoDrive, Reason>> = {
  'no-user': { means: 'there is no such user', cure: place => `check the address in ${place}` },
  'no-licence': {
    means: 'the tenant has no SharePoint licence',
    cure: () => 'assign one that includes OneDrive',
  },
  'never-provisioned': PROVISION,
  'no-site-address': PROVISION,
  'site-not-found': PROVISION,
  locked: { means: 'its site is locked or archived', cure: () => 'an administrator must unlock it' },
  'no-consent': {
    means: 'the token has no roles',
    cure: () => 'grant admin consent to the application permission Files.ReadWrite.All',
  },
  'no-permission': {
    means: 'access denied',
    cure: () => 'the application needs the application permission Files.ReadWrite.All',
  },
  'no-site': {
    means: 'there is no such site',
    cure: place => `check it in ${place} as a browser shows it: host and path, without the pages of a library`,
  },
  'no-library': {
    means: 'the site has no such library',
    cure: place => `check library in ${place}; leave it out for the default one`,
  },
  'no-drive': {
    means: 'there is no drive with this id, or it was deleted',
    cure: place => `check drive in ${place}: ids are case-sensitive and begin with b!`,
  },
};

/** Cause and remedy in one sentence. */
export const NO_DRIVE_CURES = Object.fromEntries(
  Object.entries(NO_DRIVE_REASONS).map(([why, { means, cure }]) => [why, `${means}; ${cure('mounts')}`]),
) as Readonly<Record<NoDrive, string>>;

/**
 * Returns why there is no drive, from Graph's answer; undefined when no known text explains it, which proves nothing.
 * Several causes share a code, so the message decides (corso's errors.go, corso#3846, msgraph-sdk-dotnet#579).
 */
export function whyNoDrive(error: GraphError): NoDrive | undefined {
  if (error.has('request_resourcenotfound')) {
    return 'no-user';
  }
  if (/spo license/i.test(error.message)) {
    return 'no-licence';
  }
  if (/mysite url/i.test(error.message)) {
    return 'no-site-address';
  }
  if (/404 file not found/i.test(error.message)) {
    return 'site-not-found';
  }
  if (/mysite/i.test(error.message) || error.has('resourcenotfound')) {
    return 'never-provisioned';
  }
  if (error.status === 423 || error.has('resourcelocked')) {
    return 'locked';
  }
  if (isMissingConsent(error)) {
    return 'no-consent';
  }
  return error.status === 403 ? 'no-permission' : undefined;
}

/** The meaning of Graph's "not found" for each kind of source. A kind without a line does not compile. */
const NOT_FOUND = {
  drive: 'no-drive',
  site: 'no-site',
} as const satisfies Record<Exclude<DriveSource['kind'], 'mailbox'>, NoDrive>;

/**
 * Returns why any drive cannot be opened: Graph has one answer for a missing site or drive, and otherwise answers as
 * for mailboxes.
 */
export function whyNotOpened(error: GraphError, { kind }: DriveSource): NoDrive | undefined {
  if (kind === 'mailbox') {
    return whyNoDrive(error);
  }
  if (error.has(NO_LIBRARY)) {
    return 'no-library';
  }
  if (error.has('itemnotfound') || error.has('resourcenotfound')) {
    return NOT_FOUND[kind];
  }
  const why = whyNoDrive(error);
  return why === 'locked' || why === 'no-consent' || why === 'no-permission' ? why : undefined;
}

/**
 * Returns true when everything is forbidden, not just this item: the token has no roles because no administrator has
 * consented.
 */
export function isMissingConsent(error: GraphError): boolean {
  return error.status === 403 && /roles claim/i.test(error.message);
}
