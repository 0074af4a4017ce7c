import { randomUUID } from 'node:crypto';
import type { Bandwidth } from './bandwidth.ts';
import type { Consent } from './consent.ts';
import type { CallRecord } from './faults.ts';
import type { Latency } from './latency.ts';
import { type OperationOptions, settleOperations } from './operation-options.ts';
import type { SignIn } from './sign-in.ts';
import type { StraySpec } from './stray-errors.ts';
import type { TenantSpec } from './tenant.ts';
import type { Throttling } from './throttling.ts';
import { systemTimers, type Timers } from './timers.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The kinds of client mistakes that are recorded as violations; all by default. */
export interface StrictRules {
  /** An Authorization header on a pre-authenticated URL, which Graph's hosts answer with 401. */
  authorizationOnPreAuthenticatedUrl: 'reject' | 'allow';
  /** A retry before the Retry-After has passed. */
  retryAfter: boolean;
  /** A write without an explicit conflictBehavior; the defaults differ from call to call. */
  conflictBehavior: boolean;
  /** A fragment, not the last, whose size is not a multiple of 320 KiB. */
  fragmentSize: boolean;
  /** `/me` paths: an application has no "me". */
  me: boolean;
  /** More than `maxConcurrentRequests` requests at once. */
  concurrency: boolean;
}

/** The time after which SharePoint rewrites files, and the extensions of those files, with the dot. */
export interface RewriteSpec {
  readonly afterMs: number;
  readonly extensions: readonly string[];
}

export interface EmulatorOptions extends OperationOptions {
  /** 0: any free port. */
  port?: number;
  /** Folder of contents, the CA certificate and the tenant's state; absent: a temporary one, removed by `close`. */
  dataDir?: string;
  /** Added to each answer. */
  latencyMs?: number;
  /** By operation or kind of host, added to `latencyMs`: `{ default: 60, content: 20, token: 200 }`. */
  latency?: Latency;
  /** The bandwidth of each connection. */
  bandwidth?: Bandwidth;
  /** Absent: throttling only by scripted faults. */
  throttling?: Throttling | undefined;
  /** The clock of timestamps and expiries. Absent: the machine's, which the control API can move. */
  clock?: { now(): number };
  /** The timers of all waits; a test may decide when a wait is over. */
  timers?: Timers;
  /** Called for each bug of the emulator that a request has hit; it is also recorded as a violation. */
  onInternalError?: (error: unknown, call: CallRecord) => void;
  /** The first tenant; `contoso` in the global cloud when absent. */
  tenant?: TenantSpec;
  /** Makes GUIDs. */
  ids?: () => string;
  strict?: Partial<StrictRules>;
  /** With `strict.concurrency`, more requests at once are a violation. */
  maxConcurrentRequests?: number;
  /** `loopback`: download URLs are plain http on this machine, for redirected clients without a proxy. */
  downloadBase?: 'sharepoint' | 'loopback';
  /** Children per page without `$top`. */
  pageSize?: number;
  /** How often a copy's monitor answers inProgress before it is done. */
  copyPolls?: number;
  /** How long a copy takes in the background, in milliseconds. */
  copyDelayMs?: number;
  /** `/content` answers 200 with the content instead of 302: announced for Graph, seen in beta. */
  contentStreamsDirectly?: boolean;
  /** The status of an If-Match that fails on PATCH and DELETE: both are reported for Business. */
  ifMatchStatus?: 409 | 412;
  /**
   * How createUploadSession treats a name that is taken by default: the docs say `fail`, but rclone,
   * which sends nothing, replaces files with it in production.
   */
  sessionConflictDefault?: 'replace' | 'fail';
  /** The answer to a second session for a name with an open one (onedrive-api-docs 747, 989, 1098 for Business). */
  secondSession?: 'refused' | 'allowed';
  /**
   * How long an upload session lives after its last fragment, in milliseconds; not documented, days for Business in
   * practice.
   */
  sessionLifeMs?: number;
  /** Whether a look-up by path that ends in `photo` without a closing colon is 400 (onedrive-api-docs 1020). */
  photoNeedsColon?: boolean;
  /**
   * Pages of children by the last name, or by position: then writes in between make items appear twice or not at all
   * (onedrive-api-docs 740).
   */
  childrenPaging?: 'keyset' | 'positional';
  /** How long a new item is neither found by its path nor listed (reports of `onedrive-go`). */
  lookupLagMs?: number;
  /** Which look-ups of a new item lag: those by path, or those by id; both were seen (reports of `onedrive-go`). */
  lookupLagBy?: 'path' | 'id';
  /** How long a new item is not listed, and a deleted one still is. */
  listingLagMs?: number;
  /** The share of folder reads that are `itemNotFound` for no reason: about 1 % was seen (`onedrive-go`). */
  strayNotFound?: StraySpec | 'never';
  /**
   * Whether SharePoint rewrites files after a write. Reports differ: libraries of sites do, a user's OneDrive did not
   * always (onedrive-api-docs 935, 1066).
   */
  rewritesOffice?: RewriteSpec | 'never';
  /**
   * Whether shortcuts to other drives are listed only for `Prefer: Include-Feature=AddToOneDrive` (`onedrive-go`,
   * abraunegg).
   */
  shortcutsNeedPrefer?: boolean;
  /** The status of a write to a file that must be checked out first; there are no reports. */
  notCheckedOutStatus?: 423 | 409;
  /** The maximum size of a simple PUT, in bytes: 250 MB by the current docs, 4 MB by older ones. */
  simplePutLimit?: number;
  /** The last fragment's answer has no body, as is often reported. */
  emptyCommitBody?: boolean;
  /**
   * The header of a download that is ignored. A host may answer a range with everything (Graph docs, "Download the
   * contents of a DriveItem"); the docs do not mention If-Range.
   */
  contentHostIgnores?: 'nothing' | 'range' | 'if-range';
  /**
   * How a download's ETag looks. That it is the item's eTag is known from one report only (onedrive-api-docs issue
   * 133); RFC 9110 §8.8.3 lets a host send none, or a weak one. `other`: a tag unrelated to the item's.
   */
  contentHostTag?: 'item' | 'none' | 'weak' | 'unquoted' | 'other';
  /**
   * Whether an assertion is valid for one request only. RFC 7523 §3.7 allows that; Entra can hardly be so strict,
   * because MSAL signs one and sends it with every request until it expires.
   */
  refusesReplayedAssertions?: boolean;
  /** The behaviour of the admin-consent endpoint: show its page, or answer at once as if somebody had decided. */
  consent?: Consent;
  /**
   * The `error` of a consent that was cancelled: seen, in the Graph docs, and in Entra's docs of the v2.0 endpoint, in
   * this order.
   */
  consentCancelledError?: 'access_denied' | 'permission_denied' | 'consent_required';
  /**
   * Whether a redirect to localhost or 127.0.0.1 may have any port (learn, "Redirect URI restrictions": the comparison
   * ignores it; older copies of the page say so about 127.0.0.1, newer ones about localhost).
   */
  redirectPort?: 'any-on-loopback' | 'exact';
  /** Who signs in: the person chosen on the page, or a given person without a browser. */
  signIn?: SignIn;
  /**
   * Whether people may consent for themselves (learn, "Configure how users consent to applications"); else it is
   * AADSTS90094.
   */
  userConsent?: 'allowed' | 'administrators-only';
  /**
   * The error of a silent sign-in (`prompt=none`) without consent. Entra's list of errors has only the first; MSAL
   * checks for both.
   */
  silentConsentError?: 'interaction_required' | 'consent_required';
  /**
   * Where a person without an assignment (AADSTS50105) ends up: on a page of the login host (msal-js issues 3949 and
   * 5007, next-auth issue 5455), or back at the application with interaction_required (msal-js issue 1287, which may
   * have been a silent sign-in).
   */
  unassignedSignIn?: 'page' | 'redirect';
  /**
   * The URL for groups in the overage claim: as seen, with a host that no longer exists; or the same call in Graph.
   */
  groupsOverageEndpoint?: 'graph.windows.net' | 'graph.microsoft.com';
  /** The status of a site that is locked or archived; both are reported. */
  lockedSiteStatus?: 423 | 403;
  /** Whether Files.Read.All and the like also open `GET /sites/…`; the docs name only the Sites permissions. */
  filesRolesReadSites?: boolean;
  /** Whether `/microsoft.graph.user` behind members needs the advanced query parameters, as the docs say. */
  castNeedsAdvancedQuery?: boolean;
  /**
   * The answer of directory calls to a token without roles; for drives it is always the sentence on the roles claim.
   */
  directoryWithoutRoles?: 'roles-claim' | 'request-denied';
}

export interface Settings extends Required<Omit<EmulatorOptions, 'strict' | 'dataDir' | 'throttling'>> {
  readonly strict: StrictRules;
  readonly throttling: Throttling | undefined;
}

/** The options with their defaults. */
export function settle(options: EmulatorOptions): Settings {
  return {
    ...settleOperations(options),
    port: options.port ?? 0,
    latencyMs: options.latencyMs ?? 0,
    latency: options.latency ?? {},
    bandwidth: options.bandwidth ?? {},
    throttling: options.throttling,
    clock: options.clock ?? Date,
    timers: options.timers ?? systemTimers,
    onInternalError: options.onInternalError ?? (() => {}),
    tenant: options.tenant ?? { name: 'contoso' },
    ids: options.ids ?? randomUUID,
    maxConcurrentRequests: options.maxConcurrentRequests ?? 64,
    downloadBase: options.downloadBase ?? 'sharepoint',
    pageSize: options.pageSize ?? 200,
    copyPolls: options.copyPolls ?? 1,
    copyDelayMs: options.copyDelayMs ?? 0,
    sessionConflictDefault: options.sessionConflictDefault ?? 'replace',
    secondSession: options.secondSession ?? 'refused',
    sessionLifeMs: options.sessionLifeMs ?? DAY_MS,
    photoNeedsColon: options.photoNeedsColon ?? true,
    childrenPaging: options.childrenPaging ?? 'keyset',
    lookupLagMs: options.lookupLagMs ?? 0,
    lookupLagBy: options.lookupLagBy ?? 'path',
    listingLagMs: options.listingLagMs ?? 0,
    strayNotFound: options.strayNotFound ?? 'never',
    rewritesOffice: options.rewritesOffice ?? 'never',
    shortcutsNeedPrefer: options.shortcutsNeedPrefer ?? true,
    notCheckedOutStatus: options.notCheckedOutStatus ?? 423,
    simplePutLimit: options.simplePutLimit ?? 250 * 1000 * 1000,
    contentStreamsDirectly: options.contentStreamsDirectly ?? false,
    ifMatchStatus: options.ifMatchStatus ?? 412,
    emptyCommitBody: options.emptyCommitBody ?? false,
    contentHostIgnores: options.contentHostIgnores ?? 'nothing',
    contentHostTag: options.contentHostTag ?? 'item',
    refusesReplayedAssertions: options.refusesReplayedAssertions ?? false,
    consent: options.consent ?? 'ask',
    consentCancelledError: options.consentCancelledError ?? 'access_denied',
    redirectPort: options.redirectPort ?? 'any-on-loopback',
    signIn: options.signIn ?? 'page',
    userConsent: options.userConsent ?? 'allowed',
    silentConsentError: options.silentConsentError ?? 'interaction_required',
    unassignedSignIn: options.unassignedSignIn ?? 'page',
    groupsOverageEndpoint: options.groupsOverageEndpoint ?? 'graph.windows.net',
    lockedSiteStatus: options.lockedSiteStatus ?? 423,
    filesRolesReadSites: options.filesRolesReadSites ?? false,
    castNeedsAdvancedQuery: options.castNeedsAdvancedQuery ?? true,
    directoryWithoutRoles: options.directoryWithoutRoles ?? 'roles-claim',
    strict: {
      authorizationOnPreAuthenticatedUrl: 'reject',
      retryAfter: true,
      conflictBehavior: true,
      fragmentSize: true,
      me: true,
      concurrency: true,
      ...options.strict,
    },
  };
}
