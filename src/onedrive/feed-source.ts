import { type DriveChange, isDeltaUnsupported, isLinkLost, latestDelta, readDelta } from '../graph/delta.ts';
import { GraphError, isAbsence, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { KEEP_LINK_MS, MAX_PAGES } from './feed-facts.ts';

/** Takes in what a feed says. */
export interface FeedReader {
  /** The feed covers everything seen from now on, and nothing seen before. */
  begins(): void;
  apply(changes: readonly DriveChange[]): void;
}

/** Where a drive's feed comes from. */
export interface FeedSource {
  /** True when the feed goes on from a link. */
  readonly hasBegun: boolean;
  /**
   * Reads what is new. `isTold`: something has changed just now, so what others have read before does not count. Returns
   * when the look began, in milliseconds since 1970. Throws GraphError.
   */
  read(reader: FeedReader, options: { readonly isTold: boolean; readonly signal: AbortSignal }): Promise<number>;
  /** The link is of no use any more: the feed begins anew. */
  forget(): void;
}

interface Link {
  readonly url: string;
  /** When Graph gave it, in milliseconds since 1970. */
  readonly since: number;
}

/** Reads a feed to its end; calls `onPage` with each page that has changes. */
export async function readFeed(
  graph: Graph,
  from: Link,
  { onPage, signal }: { onPage: (changes: readonly DriveChange[]) => void; signal: AbortSignal },
): Promise<string | undefined> {
  const began = graph.clock.now();
  let { url } = from;
  let count = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { changes, link, isLast } = await readDelta(graph.call, url, signal);
    if (changes.length > 0) {
      onPage(changes);
    }
    count += changes.length;
    url = link;
    if (isLast) {
      return count > 0 || from.since + KEEP_LINK_MS <= began ? url : undefined;
    }
  }
  throw new GraphError('protocol', `Graph gave ${MAX_PAGES} pages of changes of one drive and no end`);
}

/** Returns true when a feed must begin anew after this failure: its link is of no use, or there is none. */
export function isFeedLost(error: unknown): boolean {
  return (isGraphError(error) && isAbsence(error)) || isGraphError(error, 'protocol') || isDeltaUnsupported(error);
}

/** The feed as this server alone reads it. */
export class OwnFeedSource implements FeedSource {
  readonly #graph: Graph;
  readonly #driveId: string;
  #link: Link | undefined;

  constructor({ graph, driveId }: { readonly graph: Graph; readonly driveId: string }) {
    this.#graph = graph;
    this.#driveId = driveId;
  }

  get hasBegun(): boolean {
    return this.#link !== undefined;
  }

  forget(): void {
    this.#link = undefined;
  }

  async read(reader: FeedReader, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    const from = this.#link;
    if (from === undefined) {
      return this.#begin(reader, signal);
    }
    const began = this.#graph.clock.now();
    try {
      const url = await readFeed(this.#graph, from, { onPage: changes => reader.apply(changes), signal });
      this.#link = url === undefined ? from : { url, since: began };
      return began;
    } catch (error) {
      if (!isLinkLost(error)) {
        throw error;
      }
      // Graph has forgotten the link, so the changes since then are lost.
      this.#link = undefined;
      return this.#begin(reader, signal);
    }
  }

  async #begin(reader: FeedReader, signal: AbortSignal): Promise<number> {
    const since = this.#graph.clock.now();
    const url = await latestDelta(this.#graph.call, this.#driveId, signal);
    this.#link = { url, since };
    reader.begins();
    return since;
  }
}
