/**
 * Switches of the feed of changes, sharing, search, content hosts and notifications, each with the known facts.
 */
export interface OperationOptions {
  /**
   * Whether a drive has `delta` at all. National clouds are reported to have none (abraunegg/onedrive; rclone 6444 for
   * China); `global-cloud` models that.
   */
  deltaSupported?: 'global-cloud' | boolean;
  /** The answer of `delta` where it is not supported: 400 with the sentence on `DeltaToken`, or 501. */
  deltaUnsupportedStatus?: 400 | 501;
  /**
   * The delay of a change in the feed, in milliseconds; 5 to 60 seconds and more are reported
   * (`onedrive-go`).
   */
  deltaLagMs?: number;
  /**
   * Whether the contents of a deleted folder are reported as deleted too, or only the folder; the docs do not say.
   */
  deltaDescendants?: 'reported' | 'left-out';
  /**
   * Each page of the feed begins with the last item of the one before (Graph docs, driveItem delta: an item may appear
   * more than once).
   */
  deltaRepeats?: boolean;
  /** An empty page with a nextLink precedes each page (Graph docs, "Use delta query": pages may be empty). */
  deltaEmptyPages?: boolean;
  /**
   * The answer to a token that was never issued. The docs mention 410 for unusable tokens, and do not cover this case.
   */
  deltaInvalidTokenStatus?: 400 | 410;
  /** The answer of createLink to the scope `anonymous`: a tenant may forbid it, and both refusals are reported. */
  anonymousLinks?: 'allowed' | 'invalid-request' | 'access-denied';
  /**
   * The scope of a link that names none: the tenant's default (Graph docs, "Create a sharing link for a DriveItem").
   */
  defaultLinkScope?: 'organization' | 'anonymous';
  /** Whether a search covers the contents of text files as well as names. */
  searchesContent?: boolean;
  /** The delay of a change in the search index, in milliseconds; minutes in reality. */
  searchLagMs?: number;
  /**
   * Which host serves the bytes: the site's own, or one of the others seen in download URLs (`*.svc.ms`,
   * `my.microsoftpersonalcontent.com`).
   */
  contentHost?: 'sharepoint' | 'svc.ms' | 'microsoftpersonalcontent';
  /** Whether notificationUrl must be https, as the docs say. By default plain http on this machine is allowed. */
  notificationUrls?: 'https' | 'https-or-loopback';
  /**
   * How long changes are collected before a notification is sent, in milliseconds; under a minute on average (Graph
   * docs).
   */
  notificationDelayMs?: number;
  /**
   * How long an endpoint may take to answer, in milliseconds: ten seconds (Graph docs, "Receive change notifications
   * through webhooks").
   */
  notificationTimeoutMs?: number;
}

/** Fills in the defaults of the options. */
export function settleOperations(options: OperationOptions): Required<OperationOptions> {
  return {
    deltaSupported: options.deltaSupported ?? 'global-cloud',
    deltaUnsupportedStatus: options.deltaUnsupportedStatus ?? 400,
    deltaLagMs: options.deltaLagMs ?? 0,
    deltaDescendants: options.deltaDescendants ?? 'reported',
    deltaRepeats: options.deltaRepeats ?? false,
    deltaEmptyPages: options.deltaEmptyPages ?? false,
    deltaInvalidTokenStatus: options.deltaInvalidTokenStatus ?? 400,
    anonymousLinks: options.anonymousLinks ?? 'allowed',
    defaultLinkScope: options.defaultLinkScope ?? 'organization',
    searchesContent: options.searchesContent ?? false,
    searchLagMs: options.searchLagMs ?? 0,
    contentHost: options.contentHost ?? 'sharepoint',
    notificationUrls: options.notificationUrls ?? 'https-or-loopback',
    notificationDelayMs: options.notificationDelayMs ?? 0,
    notificationTimeoutMs: options.notificationTimeoutMs ?? 10_000,
  };
}
