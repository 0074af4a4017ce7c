import { DriveState } from './drive.ts';
import type { DriveQuirks } from './drive-quirks.ts';
import type { Database } from './store/database.ts';
import { UploadSessions } from './upload-sessions.ts';

/** Whether a user has a OneDrive, and how its absence shows (the known variants of Graph's answers). */
export type DriveCondition = 'ready' | 'no-mysite' | 'no-mysite-url' | 'file-not-found' | 'no-licence' | 'locked';

export type GrantRole = 'read' | 'write';

/** A document library, which Graph shows as a drive. */
export interface Library {
  readonly site: Site;
  readonly drive: DriveState;
  readonly sessions: UploadSessions;
  /** Its unusual properties. */
  quirks: DriveQuirks;
  /** `Documents`; a user's is called `OneDrive`. */
  readonly name: string;
  /** Its folder in the site's address: `Shared Documents`. */
  readonly folder: string;
}

/** A SharePoint site collection: a team's, or the personal one that holds a user's OneDrive. */
export interface Site {
  readonly siteId: string;
  readonly webId: string;
  /** `contoso.sharepoint.com`; `contoso-my…` for personal sites. */
  readonly host: string;
  /** `/sites/team`, `/personal/ada_contoso_com`; empty for the root site. Stays when the user is renamed. */
  readonly path: string;
  readonly displayName: string;
  readonly created: number;
  /** The owner of a personal site. */
  owner: User | undefined;
  condition: DriveCondition;
  /** The first one is its default library. */
  readonly libraries: Library[];
  /** The access that `Sites.Selected` gives, by client id. */
  readonly grants: Map<string, GrantRole>;
}

/**
 * The requirement of an account besides a password: none; a second factor, set up; or one that is not set up yet. A
 * policy decides it in reality; here it is per person.
 */
export type MultiFactor = 'off' | 'required' | 'not-registered';

/** A user's settings at the login host; plain JSON. */
export interface SignInFacts {
  mfa: MultiFactor;
  /** Whether a conditional access policy blocks every sign-in. */
  blockedByPolicy: boolean;
  /** For `grant_type=password` only, which needs one. The sign-in page asks for none. */
  password: string | null;
  /** The home address of a guest; null for a member. */
  guestOf: string | null;
  /**
   * Milliseconds since 1970: earlier refresh tokens and sessions are invalid (Graph docs,
   * "revokeSignInSessions").
   */
  sessionsValidFrom: number;
}

export function signInFacts(): SignInFacts {
  return { mfa: 'off', blockedByPolicy: false, password: null, guestOf: null, sessionsValidFrom: 0 };
}

export interface User extends SignInFacts {
  readonly id: string;
  upn: string;
  readonly displayName: string;
  accountEnabled: boolean;
  readonly mail: string | null;
  readonly licensed: boolean;
  /** Holds the OneDrive as its one library. */
  readonly site: Site;
}

/** Returns the address that a person types to sign in. */
export function signInName({ guestOf, upn }: User): string {
  return guestOf ?? upn;
}

/** Returns the library that is the user's OneDrive. */
export function oneDriveOf(user: User): Library {
  return user.site.libraries[0]!;
}

export function addLibrary(
  site: Site,
  spec: { db: Database; name: string; folder: string; listId: string; quotaBytes: number },
): Library {
  const { siteId, webId, created: now } = site;
  const { db, name, folder, listId, quotaBytes } = spec;
  const drive = new DriveState(db, { siteId, webId, listId, quotaBytes, now });
  const library = { site, name, folder, drive, sessions: new UploadSessions(db, drive.key), quirks: {} };
  site.libraries.push(library);
  return library;
}

export function siteUrl({ host, path }: Site): string {
  return `https://${host}${encodeURI(path)}`;
}

export function libraryUrl({ site, folder }: Library): string {
  return `${siteUrl(site)}/${encodeURIComponent(folder)}`;
}

/** Returns Graph's id of a site: `contoso.sharepoint.com,{site collection},{web}`. */
export function graphSiteId({ host, siteId, webId }: Site): string {
  return `${host},${siteId},${webId}`;
}

export function isPersonal(site: Site): boolean {
  return site.owner !== undefined;
}
