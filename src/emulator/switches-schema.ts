import { z } from 'zod';
import type { EmulatorOptions } from './options.ts';

/** Options that are no switches: they are other keys of a scenario, or available to programs only. */
type OtherOption =
  | 'port'
  | 'dataDir'
  | 'latencyMs'
  | 'latency'
  | 'bandwidth'
  | 'throttling'
  | 'clock'
  | 'timers'
  | 'ids'
  | 'onInternalError'
  | 'tenant'
  | 'consent';

type Switches = Omit<EmulatorOptions, OtherOption>;

const whole = z.number().int().nonnegative();
const count = z.number().int().positive();
const yesOrNo = z.boolean();

const strictSchema = z.strictObject({
  authorizationOnPreAuthenticatedUrl: z.enum(['reject', 'allow']).optional(),
  retryAfter: yesOrNo.optional(),
  conflictBehavior: yesOrNo.optional(),
  fragmentSize: yesOrNo.optional(),
  me: yesOrNo.optional(),
  concurrency: yesOrNo.optional(),
} satisfies Record<keyof NonNullable<Switches['strict']>, z.ZodType>);

const signInSchema = z.strictObject({
  as: z.string().includes('@'),
  confirms: yesOrNo.optional(),
  consents: yesOrNo.optional(),
});
const straySchema = z.strictObject({ ratio: z.number().min(0).max(1), seed: z.number().int() });
const rewriteSchema = z.strictObject({ afterMs: whole, extensions: z.array(z.string().startsWith('.')) });

/** Each option of `createEmulator` that the sources do not settle; a missing one does not compile. */
const shape = {
  strict: strictSchema,
  maxConcurrentRequests: count,
  downloadBase: z.enum(['sharepoint', 'loopback']),
  pageSize: count,
  copyPolls: whole,
  copyDelayMs: whole,
  contentStreamsDirectly: yesOrNo,
  ifMatchStatus: z.literal([409, 412]),
  sessionConflictDefault: z.enum(['replace', 'fail']),
  secondSession: z.enum(['refused', 'allowed']),
  sessionLifeMs: count,
  photoNeedsColon: yesOrNo,
  childrenPaging: z.enum(['keyset', 'positional']),
  lookupLagMs: whole,
  lookupLagBy: z.enum(['path', 'id']),
  listingLagMs: whole,
  strayNotFound: z.union([z.literal('never'), straySchema]),
  rewritesOffice: z.union([z.literal('never'), rewriteSchema]),
  shortcutsNeedPrefer: yesOrNo,
  notCheckedOutStatus: z.literal([423, 409]),
  simplePutLimit: whole,
  emptyCommitBody: yesOrNo,
  contentHostIgnores: z.enum(['nothing', 'range', 'if-range']),
  contentHostTag: z.enum(['item', 'none', 'weak', 'unquoted', 'other']),
  refusesReplayedAssertions: yesOrNo,
  consentCancelledError: z.enum(['access_denied', 'permission_denied', 'consent_required']),
  redirectPort: z.enum(['any-on-loopback', 'exact']),
  signIn: z.union([z.enum(['page', 'cancel']), signInSchema]),
  userConsent: z.enum(['allowed', 'administrators-only']),
  silentConsentError: z.enum(['interaction_required', 'consent_required']),
  unassignedSignIn: z.enum(['page', 'redirect']),
  groupsOverageEndpoint: z.enum(['graph.windows.net', 'graph.microsoft.com']),
  lockedSiteStatus: z.literal([423, 403]),
  filesRolesReadSites: yesOrNo,
  castNeedsAdvancedQuery: yesOrNo,
  directoryWithoutRoles: z.enum(['roles-claim', 'request-denied']),
  deltaSupported: z.literal(['global-cloud', true, false]),
  deltaUnsupportedStatus: z.literal([400, 501]),
  deltaLagMs: whole,
  deltaDescendants: z.enum(['reported', 'left-out']),
  deltaRepeats: yesOrNo,
  deltaEmptyPages: yesOrNo,
  deltaInvalidTokenStatus: z.literal([400, 410]),
  anonymousLinks: z.enum(['allowed', 'invalid-request', 'access-denied']),
  defaultLinkScope: z.enum(['organization', 'anonymous']),
  searchesContent: yesOrNo,
  searchLagMs: whole,
  contentHost: z.enum(['sharepoint', 'svc.ms', 'microsoftpersonalcontent']),
  notificationUrls: z.enum(['https', 'https-or-loopback']),
  notificationDelayMs: whole,
  notificationTimeoutMs: count,
} satisfies { readonly [Name in keyof Required<Switches>]: z.ZodType<NonNullable<Switches[Name]>> };

/** Switches for contradictory or missing sources, and for tests. */
export const switchesSchema = z.strictObject(shape).partial();
