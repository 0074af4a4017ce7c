import type { Entry } from '../drive/entry.ts';
import { type ClientRule, UNKNOWN_CLIENT } from './clients.ts';
import { type DownloadPolicy, type DownloadWay, WAY_TRAITS } from './policy.ts';

/** Everything that the choice depends on. */
export interface DownloadFacts {
  /** Of the mount. */
  readonly policy: DownloadPolicy;
  /** The user is held to a stricter policy than the mount's. */
  readonly userPolicy: DownloadPolicy | undefined;
  readonly userAgent: string;
  readonly entry: Entry;
  /**
   * If-Match, If-Range or a date: the content host's tags and dates are not ours, so only we can keep such a promise.
   */
  readonly dependsOnOurTags: boolean;
  /** Somebody has the entry locked, and will want to read what has just been written. */
  readonly isLocked: boolean;
  /** This server has written the entry a moment ago. */
  readonly isJustWritten: boolean;
  /** The client has come back for what it was redirected to, again and again. */
  readonly hasFailedBefore: boolean;
  /** The drive has addresses to redirect to. */
  readonly canRedirect: boolean;
}

export interface ChoiceRules {
  /** In this order; the first that matches the User-Agent counts. */
  readonly clients: readonly ClientRule[];
  /** Below this a second TLS handshake costs more than the bytes. */
  readonly minRedirectBytes: number;
}

export interface DownloadChoice {
  readonly way: DownloadWay;
  /** A few words for the log and the metrics: one of a fixed set, and the operator can look it up in the README. */
  readonly reason: string;
}

/** How this file's bytes reach this client, and why. Pure. */
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
 * Of two that lead the same way the one that goes by the client: whoever holds to `auto` is watched for coming back.
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
    [facts.hasFailedBefore, 'failed-before'],
    [facts.isLocked, 'locked'],
    [facts.isJustWritten, 'just-written'],
    [(facts.entry.size ?? minRedirectBytes) < minRedirectBytes, 'small'],
  ].find(([applies]) => applies)?.[1] as string | undefined;
  return caution === undefined ? { way, reason: 'client' } : { way: 'proxy', reason: caution };
}

/** Where a redirect would be wrong, whoever asked for it. */
function objectionTo(facts: DownloadFacts): string | undefined {
  if (facts.entry.size === 0) {
    return 'empty';
  }
  if (!facts.canRedirect) {
    return 'no-address';
  }
  return facts.dependsOnOurTags ? 'depends-on-tags' : undefined;
}
