import { DriveState } from './drive.ts';
import type { DriveQuirks } from './drive-quirks.ts';
import type { Database } from './store/database.ts';
import { UploadSessions } from './upload-sessions.ts';

/** Whether a user has a OneDrive, and how its absence shows (the variants that Graph is known to answer with). */
export type DriveCondition = 'ready' | 'no-mysite' | 'no-mysite-url' | 'file-not-found' | 'no-licence' | 'locked';

export type GrantRole = 'read' | 'write';

/** A document library: what Graph shows as a drive. */
export interface Library {
  readonly site: Site;
  readonly drive: DriveState;
  readonly sessions: UploadSessions;
  /** What is out of the ordinary about it. */
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
  /** Whose personal site it is. */
  owner: User | undefined;
  condition: DriveCondition;
  /** The first one is its default library. */
  readonly libraries: Library[];
  /** What `Sites.Selected` opens, by client id. */
  readonly grants: Map<string, GrantRole>;
}

/**
 * What an account needs besides a password: nothing; a second factor, which is set up; or one that is not set up yet. A
 * policy decides it in truth; here it goes by the person.
 */
export type MultiFactor = 'off' | 'required' | 'not-registered';

/** What a user is to the login host; plain JSON. */
export interface SignInFacts {
  mfa: MultiFactor;
  /** Whether a conditional access policy blocks every sign-in. */
  blockedByPolicy: boolean;
  /** Of `grant_type=password` alone; without one nobody can use it. The sign-in page asks for none. */
  password: string | null;
  /** The address at home of somebody from another organisation; null for a member. */
  guestOf: string | null;
  /**
   * Milliseconds since 1970: refresh tokens and sessions from before it are worth nothing (Graph docs,
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

/** What a person types to sign in. */
export function signInName({ guestOf, upn }: User): string {
  return guestOf ?? upn;
}

/** The library that is the user's OneDrive. */
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

/** `contoso.sharepoint.com,{site collection},{web}`, as Graph names a site. */
export function graphSiteId({ host, siteId, webId }: Site): string {
  return `${host},${siteId},${webId}`;
}

export function isPersonal(site: Site): boolean {
  return site.owner !== undefined;
}
