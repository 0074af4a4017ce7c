import { isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { DownloadUrl } from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { foldName } from '../drive/path.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type ChoiceRules, chooseDownload, type DownloadChoice } from './choose.ts';
import { type DownloadPolicy, type DownloadWay, WAY_TRAITS } from './policy.ts';
import type { ProxyUrlOptions } from './proxy-url.ts';
import { Strikes } from './strikes.ts';
import { LOCATIONS } from './ways/locations.ts';

/** What a host may still serve in an older version. */
const JUST_WRITTEN_MS = 10_000;
const MAX_WRITES = 10_000;

export interface DownloadOptions extends ChoiceRules {
  readonly policyOf: (mount: string) => DownloadPolicy;
  readonly redirectStatus: 302 | 307;
  /** Origin of the operator's that stands in front of OneDrive's content host. */
  readonly customHost: string | undefined;
  /** Undefined when no download proxy is configured; a policy that names it all the same keeps the bytes here. */
  readonly proxy: ProxyUrlOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each file that is sent, with the bytes that it is about. */
  readonly count: (choice: DownloadChoice, bytes: number) => void;
}

/** A client that asks for a file's bytes. */
export interface DownloadAsk {
  readonly user: string;
  readonly userPolicy: DownloadPolicy | undefined;
  readonly userAgent: string;
  /** Of the request, `''` for none: the whole file. */
  readonly range: string;
  readonly names: readonly string[];
  readonly entry: Entry;
  readonly dependsOnOurTags: boolean;
  /** Asked only where it matters: it is a look into the database. */
  readonly isLocked: () => Promise<boolean>;
  /** Hosts by which the client may know us, in small letters and without ports. */
  readonly ourHosts: readonly string[];
  /** The client has reached us over TLS; it is not sent to where there is none. */
  readonly isSecure: boolean;
  /** Absent when the drive has no addresses. `fresh`: the one that it gave before may not work. */
  readonly address: ((options: { fresh: boolean }) => Promise<DownloadUrl | undefined>) | undefined;
}

/** Where a client is to get its bytes from: another URL, or, when there is none, here. */
export interface DownloadRoute extends DownloadChoice {
  readonly location: string | undefined;
}

/**
 * Decides for each download, and remembers what the decisions depend on: fresh writes, and clients that failed. Its
 * memory is process-wide and not shared.
 */
export class Downloads {
  readonly #options: DownloadOptions;
  readonly #strikes: Strikes;
  readonly #writes: LRUCache<string, number>;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#strikes = new Strikes(options.clock);
    this.#writes = new LRUCache({ maxSize: MAX_WRITES, sizeCalculation: () => 1 });
  }

  get redirectStatus(): 302 | 307 {
    return this.#options.redirectStatus;
  }

  /** This server has just stored the entry. */
  written({ id }: Entry): void {
    this.#writes.set(id, this.#options.clock.now());
  }

  /** How the bytes travel. Throws what `address` throws. */
  async route(ask: DownloadAsk): Promise<DownloadRoute> {
    const choice = await this.#choose(ask);
    if (!WAY_TRAITS[choice.way].leadsAway) {
      return { ...choice, location: undefined };
    }
    const location = await this.#locationFor(choice.way, ask);
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
      : { ...choice, location };
  }

  /** For the metrics. */
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
      isJustWritten: clock.now() - (this.#writes.get(ask.entry.id) ?? Number.NEGATIVE_INFINITY) < JUST_WRITTEN_MS,
      hasFailedBefore: goesByClient && this.#strikes.hasFailed(asking(ask)),
      canRedirect: ask.address !== undefined,
    };
    return chooseDownload(facts, this.#options);
  }

  async #locationFor(way: DownloadWay, ask: DownloadAsk): Promise<string | undefined> {
    const { proxy, customHost, clock } = this.#options;
    return LOCATIONS[way]({
      file: ask,
      address: async () => (await ask.address?.({ fresh: this.#strikes.hasComeBack(asking(ask)) }))?.url,
      customHost,
      proxy,
      now: clock.now(),
    });
  }

  /** Only `auto` gives up: who names a policy wants that policy. */
  #isGivenUp({ way, reason }: DownloadChoice, ask: DownloadAsk): boolean {
    if (!this.#strikes.redirected(asking(ask), { keeps: reason !== 'client' })) {
      return false;
    }
    const { user, userAgent } = ask;
    this.#options.log.warn(
      { user, userAgent, way },
      'a client comes back for what it was redirected to; it gets its bytes here for an hour',
    );
    return true;
  }
}

/**
 * Clients in Go (rclone 1.76) send Authorization on to the same host, whatever its port, and to those below it
 * (`net/http`, `shouldCopyHeaderOnRedirect`); a content host refuses that, and has got a password that is not its own.
 */
function isSameSite(location: string, ourHosts: readonly string[]): boolean {
  const host = URL.parse(location)?.hostname ?? '';
  return ourHosts.some(ours => ours !== '' && (host === ours || (isIP(ours) === 0 && host.endsWith(`.${ours}`))));
}

function asking({ user, userAgent, entry, range }: DownloadAsk): { client: string; bytes: string } {
  return { client: JSON.stringify([user, userAgent]), bytes: JSON.stringify([entry.id, range]) };
}
