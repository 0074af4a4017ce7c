import { type DriveChange, isLinkLost, latestDelta, packChanges, unpackChanges } from '../graph/delta.ts';
import type { Graph } from '../graph/graph.ts';
import type { FeedPosition, FeedStore, FeedTurn } from '../state/feed-store.ts';
import type { Peers } from '../state/peers.ts';
import { type FeedReader, type FeedSource, isFeedLost, readFeed } from './feed-source.ts';

/** A look of another server counts while it is younger than this part of the interval. */
const ENOUGH = 0.75;
/** A server that has taken its turn and says nothing loses it. */
const TURN_MS = 60_000;
/** While another one has the turn, the state is asked so often at the latest. */
const ASK_AGAIN_MS = 1_000;

interface SharedFeedOptions {
  readonly graph: Graph;
  readonly driveId: string;
  readonly pollMs: number;
  readonly store: FeedStore;
  readonly peers: Peers;
}

/**
 * The feed that all servers on one state read together: the one whose turn it is reads it at Microsoft and keeps what it
 * has read in the state, the others take it from there. So a drive costs one look in an interval, whatever the number of
 * servers.
 */
export class SharedFeedSource implements FeedSource {
  readonly #options: SharedFeedOptions;
  #position: FeedPosition | undefined;
  /** Nothing from before counts, even if the position fits. */
  #isForgotten = false;

  constructor(options: SharedFeedOptions) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#position !== undefined && !this.#isForgotten;
  }

  forget(): void {
    this.#isForgotten = true;
  }

  async read(reader: FeedReader, options: { readonly isTold: boolean; readonly signal: AbortSignal }): Promise<number> {
    const { store, driveId, pollMs, graph } = this.#options;
    for (;;) {
      options.signal.throwIfAborted();
      const { ageMs } = await this.#takeNews(reader);
      if (!options.isTold && ageMs < ENOUGH * pollMs) {
        return graph.clock.now() - ageMs;
      }
      // Before the question for the turn: its holder may finish right after it.
      using news = this.#listenToNews();
      const turn = await store.takeTurn(driveId, TURN_MS);
      if (turn === undefined) {
        await news.next(options.signal);
      } else if (!options.isTold && turn.ageMs < ENOUGH * pollMs) {
        // Another one has finished in between.
        await turn.giveUp({ isLost: false });
      } else if (await this.#look(turn, options.signal)) {
        return graph.clock.now() - (await this.#takeNews(reader)).ageMs;
      }
    }
  }

  /** Takes over what the state has got since the last time. */
  async #takeNews(reader: FeedReader): Promise<{ readonly ageMs: number }> {
    const news = await this.#options.store.news(this.#options.driveId, this.#position);
    const mustForget = news.isAnew || this.#isForgotten;
    this.#position = news.position;
    // If a line cannot be applied, it is as if it had been missed.
    this.#isForgotten = true;
    if (!mustForget) {
      for (const line of news.lines) {
        reader.apply(unpackChanges(line));
      }
    } else if (news.position !== undefined) {
      reader.begins();
    }
    this.#isForgotten = mustForget && news.position === undefined;
    return news;
  }

  /** Reads the feed at Microsoft for all. Returns false when the turn was over before the end. */
  async #look(turn: FeedTurn, signal: AbortSignal): Promise<boolean> {
    const { driveId, peers } = this.#options;
    try {
      const finished = await (turn.link === undefined
        ? this.#begin(turn, signal)
        : this.#goOn(turn, turn.link, signal));
      if (finished !== undefined) {
        void peers.tell('feed', { driveId });
      }
      return finished !== undefined;
    } catch (error) {
      // What cannot be read from this link is read from a new one.
      await turn.giveUp({ isLost: isFeedLost(error) }).catch(() => {});
      throw error;
    }
  }

  async #goOn(turn: FeedTurn, link: { url: string; ageMs: number }, signal: AbortSignal) {
    const { graph } = this.#options;
    const began = graph.clock.now();
    const lines: string[] = [];
    const onPage = (changes: readonly DriveChange[]) => void lines.push(packChanges(changes));
    try {
      const url = await readFeed(graph, { url: link.url, since: began - link.ageMs }, { onPage, signal });
      const next = url === undefined ? undefined : { url };
      return await turn.finish({ link: next, lines, isAnew: false, beganMs: graph.clock.now() - began });
    } catch (error) {
      if (!isLinkLost(error)) {
        throw error;
      }
      return this.#begin(turn, signal);
    }
  }

  async #begin(turn: FeedTurn, signal: AbortSignal) {
    const { graph, driveId } = this.#options;
    const began = graph.clock.now();
    const url = await latestDelta(graph.call, driveId, signal);
    return turn.finish({ link: { url }, lines: [], isAnew: true, beganMs: graph.clock.now() - began });
  }

  /** Its `next` resolves when another server has read the feed since this call, or after a moment. */
  #listenToNews(): Disposable & { next(signal: AbortSignal): Promise<void> } {
    const { peers, driveId, graph } = this.#options;
    const told = new AbortController();
    const end = peers.on('feed', message => {
      if (message.driveId === driveId) {
        told.abort();
      }
    });
    return {
      next: signal => graph.clock.sleep(ASK_AGAIN_MS, AbortSignal.any([signal, told.signal])).catch(() => {}),
      [Symbol.dispose]: end,
    };
  }
}
