import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Attempts } from '../auth/attempts.ts';
import type { Audit } from '../auth/audit.ts';
import type { Verdict } from '../auth/door.ts';
import type { User } from '../auth/user.ts';
import type { Drive } from '../drive/drive.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { NoteStore } from '../state/note-store.ts';
import type { Share, ShareStore } from '../state/share-store.ts';
import type { DownloadCounts } from './download-counts.ts';
import { hidingPaths } from './hiding-paths.ts';
import { type ClientOfShare, clientKey, OwnUploads } from './own-uploads.ts';
import { RootedDrive } from './rooted-drive.ts';
import type { CheckSharePassword } from './share-passwords.ts';
import { type CompiledShareRules, mostDownloads, type SharedMount, stateOf } from './share-rules.ts';
import { readToken } from './token.ts';
import { UploadDrive } from './upload-drive.ts';

/** The drives of the shares in use, so that whole answers can be kept for them. */
const MAX_DRIVES = 1_000;

/** What cannot be told now. */
export interface Pending {
  readonly retryAfterSeconds: number;
}

export interface ShareDoorOptions {
  readonly store: ShareStore;
  readonly rules: CompiledShareRules;
  /** Returns the owner of shares with the rights of now; undefined: certainly nobody who may sign in. */
  readonly ownerOf: (owner: string) => User | Pending | undefined;
  /** Returns the mount with a name; undefined: there is certainly none. */
  readonly mountOf: (name: string) => SharedMount | Pending | undefined;
  /** Returns the owner's tree for the use of a share. */
  readonly viewOf: (owner: User, share: string) => Drive;
  readonly checkPassword: CheckSharePassword;
  /** Wrong tokens by address. */
  readonly attempts: Attempts;
  /** Where what visitors have put in is kept. */
  readonly notes: NoteStore;
  readonly counts: DownloadCounts;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** A request that a share lets in. */
export interface ShareVisit {
  readonly share: Share;
  readonly owner: User;
  readonly mount: string;
  /** Its tree has one mount, the token. */
  readonly drive: Drive;
  /** The same, where the share takes uploads. */
  readonly uploads: UploadDrive | undefined;
  /** True when downloads are counted, so that all bytes must pass through this server. */
  readonly isCounted: boolean;
  /** Tells whether the share lets anybody in still, for answers that take long. */
  readonly isOpenStill: () => Promise<boolean>;
}

/** Why a request is refused; `none` is for somebody who has no right token. */
export type ShareRefusal =
  | { readonly refused: 'none' | 'over' | 'closed' }
  | { readonly refused: 'password'; readonly share: string; readonly isMissing: boolean }
  | { readonly refused: 'guessing' | 'busy' | 'pending'; readonly retryAfterSeconds: number };

/** Lets a request in by the token in its URL. Throws the errors of the owner's drive, without the names of places. */
export type EnterShare = (
  token: string,
  request: Pick<IncomingMessage, 'headers' | 'socket' | 'method'>,
  parts: { readonly address: string; readonly signal: AbortSignal },
) => Promise<ShareVisit | ShareRefusal>;

/**
 * Creates the door of shares. Everything is looked up anew for each request: the share, what its owner may do now, what
 * the configuration allows now, and what is at its place now. A right token is never kept waiting for somebody's
 * guesses. That a share is over is told only to those who have its token; why it is closed, to nobody.
 */
export function createShareDoor(options: ShareDoorOptions): EnterShare {
  const drives = new LRUCache<string, { readonly inner: Drive; readonly drive: Drive }>({ max: MAX_DRIVES });
  return async (token, request, { address, signal }) => {
    const digest = readToken(token);
    const share = digest === undefined ? undefined : await options.store.find(digest);
    if (share === undefined) {
      return refuseUnknown(address, options);
    }
    const client = { address, userAgent: request.headers['user-agent'] ?? '' };
    const refusal = await refuseByState(share, client, options);
    if (refusal !== undefined) {
      return refusal;
    }
    const found = findOwner(share, options);
    if ('refused' in found) {
      return found.refused === 'closed' ? refuse(share, address, { reason: 'closed', ...options }) : found;
    }
    const wrong =
      share.passwordHash === undefined ? undefined : await askPassword(share, request, { address, options });
    if (wrong !== undefined) {
      return wrong;
    }
    const inner = options.viewOf(found.owner, share.id);
    if (!(await isInPlace(share, inner, signal))) {
      return refuse(share, address, { reason: 'closed', ...options });
    }
    await noteOpened(share, found.owner, { address, ...options });
    const isOpenStill = () => mayGoOn(share, options);
    return { share, ...found, ...treeOf(share, { inner, token, client, drives, options }), isOpenStill };
  };
}

async function refuseUnknown(address: string, { attempts, audit }: ShareDoorOptions): Promise<ShareRefusal> {
  const retryAfterSeconds = attempts.waitSeconds(address);
  if (retryAfterSeconds === 0) {
    await attempts.failed(address);
  }
  const reason = retryAfterSeconds === 0 ? 'unknown token' : 'too many unknown tokens';
  audit({ event: 'share-refused', user: 'share', address, detail: { reason } });
  return retryAfterSeconds === 0 ? { refused: 'none' } : { refused: 'guessing', retryAfterSeconds };
}

/** A client that has begun a download, such as of a film, may go on with it after the last one was counted. */
async function refuseByState(
  share: Share,
  client: ClientOfShare,
  options: ShareDoorOptions,
): Promise<ShareRefusal | undefined> {
  const state = stateOf(share, options.rules, options.clock.now());
  if (state === 'open' || (state === 'exhausted' && (await options.counts.hasBegun(share.id, client)))) {
    return undefined;
  }
  return refuse(share, client.address, { reason: state, ...options });
}

function refuse(
  { id }: Share,
  address: string,
  { reason, audit }: { readonly reason: string; readonly audit: Audit },
): ShareRefusal {
  audit({ event: 'share-refused', user: `share:${id}`, address, detail: { reason } });
  return { refused: reason === 'closed' ? 'closed' : 'over' };
}

/** Finds the owner and the mount, if both may be shared still. */
function findOwner(
  share: Share,
  { rules, ownerOf, mountOf }: ShareDoorOptions,
): { readonly owner: User; readonly mount: string } | ShareRefusal {
  const owner = ownerOf(share.owner);
  const mount = mountOf(share.names[0]!);
  for (const each of [owner, mount]) {
    if (each !== undefined && 'retryAfterSeconds' in each) {
      return { refused: 'pending', retryAfterSeconds: each.retryAfterSeconds };
    }
  }
  const known = owner as User | undefined;
  const shared = mount as SharedMount | undefined;
  const isAllowed =
    known !== undefined &&
    shared !== undefined &&
    rules.kinds.includes(share.kind) &&
    rules.allows(known, shared) &&
    (share.passwordHash !== undefined || !rules.requirePassword);
  return isAllowed ? { owner: known, mount: shared.name } : { refused: 'closed' };
}

/** What was counted may go on after the last download; what cannot be told now ends nothing. */
async function mayGoOn({ digest }: Share, options: ShareDoorOptions): Promise<boolean> {
  const share = await options.store.find(digest);
  const state = share === undefined ? 'ended' : stateOf(share, options.rules, options.clock.now());
  if (share === undefined || (state !== 'open' && state !== 'exhausted')) {
    return false;
  }
  const found = findOwner(share, options);
  return !('refused' in found) || found.refused === 'pending';
}

async function askPassword(
  share: Share,
  request: Pick<IncomingMessage, 'headers' | 'socket' | 'method'>,
  { address, options }: { readonly address: string; readonly options: ShareDoorOptions },
): Promise<ShareRefusal | undefined> {
  const verdict: Verdict = await options.checkPassword(share, request, address);
  if ('user' in verdict) {
    return undefined;
  }
  if ('retryAfterSeconds' in verdict) {
    const { retryAfterSeconds } = verdict;
    return { refused: verdict.refused === 'blocked' ? 'guessing' : 'busy', retryAfterSeconds };
  }
  return { refused: 'password', share: share.id, isMissing: verdict.refused === 'missing' };
}

/**
 * Returns false when the place does not hold what was shared: the owner may not see it any more, it is another drive, or
 * another folder has its name. A file may be replaced by its next version.
 */
async function isInPlace(share: Share, inner: Drive, signal: AbortSignal): Promise<boolean> {
  const at = toDrivePath(share.names);
  return hidingPaths(async () => {
    await inner.prepare(at, { signal });
    if (inner.canonicalPath(at)[0] !== share.scope || (share.kind === 'upload' && inner.access(at) !== 'write')) {
      return false;
    }
    const { kind, id } = await inner.stat(at, { signal });
    return kind === share.target && (kind === 'file' || id === share.itemId);
  });
}

async function noteOpened(
  { id, opened, names }: Share,
  { name }: User,
  { address, store, audit, clock }: { readonly address: string } & ShareDoorOptions,
): Promise<void> {
  if (opened === undefined && (await store.noteOpened(id, clock.now()))) {
    audit({
      event: 'share-opened',
      user: `share:${id}`,
      address,
      detail: { owner: name, path: `/${names.join('/')}` },
    });
  }
}

interface TreeParts {
  readonly inner: Drive;
  readonly token: string;
  readonly client: ClientOfShare;
  readonly drives: LRUCache<string, { readonly inner: Drive; readonly drive: Drive }>;
  readonly options: ShareDoorOptions;
}

function treeOf(
  share: Share,
  { inner, token, client, drives, options }: TreeParts,
): Pick<ShareVisit, 'drive' | 'uploads' | 'isCounted'> {
  const { id, kind, scope, target, created } = share;
  const at: DrivePath = toDrivePath(share.names);
  const since = new Date(created);
  const rooted = { inner, root: token, at, scope, target, mayWrite: kind === 'upload', since };
  if (kind === 'upload') {
    const own = new OwnUploads(clientKey(id, client), options);
    const uploads = new UploadDrive({ inner: new RootedDrive(rooted), own, root: token, name: at.at(-1)!, since });
    return { drive: uploads, uploads, isCounted: false };
  }
  const most = mostDownloads(share, options.rules);
  if (most !== undefined) {
    const counter = options.counts.forRequest(id, most, client);
    return { drive: new RootedDrive({ ...rooted, counter }), uploads: undefined, isCounted: true };
  }
  const known = drives.get(id);
  const drive = known?.inner === inner ? known.drive : new RootedDrive(rooted);
  drives.set(id, { inner, drive });
  return { drive, uploads: undefined, isCounted: false };
}
