import type { GraphError } from './errors.ts';

/** The ways in which a mailbox's drive is refused for a reason that is known, and that asking again does not change. */
export type NoDrive =
  | 'no-user'
  | 'no-licence'
  | 'never-provisioned'
  | 'no-site-address'
  | 'site-not-found'
  | 'locked'
  | 'no-consent'
  | 'no-permission';

const PROVISION =
  'the user has no OneDrive yet; assign a licence and let the user open OneDrive once, or run Request-SPOPersonalSite';

/** Cause and cure, for the operator. */
export const NO_DRIVE_CURES: Record<NoDrive, string> = {
  'no-user': 'there is no such user; check the address in mounts',
  'no-licence': 'the tenant has no SharePoint licence; assign one that includes OneDrive',
  'never-provisioned': PROVISION,
  'no-site-address': PROVISION,
  'site-not-found': PROVISION,
  locked: 'its site is locked or archived; an administrator must unlock it',
  'no-consent': 'the token has no roles; grant admin consent to the application permission Files.ReadWrite.All',
  'no-permission': 'access denied; the application needs the application permission Files.ReadWrite.All',
};

/**
 * Why there is no drive, from Graph's answer; undefined when none of the known texts explains it, which proves nothing. Codes are
 * shared by several causes, so the message decides (corso's errors.go, corso#3846, msgraph-sdk-dotnet#579).
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

/** Not this item is forbidden but everything: the token has no roles because no administrator has consented. */
export function isMissingConsent(error: GraphError): boolean {
  return error.status === 403 && /roles claim/i.test(error.message);
}
