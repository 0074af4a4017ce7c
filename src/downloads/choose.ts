import type { Entry } from '../drive/entry.ts';
import { type ClientRule, UNKNOWN_CLIENT } from './clients.ts';
import { type DownloadPolicy, type DownloadWay, WAY_TRAITS } from './policy.ts';

/** All inputs of the choice. */
export interface DownloadFacts {
  /** The mount's policy. */
  readonly policy: DownloadPolicy;
  /** A stricter policy for this user. */
  readonly userPolicy: DownloadPolicy | undefined;
  readonly userAgent: string;
  readonly entry: Entry;
  /** If-Match, If-Range or a date: the content host's tags and dates differ from ours, so only we can honour them. */
  readonly dependsOnOurTags: boolean;
  /** A script of a page on another origin asks (Fetch standard: the header Origin). */
  readonly isFromOtherOrigin: boolean;
  /** The entry is locked, and the holder will want to read recent writes. */
  readonly isLocked: boolean;
  /** This server wrote the entry a moment ago. */
  readonly isJustWritten: boolean;
  /** The client has repeatedly come back for redirected files. */
  readonly hasFailedBefore: boolean;
  /** The drive has addresses to redirect to. */
  readonly canRedirect: boolean;
}

export interface ChoiceRules {
  /** In order; the first that matches the User-Agent counts. */
  readonly clients: readonly ClientRule[];
  /** Below this size a second TLS handshake costs more than the bytes. */
  readonly minRedirectBytes: number;
}

export interface DownloadChoice {
  readonly way: DownloadWay;
  /** A short reason for the log and the metrics, from a fixed set that the README explains. */
  readonly reason: string;
}

/** Chooses how this file's bytes reach this client, and why. Pure. */
export function chooseDownload(facts: DownloadFacts, rules: ChoiceRules): DownloadChoice {
  const wanted = stricter(wayOf(facts.policy, facts, rules), facts.userPolicy && wayOf(facts.userPolicy, facts, rules));
  if (!WAY_TRAITS[wanted.way].leadsAway) {
    return wanted;
  }
  const objection = objectionTo(facts);
  return objection === undefined ? wanted : { way: 'proxy', reason: objection };
}

function wayOf(policy: DownloadPolicy, facts: DownloadFacts, rules: ChoiceRules): DownloadChoice {
  return policy === 'auto' ? chooseByClient(facts, rules) : { way: policy, reason: 'policy' };
}

/**
 * Returns the stricter choice. Of two with the same way, the one made by client counts: clients under `auto` are
 * watched for coming back.
 */
function stricter(mount: DownloadChoice, user: DownloadChoice | undefined): DownloadChoice {
  const lead = user === undefined ? -1 : WAY_TRAITS[user.way].strictness - WAY_TRAITS[mount.way].strictness;
  const isWatched = user?.reason === 'client' && WAY_TRAITS[user.way].leadsAway;
  if (user === undefined || lead < 0 || (lead === 0 && !isWatched)) {
    return mount;
  }
  return { way: user.way, reason: user.reason === 'policy' ? 'user' : user.reason };
}

function chooseByClient(facts: DownloadFacts, { clients, minRedirectBytes }: ChoiceRules): DownloadChoice {
  const rule = clients.find(({ userAgent }) => userAgent.test(facts.userAgent));
  const way = rule?.way ?? UNKNOWN_CLIENT.way;
  if (!WAY_TRAITS[way].leadsAway) {
    return { way, reason: rule === undefined ? 'unknown-client' : 'client' };
  }
  const caution = [
    [facts.isFromOtherOrigin, 'other-origin'],
    [facts.hasFailedBefore, 'failed-before'],
    [facts.isLocked, 'locked'],
    [facts.isJustWritten, 'just-written'],
    [(facts.entry.size ?? minRedirectBytes) < minRedirectBytes, 'small'],
  ].find(([applies]) => applies)?.[1] as string | undefined;
  return caution === undefined ? { way, reason: 'client' } : { way: 'proxy', reason: caution };
}

/** Returns why a redirect would be wrong under any policy, or undefined. */
function objectionTo(facts: DownloadFacts): string | undefined {
  if (facts.entry.size === 0) {
    return 'empty';
  }
  if (!facts.canRedirect) {
    return 'no-address';
  }
  return facts.dependsOnOurTags ? 'depends-on-tags' : undefined;
}

/** Returns the facts of a request that only the client decides. */
export function largeFile(userAgent: string): DownloadFacts {
  const entry = { kind: 'file', name: '', id: '', etag: '', size: Number.MAX_SAFE_INTEGER } as const;
  return {
    policy: 'auto',
    userPolicy: undefined,
    userAgent,
    entry: { ...entry, created: new Date(0), modified: new Date(0) },
    dependsOnOurTags: false,
    isFromOtherOrigin: false,
    isLocked: false,
    isJustWritten: false,
    hasFailedBefore: false,
    canRedirect: true,
  };
}
