import type { Audit } from '../auth/audit.ts';
import { hashPassword } from '../auth/passwords.ts';
import type { User } from '../auth/user.ts';
import type { Drive } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { type DrivePath, formatPath, isWithin, pathKey, toDrivePath } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { MakeCode } from '../state/sealing.ts';
import type { ShareKind } from '../state/share-kind.ts';
import type { NewShare, Share, ShareStore } from '../state/share-store.ts';
import type { Pending } from './share-door.ts';
import {
  type CompiledShareRules,
  endOf,
  mostDownloads,
  type SharedMount,
  type ShareState,
  stateOf,
} from './share-rules.ts';
import { MIN_PASSWORD_LENGTH, readShareWish, type ShareWish, SharingError } from './share-wish.ts';
import { makeShareId, makeToken, makeTokenOf } from './token.ts';

export { SharingError } from './share-wish.ts';

/** A share as its owner sees it: nothing in it opens the share. */
export interface ShareJson {
  readonly id: string;
  readonly kind: ShareKind;
  readonly state: ShareState;
  /** The names in the owner's tree. */
  readonly path: readonly string[];
  readonly target: 'file' | 'folder';
  readonly created: string;
  readonly expires: string;
  readonly password: boolean;
  readonly maxDownloads?: number;
  /** Only where there is a limit. */
  readonly downloads?: number;
  /** When somebody first came in. */
  readonly opened?: string;
  readonly revoked?: string;
}

/** How the client has reached this server. */
export interface ReachedBy {
  /** The Host header, in lower case. */
  readonly host: string;
  readonly isSecure: boolean;
  /** The names before those of the tree in the client's URLs. */
  readonly prefix: readonly string[];
}

/** The place of a new share. */
export interface SharePlace {
  readonly drive: Drive;
  readonly path: DrivePath;
  readonly signal: AbortSignal;
}

/** What a new share may be, for the forms that ask for one. */
export interface ShareLimits {
  readonly maxDays: number;
  readonly requirePassword: boolean;
  /** The fewest characters of a password. */
  readonly minPassword: number;
  /** Absent: any number of downloads. */
  readonly maxDownloads?: number;
}

/** What one user may do with shares. */
export interface Sharing {
  readonly limits: ShareLimits;
  /** Returns the kinds that the user may make at a path. Makes no calls. */
  kindsAt(place: Pick<SharePlace, 'drive' | 'path'>, target: 'file' | 'folder'): readonly ShareKind[];
  /**
   * Makes a share of what is at a place. The URL is told this once, and again to the same request, by its `key`. Throws
   * SharingError, and the errors of the drive.
   */
  make(
    place: SharePlace,
    input: Readonly<Record<string, unknown>>,
    reached: ReachedBy,
  ): Promise<{ readonly share: ShareJson; readonly url: string }>;
  /** Returns the user's shares of what is at a path, oldest first; at the root all of them. */
  list(path: DrivePath): Promise<readonly ShareJson[]>;
  /** Ends a share of the user. Throws SharingError. */
  revoke(id: string): Promise<void>;
}

export interface SharingParts {
  readonly store: ShareStore;
  readonly rules: CompiledShareRules;
  readonly mountOf: (name: string) => SharedMount | Pending | undefined;
  /** The URLs that people know this server by. */
  readonly publicUrls: readonly string[];
  /** Makes the token of a request that has a key. */
  readonly codeOf: MakeCode;
  readonly audit: Audit;
  readonly clock: Clock;
  /** For tests: hashing is slow on purpose. */
  readonly hash?: ((password: string) => Promise<string>) | undefined;
}

/** The name in the state for the owner of shares. */
export function ownerKeyOf({ id, name }: Pick<User, 'id' | 'name'>): string {
  return id === undefined ? `user:${name.toLowerCase()}` : `person:${id}`;
}

/** Returns a function that gives each user what they may do with shares; guests may do nothing. */
export function createSharing(parts: SharingParts): (user: User, address: string) => Sharing | undefined {
  return (user, address) => {
    const isGuest = user.id === undefined && user.rights.readOnly === true;
    return isGuest ? undefined : new UserSharing(parts, user, address);
  };
}

class UserSharing implements Sharing {
  readonly #parts: SharingParts;
  readonly #user: User;
  readonly #address: string;

  constructor(parts: SharingParts, user: User, address: string) {
    this.#parts = parts;
    this.#user = user;
    this.#address = address;
  }

  get limits(): ShareLimits {
    const { maxDays, requirePassword, maxDownloads } = this.#parts.rules;
    const most = maxDownloads === null ? {} : { maxDownloads };
    return { maxDays, requirePassword, minPassword: MIN_PASSWORD_LENGTH, ...most };
  }

  kindsAt({ drive, path }: Pick<SharePlace, 'drive' | 'path'>, target: 'file' | 'folder'): readonly ShareKind[] {
    const { rules, mountOf } = this.#parts;
    const mount = path.length === 0 ? undefined : mountOf(path[0]!);
    if (mount === undefined || 'retryAfterSeconds' in mount || !rules.allows(this.#user, mount)) {
      return [];
    }
    const takesFiles = target === 'folder' && drive.access(path) === 'write';
    return rules.kinds.filter(kind => kind === 'read' || takesFiles);
  }

  async make(place: SharePlace, input: Readonly<Record<string, unknown>>, reached: ReachedBy) {
    const { rules, clock, publicUrls, hash = hashPassword } = this.#parts;
    const now = Math.floor(clock.now());
    const wish = readShareWish(input, rules, now);
    const { drive, path, signal } = place;
    const entry = await drive.stat(path, { signal });
    this.#refuseKind(place, entry, wish.kind);
    await drive.prepare(path, { signal });
    const { token, digest } = this.#tokenFor(path, wish.key);
    const answer = (made: Share) => ({ share: shareJson(made, rules, now), url: urlOf(token, reached, publicUrls) });
    const known = await this.#knownBy(digest, wish, now);
    if (known !== undefined) {
      return answer(known);
    }
    const share: NewShare = {
      ...{ digest, id: makeShareId(), kind: wish.kind, owner: ownerKeyOf(this.#user), ownerName: this.#user.name },
      ...{ names: [...path], target: entry.kind, scope: drive.canonicalPath(path)[0]!, itemId: entry.id },
      passwordHash: wish.password === undefined ? undefined : await hash(wish.password),
      ...{ created: now, expires: wish.expires, maxDownloads: wish.maxDownloads },
    };
    if (!(await this.#add(share, now))) {
      const same = await this.#knownBy(digest, wish, now);
      if (same !== undefined) {
        return answer(same);
      }
      throw new SharingError('too-many', `you have ${rules.maxPerUser} shares already; end one first`);
    }
    this.#record('share-made', share);
    return answer({ ...share, downloads: 0, opened: undefined, revoked: undefined });
  }

  async list(path: DrivePath): Promise<readonly ShareJson[]> {
    const { rules, clock } = this.#parts;
    const own = await this.#own();
    const here = path.length === 0 ? own : own.filter(({ names }) => pathKey(toDrivePath(names)) === pathKey(path));
    return here.map(share => shareJson(share, rules, clock.now()));
  }

  async revoke(id: string): Promise<void> {
    const { store, clock } = this.#parts;
    const share = (await this.#own()).find(each => each.id === id);
    const by = { at: Math.floor(clock.now()), owner: ownerKeyOf(this.#user) };
    if (share === undefined || !(await store.revoke(id, by))) {
      throw new SharingError('not-found', 'you have no such share, or it has ended');
    }
    this.#record('share-revoked', share);
  }

  #tokenFor(path: DrivePath, key: string | undefined): ReturnType<typeof makeToken> {
    const text = JSON.stringify([ownerKeyOf(this.#user), pathKey(path), key]);
    return key === undefined ? makeToken() : makeTokenOf(text, this.#parts.codeOf);
  }

  /** The share that the same request has made before. Throws SharingError where it is not what this one wants. */
  async #knownBy(digest: string, { key, password }: ShareWish, now: number): Promise<Share | undefined> {
    const known = key === undefined ? undefined : await this.#parts.store.find(digest);
    if (known === undefined) {
      return undefined;
    }
    if (stateOf(known, this.#parts.rules, now) !== 'open') {
      throw new SharingError('bad-request', 'the share of this key has ended; take another key');
    }
    if (password !== undefined && known.passwordHash === undefined) {
      throw new SharingError('bad-request', 'the share of this key has no password; take another key');
    }
    return known;
  }

  /** Returns false when there may be no more, or when the same request has made it in this moment. */
  async #add(share: NewShare, now: number): Promise<boolean> {
    const { store, rules } = this.#parts;
    try {
      return await store.add(share, { max: rules.maxPerUser, now });
    } catch (error) {
      if ((await store.find(share.digest)) === undefined) {
        throw error;
      }
      return false;
    }
  }

  /** Those that this sign-in may see: a device password for one folder tells nothing of the others. */
  async #own(): Promise<readonly Share[]> {
    const all = await this.#parts.store.list(ownerKeyOf(this.#user));
    const below = toDrivePath(this.#user.rights.below ?? []);
    return all.filter(({ names }) => isWithin(toDrivePath(names), below));
  }

  #refuseKind(place: SharePlace, { kind: target }: Entry, kind: ShareKind): void {
    if (kind === 'upload' && target === 'file') {
      throw new SharingError('bad-request', 'only a folder can take files');
    }
    if (!this.kindsAt(place, target).includes(kind)) {
      throw new SharingError('forbidden', `you may not share this for ${kind === 'read' ? 'reading' : 'uploads'}`);
    }
  }

  #record(event: 'share-made' | 'share-revoked', { id, kind, names, expires, passwordHash }: NewShare): void {
    const facts = { share: id, kind, path: formatPath(toDrivePath(names)), expires: new Date(expires).toISOString() };
    const detail = { ...facts, password: passwordHash === undefined ? 'no' : 'yes' };
    this.#parts.audit({ event, user: this.#user.name, address: this.#address, detail });
  }
}

export function shareJson(share: Share, rules: CompiledShareRules, now: number): ShareJson {
  const { id, kind, names, target, created, downloads, opened, revoked } = share;
  const most = mostDownloads(share, rules);
  return {
    ...{ id, kind, state: stateOf(share, rules, now), path: names, target },
    ...{ created: toIso(created), expires: toIso(endOf(share, rules)), password: share.passwordHash !== undefined },
    ...(most === undefined ? {} : { maxDownloads: most, downloads }),
    ...(opened === undefined ? {} : { opened: toIso(opened) }),
    ...(revoked === undefined ? {} : { revoked: toIso(revoked) }),
  };
}

/** The URL that people know: of several public ones that of the client's host, then the first; else the client's own. */
function urlOf(token: string, { host, isSecure, prefix }: ReachedBy, publicUrls: readonly string[]): string {
  const urls = publicUrls.map(text => new URL(text));
  const known = urls.find(url => url.host === host) ?? urls[0];
  const own = `${isSecure ? 'https' : 'http'}://${host}/${prefix.map(name => `${encodeURIComponent(name)}/`).join('')}`;
  const base = known === undefined ? own : `${known.origin}${known.pathname.replace(/\/*$/, '/')}`;
  return `${base}-/s/${token}/`;
}

function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
