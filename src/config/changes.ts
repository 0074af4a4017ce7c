import { stableText } from '../lib/stable-text.ts';
import type { Config } from './load.ts';

/**
 * When a change of a key takes effect. `live`: with a reload. `restart`: only when the process starts, since the key is
 * baked into the listener, the state or the connections to Microsoft. `swap`: with a reload, but to have it at all, or
 * no more, needs a restart.
 */
type Effect = 'live' | 'restart' | 'swap';

/** Every key of a section, or the section as a whole. */
type Effects<T> = { readonly [K in keyof T]-?: Effect | { readonly [L in keyof T[K]]-?: Effect } };

/** A key without a line does not compile. */
const EFFECTS = {
  listen: {
    host: 'restart',
    port: 'restart',
    reusePort: 'restart',
    tls: 'swap',
    http2: 'restart',
    basePath: 'live',
    trustedProxies: 'live',
    compression: 'live',
    cors: 'live',
  },
  publicUrls: 'live',
  dataDir: 'restart',
  state: 'restart',
  control: { socket: 'restart' },
  outbound: { proxy: 'restart', caPem: 'restart' },
  log: { level: 'live', format: 'restart' },
  audit: { file: 'restart' },
  tenants: 'live',
  mounts: 'live',
  mailboxRules: 'live',
  discovery: { intervalMinutes: 'live' },
  users: 'live',
  people: 'live',
  signIn: 'live',
  shares: 'live',
  downloads: {
    policy: 'live',
    redirectStatus: 'live',
    minRedirectBytes: 'live',
    customHost: 'live',
    clients: 'live',
    proxy: 'live',
  },
  browser: 'live',
  // The event loop is measured from the start.
  metrics: 'restart',
  tracing: 'restart',
  auth: {
    realm: 'live',
    allowUnauthenticatedOptions: 'live',
    credentialCacheSeconds: 'live',
    bearer: 'live',
    proxy: 'live',
    usersFile: 'live',
    anonymous: 'live',
  },
  limits: {
    maxUrlBytes: 'live',
    maxHeaderBytes: 'live',
    maxXmlBytes: 'live',
    maxUploadBytes: 'live',
    maxSpoolBytes: 'live',
    maxBufferBytes: 'live',
    maxJunkBytes: 'restart',
    headersTimeoutSeconds: 'live',
    idleTimeoutSeconds: 'live',
    shutdownDelaySeconds: 'live',
    drainSeconds: 'live',
    perUser: 'live',
    perMount: 'live',
  },
  cache: { ttlSeconds: 'live', pollSeconds: 'live', webhooks: 'live', maxEntries: 'live', maxAnswerBytes: 'live' },
  locks: { defaultTimeoutSeconds: 'live', maxTimeoutSeconds: 'live' },
  junk: 'live',
  graph: { maxConcurrentRequests: 'live' },
  reload: { watch: 'live' },
} as const satisfies Effects<Config>;

/** The names in the file of keys that a `Config` calls otherwise. */
const WRITTEN: Readonly<Record<string, string>> = {
  'outbound.caPem': 'outbound.caFile',
  mailboxRules: 'mounts',
};

/** What differs between the running configuration and another one. */
export interface ConfigChanges {
  /** The changed keys that take effect with a reload, as the file writes them (`users`, `limits.maxUrlBytes`), sorted. */
  readonly changed: readonly string[];
  /** Those that take effect with a restart. */
  readonly needRestart: readonly string[];
  /** The other configuration with the running one's values of the keys that need a restart. */
  readonly config: Config;
}

/** Compares two configurations. Secrets are compared by value. */
export function compareConfigs(running: Config, next: Config): ConfigChanges {
  const changed = new Set<string>();
  const needRestart = new Set<string>();
  const note = (path: readonly string[], effect: Effect) =>
    (effect === 'restart' ? needRestart : changed).add(writtenAs(path, next));
  const effective = mapKeys(next, (key, value) => {
    const [before, effects] = [running[key], EFFECTS[key] as Effect | Readonly<Record<string, Effect>>];
    if (isSame(before, value)) {
      return before;
    }
    if (typeof effects === 'string') {
      note([key], effects);
      return effects === 'live' ? value : before;
    }
    return mapKeys(value as Record<string, unknown>, (member, inner) => {
      const innerBefore = (before as unknown as Record<string, unknown>)[member];
      if (isSame(innerBefore, inner)) {
        return innerBefore;
      }
      const effect = resolveSwap(effects[member]!, innerBefore, inner);
      note([key, member], effect);
      return effect === 'live' ? inner : innerBefore;
    });
  });
  return { changed: [...changed].sort(), needRestart: [...needRestart].sort(), config: effective };
}

function resolveSwap(effect: Effect, before: unknown, after: unknown): 'live' | 'restart' {
  if (effect !== 'swap') {
    return effect;
  }
  return before === undefined || after === undefined ? 'restart' : 'live';
}

function isSame(left: unknown, right: unknown): boolean {
  return stableText(left) === stableText(right);
}

function writtenAs(path: readonly string[], { tenants }: Config): string {
  const name = path.join('.');
  if (name === 'tenants' && tenants.length === 1) {
    return 'tenant';
  }
  return WRITTEN[name] ?? name;
}

function mapKeys<T extends object>(value: T, map: (key: keyof T & string, member: T[keyof T]) => unknown): T {
  const keys = Object.keys(value) as (keyof T & string)[];
  return Object.fromEntries(keys.map(key => [key, map(key, value[key])])) as T;
}
