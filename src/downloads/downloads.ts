import { isIP } from 'node:net';
import type { DownloadUrl } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { foldName } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type ChoiceRules, chooseDownload, type DownloadChoice, largeFile } from './choose.ts';
import { DownloadMemory } from './download-memory.ts';
import { type DownloadPolicy, type DownloadWay, WAY_TRAITS } from './policy.ts';
import type { ProxyUrlOptions } from './proxy-url.ts';
import { LOCATIONS } from './ways/locations.ts';

/** How long a host may still serve an older version. */
const JUST_WRITTEN_MS = 10_000;

export interface DownloadOptions extends ChoiceRules {
  readonly policyOf: (mount: string) => DownloadPolicy;
  readonly redirectStatus: 302 | 307;
  /** The operator's origin in front of OneDrive's content host. */
  readonly customHost: string | undefined;
  /**
   * Undefined when no download proxy is configured; then a policy that names it sends the bytes through this server.
   */
  readonly proxy: ProxyUrlOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** What is remembered of clients and files. Absent: nothing yet. */
  readonly memory?: DownloadMemory;
  /** Called for each file sent, with its bytes. */
  readonly count: (choice: DownloadChoice, bytes: number) => void;
}

/** A client's request for a file's bytes. */
export interface DownloadAsk {
  readonly user: string;
  readonly userPolicy: DownloadPolicy | undefined;
  readonly userAgent: string;
  /** The request's Range header; `''` for the whole file. */
  readonly range: string;
  /** Of the whole tree, the mount's first. */
  readonly names: readonly string[];
  /** As in `DownloadFacts`. */
  readonly hidesPlace?: boolean;
  readonly entry: Entry;
  readonly dependsOnOurTags: boolean;
  /** As in `DownloadFacts`. */
  readonly isFromOtherOrigin: boolean;
  /** Called only where it matters, since it queries the database. */
  readonly isLocked: () => Promise<boolean>;
  /** Our host names as the client may know them, in lower case and without ports. */
  readonly ourHosts: readonly string[];
  /** The client has reached us over TLS; it is not redirected to plain HTTP. */
  readonly isSecure: boolean;
  /** Absent when the drive has no addresses. `fresh`: the last one may not work. */
  readonly address: ((options: { fresh: boolean }) => Promise<DownloadUrl | undefined>) | undefined;
}

/** Where a client gets its bytes: from another URL, or from this server when there is none. */
export interface DownloadRoute extends DownloadChoice {
  readonly location: string | undefined;
  /**
   * Sends an equal request there again, as long as the address and the file stay the same: notes it, or returns false
   * when the client must be decided anew. Absent where each answer is another one.
   */
  readonly again?: (() => boolean) | undefined;
}

/** Decides for each download. */
export class Downloads {
  readonly #options: DownloadOptions;
  readonly #memory: DownloadMemory;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#memory = options.memory ?? new DownloadMemory(options.clock);
  }

  get redirectStatus(): 302 | 307 {
    return this.#options.redirectStatus;
  }

  /** Notes that this server has just stored the entry. */
  written({ id }: Entry): void {
    this.#memory.stored(id);
  }

  /** Decides how the bytes travel. Throws the errors of `address`. */
  async route(ask: DownloadAsk): Promise<DownloadRoute> {
    const choice = await this.#choose(ask);
    if (!WAY_TRAITS[choice.way].leadsAway) {
      return { ...choice, location: undefined };
    }
    const hasComeBack = this.#memory.strikes.hasComeBack(asking(ask));
    const location = await this.#locationFor(choice.way, ask, hasComeBack);
    if (location === undefined) {
      return { way: 'proxy', reason: 'no-address', location };
    }
    if (ask.isSecure && !/^https:/i.test(location)) {
      return { way: 'proxy', reason: 'would-leave-tls', location: undefined };
    }
    if (choice.reason === 'client' && isSameSite(location, ask.ourHosts)) {
      return { way: 'proxy', reason: 'same-site', location: undefined };
    }
    return this.#isGivenUp(choice, ask)
      ? { way: 'proxy', reason: 'failed-before', location: undefined }
      : { ...choice, location, again: this.#againOf(choice, ask, hasComeBack) };
  }

  /**
   * Returns true when the bytes of large files may travel between a client and OneDrive without this server, by the
   * policies of its mount and user. An operator with a host of his own in front of OneDrive has only that one opened.
   */
  leadsAway({ names, ...client }: Pick<DownloadAsk, 'userPolicy' | 'userAgent' | 'names'>): boolean {
    const policy = this.#options.policyOf(foldName(names[0] ?? ''));
    const { way } = chooseDownload({ ...largeFile(client.userAgent), ...client, policy }, this.#options);
    return way === 'redirect' && this.#options.customHost === undefined;
  }

  /** Counts a download for the metrics. */
  sent(choice: DownloadChoice, bytes: number): void {
    this.#options.count({ way: choice.way, reason: choice.reason }, bytes);
  }

  async #choose(ask: DownloadAsk): Promise<DownloadChoice> {
    const { policyOf, clock } = this.#options;
    const policy = policyOf(foldName(ask.names[0] ?? ''));
    const goesByClient = policy === 'auto' || ask.userPolicy === 'auto';
    const facts = {
      ...ask,
      policy,
      isLocked: goesByClient && (await ask.isLocked()),
      isJustWritten: clock.now() - (this.#memory.storedAt(ask.entry.id) ?? Number.NEGATIVE_INFINITY) < JUST_WRITTEN_MS,
      hasFailedBefore: goesByClient && this.#memory.strikes.hasFailed(asking(ask)),
      canRedirect: ask.address !== undefined,
    };
    return chooseDownload(facts, this.#options);
  }

  async #locationFor(way: DownloadWay, ask: DownloadAsk, fresh: boolean): Promise<string | undefined> {
    const { proxy, customHost, clock } = this.#options;
    return LOCATIONS[way]({
      file: ask,
      address: async () => (await ask.address?.({ fresh }))?.url,
      customHost,
      proxy,
      now: clock.now(),
    });
  }

  /** A client that comes back needs a fresh address, or loses its redirects. An address at a proxy has a time in it. */
  #againOf({ way, reason }: DownloadChoice, ask: DownloadAsk, hasComeBack: boolean): DownloadRoute['again'] {
    const isWatched = reason === 'client';
    const asked = asking(ask);
    const isRight = () =>
      isWatched
        ? !this.#memory.strikes.hasFailed(asked) && !this.#memory.strikes.hasComeBack(asked)
        : hasComeBack || !this.#memory.strikes.hasComeBack(asked);
    const again = () => {
      if (!isRight()) {
        return false;
      }
      this.#memory.strikes.redirected(asked, { keeps: !isWatched });
      return true;
    };
    return way === 'redirect' ? again : undefined;
  }

  /** Returns true when redirects are given up for a client. Only `auto` gives up: an explicit policy stays. */
  #isGivenUp({ way, reason }: DownloadChoice, ask: DownloadAsk): boolean {
    if (!this.#memory.strikes.redirected(asking(ask), { keeps: reason !== 'client' })) {
      return false;
    }
    const { user, userAgent } = ask;
    this.#options.log.warn(
      { user, userAgent, way },
      'a client keeps coming back for redirected files; this server sends it the bytes for an hour',
    );
    return true;
  }
}

/**
 * Returns true when clients in Go (rclone 1.76) would forward Authorization: to the same host on any port, and to its
 * subdomains (`net/http`, `shouldCopyHeaderOnRedirect`). A content host refuses that, and would have received a
 * password not meant for it.
 */
function isSameSite(location: string, ourHosts: readonly string[]): boolean {
  const host = URL.parse(location)?.hostname ?? '';
  return ourHosts.some(ours => ours !== '' && (host === ours || (isIP(ours) === 0 && host.endsWith(`.${ours}`))));
}

function asking({ user, userAgent, entry, range }: DownloadAsk): { client: string; bytes: string } {
  return { client: JSON.stringify([user, userAgent]), bytes: JSON.stringify([entry.id, range]) };
}
