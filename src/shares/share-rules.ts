import { foldName } from '../drive/path.ts';
import { compileGlob, isGlob } from '../lib/glob.ts';
import { compileRights } from '../mounts/compiled-rights.ts';
import { namedMounts } from '../mounts/rights.ts';
import type { ShareKind } from '../state/share-kind.ts';
import type { Share } from '../state/share-store.ts';

const DAY_MS = 24 * 60 * 60_000;

/** What the configuration allows (`shares`). */
export interface ShareRules {
  readonly kinds: readonly ShareKind[];
  /** Names of users, addresses of people, and globs. */
  readonly users: '*' | readonly string[];
  /** Names and globs of mounts; `own` is the owner's own drive. */
  readonly mounts: '*' | readonly string[];
  /** The longest life of a share. */
  readonly maxDays: number;
  readonly requirePassword: boolean;
  /** Null: no limit. */
  readonly maxDownloads: number | null;
  /** The most open shares of one user. */
  readonly maxPerUser: number;
}

/** The owner of a share, as far as rules depend on them. */
export interface Sharer {
  readonly name: string;
  readonly shares?: false;
  readonly rights: { readonly owner?: string };
}

/** A mount, as far as rules depend on it. */
export interface SharedMount {
  readonly name: string;
  readonly owner?: string | undefined;
}

/** The rules, prepared for the questions of requests. */
export interface CompiledShareRules extends ShareRules {
  /** Returns true when this user may share from this mount. */
  allows(sharer: Sharer, mount: SharedMount): boolean;
}

export function compileShareRules(rules: ShareRules): CompiledShareRules {
  const isUser = compileNames(rules.users);
  const rights = namedMounts(rules.mounts, 'read');
  return {
    ...rules,
    allows: (sharer, mount) => {
      const { owner } = sharer.rights;
      const opened = compileRights({ rules: [rights], ...(owner === undefined ? {} : { owner }) });
      return sharer.shares !== false && isUser(sharer.name) && opened.accessTo(mount) !== undefined;
    },
  };
}

function compileNames(names: '*' | readonly string[]): (name: string) => boolean {
  if (names === '*') {
    return () => true;
  }
  const tests = names.map(each => {
    const glob = isGlob(each) ? compileGlob(each) : undefined;
    const folded = foldName(each);
    return (name: string) => glob?.test(name) ?? foldName(name) === folded;
  });
  return name => tests.some(test => test(name));
}

/** When a share ends: a shorter time in the configuration counts for the shares that exist as well. */
export function endOf({ created, expires }: Pick<Share, 'created' | 'expires'>, { maxDays }: ShareRules): number {
  return Math.min(expires, created + maxDays * DAY_MS);
}

/** The most downloads of a share; undefined: any number. */
export function mostDownloads(
  { kind, maxDownloads }: Pick<Share, 'kind' | 'maxDownloads'>,
  rules: ShareRules,
): number | undefined {
  const limits = [maxDownloads, rules.maxDownloads].filter(limit => typeof limit === 'number');
  return kind === 'upload' || limits.length === 0 ? undefined : Math.min(...limits);
}

/** What a share is at a moment, whatever its owner may do. */
export type ShareState = 'open' | 'ended' | 'revoked' | 'exhausted';

export function stateOf(share: Share, rules: ShareRules, now: number): ShareState {
  if (share.revoked !== undefined) {
    return 'revoked';
  }
  if (endOf(share, rules) <= now) {
    return 'ended';
  }
  return share.downloads >= (mostDownloads(share, rules) ?? Number.POSITIVE_INFINITY) ? 'exhausted' : 'open';
}
