import type { Application } from './application.ts';
import type { ResyncKind } from './change-feed.ts';
import type { CloudName } from './clouds.ts';
import type { DriveQuirks } from './drive-quirks.ts';
import type { Facets } from './facets.ts';
import type { DriveCondition, GrantRole, MultiFactor } from './site.ts';
import type { ItemKind } from './store/item-store.ts';
import type { MailboxSpec, SiteSpec } from './tenant.ts';

/** One tenant, for tests and seeds: direct access to the state, without HTTP and its counts. */
export interface TenantHandle {
  readonly tenantId: string;
  /** `contoso`. */
  readonly name: string;
  readonly cloud: CloudName;
  /** `contoso.onmicrosoft.com`; login URLs accept it in place of the id. */
  readonly domain: string;
  readonly hosts: Hosts;
  /** Client id of the tenant's first application. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** User principal names. */
  readonly mailboxes: readonly string[];
  readonly groups: readonly { readonly groupId: string; readonly displayName: string }[];
  /** Addresses of the sites that are not personal: `https://contoso.sharepoint.com/sites/team`. */
  readonly sites: readonly string[];
  /** Returns an existing mailbox, as after a restart; throws if there is none. */
  mailbox(upn: string): MailboxHandle;
  addMailbox(spec: MailboxSpec): MailboxHandle;
  /** Changes the tenant's first application. */
  setApplication(change: ApplicationChange): void;
  /** Registers another application, with only the given `roles` and `consentedScopes` granted. */
  addApplication(spec?: ApplicationChange): ApplicationHandle;
  addGroup(spec: GroupSpec): GroupHandle;
  addSite(spec: SiteSpec): SiteHandle;
  /**
   * Lets a user, or the members of a group, use an application, by default the first one; `role`: the value of one of
   * its app roles.
   */
  assign(principal: GroupMember, options?: AssignOptions): void;
  /** Removes every assignment of the user or the group. */
  unassign(principal: GroupMember, options?: Pick<AssignOptions, 'clientId'>): void;
}

export interface AssignOptions {
  readonly role?: string;
  readonly clientId?: string;
}

/** Host names of a tenant's cloud, and its own. */
export interface Hosts {
  readonly login: string;
  readonly graph: string;
  readonly sharepoint: string;
  /** Host of its users' drives: `contoso-my.sharepoint.com`. */
  readonly personal: string;
}

export type ApplicationChange = Partial<Omit<Application, 'objectId' | 'servicePrincipalId' | 'created'>>;

export interface ApplicationHandle {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The application permissions that are granted now. */
  readonly roles: readonly string[];
  set(change: ApplicationChange): void;
}

export interface GroupSpec {
  readonly displayName: string;
  readonly groupId?: string;
  readonly members?: readonly GroupMember[];
}

export type GroupMember = MailboxHandle | GroupHandle;

export interface GroupHandle {
  readonly groupId: string;
  add(...members: readonly GroupMember[]): void;
  remove(...members: readonly GroupMember[]): void;
  /** 404 from now on. */
  delete(): void;
}

/** One drive: a mailbox's or a document library. Paths begin with a slash. */
export interface DriveHandle {
  readonly driveId: string;
  /** Creates a folder and its parents. Like the methods below, throws for a path through a file. */
  mkdir(path: string): void;
  put(path: string, content: Content, options?: { modified?: Date }): Promise<void>;
  /**
   * Creates an item that the rules for new items do not allow: with a legacy name, a wrong size, or
   * a kind that clients cannot create. Returns its id.
   */
  plant(path: string, spec: PlantSpec): Promise<string>;
  /** Changes the unusual properties of an item. */
  setFacets(path: string, facets: Facets): void;
  /** Stores content without a version, as the service does when it rewrites Office files: size, hash, cTag change. */
  rewrite(path: string, content: Content): Promise<void>;
  /** Renames or moves, as another person would. Throws when the item would be moved into itself. */
  move(from: string, to: string): void;
  read(path: string): Promise<Buffer>;
  /** Undefined when there is no item. */
  stat(
    path: string,
  ): { id: string; name: string; size: number; modified: Date; versions: number; isFolder: boolean } | undefined;
  /** Every entry by its path; folders end with a slash. */
  tree(): Record<string, { size: number; quickXorHash: string | undefined }>;
  remove(path: string): void;
  /** Sets the quota. Below the used space the drive is over its quota: every write is 507. */
  setQuota(bytes: number): void;
  /**
   * Creates many small files (at most 32 KiB each), with their folders, in few steps: a million takes a minute or
   * two. Later ones replace earlier ones, without versions.
   */
  putAll(files: Iterable<readonly [path: string, content: string | Uint8Array]>): void;
  /** Compares the drive's counts with its items. Returns a sentence for each difference. */
  check(): Promise<string[]>;
  /** Changes the unusual properties of the drive. */
  setQuirks(quirks: DriveQuirks): void;
  /**
   * Answers every existing link into the feed of changes with 410; by default the client must adopt the server's state.
   */
  expireChanges(kind?: ResyncKind): void;
}

export type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface PlantSpec extends Facets {
  /** A file by default. */
  readonly kind?: ItemKind;
  readonly content?: Content;
}

/** A mailbox's user and drive. */
export interface MailboxHandle extends DriveHandle {
  readonly upn: string;
  readonly userId: string;
  /** Changes the user's primary address. */
  rename(upn: string): void;
  /**
   * Deletes the user at once. By default the drive stays for its retention time, reachable by its id only (learn,
   * "OneDrive retention and deletion").
   */
  deleteUser(options?: { drive: 'kept' | 'gone' }): void;
  setDrive(condition: DriveCondition): void;
  setAccountEnabled(enabled: boolean): void;
  /** Changes the person's requirements at the login host, and whether a policy blocks them. */
  setSecurity(change: SecurityChange): void;
  /**
   * Revokes existing sessions and refresh tokens, as an administrator does, or a change of the
   * password does.
   */
  revokeSessions(): void;
  /**
   * Opens the personal site to an application with `Sites.Selected`, by default to the one that the tenant has from the
   * start.
   */
  grant(role: GrantRole, clientId?: string): void;
}

/** A person's settings for sign-in. */
export interface SecurityChange {
  readonly mfa?: MultiFactor;
  readonly blockedByPolicy?: boolean;
  readonly password?: string | null;
}

/** A SharePoint site with its document libraries. */
export interface SiteHandle {
  /** As Graph names it: `contoso.sharepoint.com,{guid},{guid}`. */
  readonly siteId: string;
  readonly url: string;
  /** Returns the library of that name; throws if the site has none. */
  library(name: string): DriveHandle;
  setLocked(locked: boolean): void;
  /** As for a mailbox. */
  grant(role: GrantRole, clientId?: string): void;
  /** 404 from now on, its libraries too. */
  delete(): void;
}
