import type { HostKind } from './latency.ts';

/** Microsoft's limits, in resource units (learn, "Avoid getting throttled or blocked", 2025-10-02). */
export interface ThrottlingLimits {
  readonly appMinute: number;
  readonly appDay: number;
  /** All applications of a tenant, in five minutes. */
  readonly tenantFiveMinutes: number;
}

/** By the number of licences of a tenant. */
export const PROFILES = {
  /** Up to 1,000 licences. */
  small: { appMinute: 1_250, appDay: 1_200_000, tenantFiveMinutes: 18_750 },
  /** Up to 5,000. */
  medium: { appMinute: 2_500, appDay: 2_400_000, tenantFiveMinutes: 37_500 },
  /** Up to 15,000. */
  large: { appMinute: 3_750, appDay: 3_600_000, tenantFiveMinutes: 56_250 },
  /** Up to 50,000. */
  'very-large': { appMinute: 5_000, appDay: 4_800_000, tenantFiveMinutes: 75_000 },
  /** More than 50,000. */
  huge: { appMinute: 6_250, appDay: 6_000_000, tenantFiveMinutes: 93_750 },
} satisfies Record<string, ThrottlingLimits>;

export type ThrottlingProfile = keyof typeof PROFILES;

export interface Throttling extends Partial<ThrottlingLimits> {
  /** The limits for missing single numbers; `small` by default. */
  readonly profile?: ThrottlingProfile;
  /** `fraction` adds a fraction, as in the Graph docs' samples (2.128); `none` sends no header. */
  readonly retryAfter?: 'seconds' | 'fraction' | 'date' | 'none';
  /** 503 is "service busy"; 429 is the caller's own limit. */
  readonly status?: 429 | 503;
  /** Whether an upload's fragment costs as much as an upload; not documented. False by default. */
  readonly fragmentsCost?: boolean;
  /** The number of requests in spite of Retry-After that causes a block; 100 by default, not documented. */
  readonly blockAfter?: number;
  /** The number of look-ups of missing OneDrives in five minutes that throttles the caller; 100, not documented. */
  readonly missingDrives?: number;
}

/** The caller and the price of a call. */
export interface ThrottledCall {
  readonly tenantId: string;
  readonly clientId: string;
  readonly operation: string;
  readonly host: HostKind;
  readonly resourceUnits: number;
}

export interface Verdict {
  readonly resourceUnits: number;
  /** `RateLimit-*`, from 80 % of the minute on. */
  readonly headers: Record<string, string>;
  /** Undefined when the call may proceed. */
  readonly refusal?: { readonly status: 429 | 503; readonly code: string; readonly retryAfterSeconds: number };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const FIVE_MINUTES = 5 * MINUTE;
const DAY = 24 * 60 * MINUTE;
const BLOCK_SECONDS = 60 * 60;
/** The price of a fragment, equal to that of an upload. */
const FRAGMENT_UNITS = 2;
const SHARE_WITH_HEADERS = 0.8;

/** A window of fixed length that begins with its first call. */
class Window {
  used = 0;
  ends = 0;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  add(units: number, now: number): void {
    this.roll(now);
    this.used += units;
  }

  roll(now: number): void {
    if (now >= this.ends) {
      this.used = 0;
      this.ends = now + this.#length;
    }
  }
}

interface AppState {
  readonly minute: Window;
  readonly day: Window;
  readonly missing: Window;
  quietUntil: number;
  /** Requests that came in spite of Retry-After. */
  offences: number;
  blockedUntil: number;
}

/** Counts the usage of applications and decides when it is too much. The caller gives the time. */
export class Throttle {
  readonly options: Throttling;
  readonly #limits: ThrottlingLimits;
  readonly #apps = new Map<string, AppState>();
  readonly #tenants = new Map<string, Window>();

  constructor(options: Throttling) {
    this.options = options;
    const { profile = 'small', appMinute, appDay, tenantFiveMinutes } = options;
    const base = PROFILES[profile];
    this.#limits = {
      appMinute: appMinute ?? base.appMinute,
      appDay: appDay ?? base.appDay,
      tenantFiveMinutes: tenantFiveMinutes ?? base.tenantFiveMinutes,
    };
  }

  /** Counts a call, refused or not: "throttled requests count" (as above). */
  admit(call: ThrottledCall, now: number): Verdict {
    const resourceUnits = this.#priceOf(call);
    const app = this.#app(`${call.tenantId}/${call.clientId}`);
    const tenant = this.#tenant(call.tenantId);
    app.minute.add(resourceUnits, now);
    app.day.add(resourceUnits, now);
    app.missing.roll(now);
    tenant.add(resourceUnits, now);
    const end = this.#endOfRefusal(app, tenant, now);
    if (app.blockedUntil > now) {
      const retryAfterSeconds = Math.ceil((app.blockedUntil - now) / SECOND);
      return { resourceUnits, headers: {}, refusal: { status: 503, code: 'serviceNotAvailable', retryAfterSeconds } };
    }
    const headers = this.#rateLimit(app, now);
    if (end === undefined) {
      return { resourceUnits, headers };
    }
    app.quietUntil = end;
    const { status = 429 } = this.options;
    const code = status === 429 ? 'activityLimitReached' : 'serviceNotAvailable';
    return { resourceUnits, headers, refusal: { status, code, retryAfterSeconds: Math.ceil((end - now) / SECOND) } };
  }

  /** A look-up of a OneDrive that does not exist. */
  missed(call: ThrottledCall, now: number): void {
    this.#app(`${call.tenantId}/${call.clientId}`).missing.add(1, now);
  }

  #priceOf({ operation, resourceUnits }: ThrottledCall): number {
    return operation === 'upload-fragment' && this.options.fragmentsCost ? FRAGMENT_UNITS : resourceUnits;
  }

  #endOfRefusal(app: AppState, tenant: Window, now: number): number | undefined {
    const { blockAfter = 100, missingDrives = 100 } = this.options;
    const isOffence = app.quietUntil > now;
    if (isOffence) {
      app.offences += 1;
    } else if (app.quietUntil !== 0) {
      // A caller that has waited starts anew.
      app.offences = 0;
      app.quietUntil = 0;
    }
    if (app.offences >= blockAfter) {
      app.blockedUntil = Math.max(app.blockedUntil, now + BLOCK_SECONDS * SECOND);
    }
    const ends = [
      app.minute.used > this.#limits.appMinute ? app.minute.ends : 0,
      app.day.used > this.#limits.appDay ? app.day.ends : 0,
      tenant.used > this.#limits.tenantFiveMinutes ? tenant.ends : 0,
      app.missing.used > missingDrives ? app.missing.ends : 0,
      // Each offence adds a second to the wait.
      isOffence ? app.quietUntil + SECOND : 0,
    ];
    const end = Math.max(...ends);
    return end > now ? end : undefined;
  }

  #rateLimit({ minute }: AppState, now: number): Record<string, string> {
    const { appMinute } = this.#limits;
    if (minute.used < appMinute * SHARE_WITH_HEADERS) {
      return {};
    }
    return {
      'ratelimit-limit': String(appMinute),
      'ratelimit-remaining': String(Math.max(0, appMinute - minute.used)),
      'ratelimit-reset': String(Math.ceil((minute.ends - now) / SECOND)),
    };
  }

  #app(key: string): AppState {
    const known = this.#apps.get(key);
    const app: AppState = known ?? {
      ...{ minute: new Window(MINUTE), day: new Window(DAY), missing: new Window(FIVE_MINUTES) },
      ...{ quietUntil: 0, offences: 0, blockedUntil: 0 },
    };
    this.#apps.set(key, app);
    return app;
  }

  #tenant(id: string): Window {
    const window = this.#tenants.get(id) ?? new Window(FIVE_MINUTES);
    this.#tenants.set(id, window);
    return window;
  }
}

/** Renders the header in the chosen form. */
export function retryAfterHeader(form: Throttling['retryAfter'], seconds: number, now: number): Record<string, string> {
  switch (form ?? 'seconds') {
    case 'seconds':
      return { 'retry-after': String(seconds) };
    case 'fraction':
      return { 'retry-after': (seconds + 0.128).toFixed(3) };
    case 'date':
      return { 'retry-after': new Date(now + seconds * SECOND).toUTCString() };
    case 'none':
      return {};
  }
}
