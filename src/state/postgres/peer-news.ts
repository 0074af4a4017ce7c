import type { Log } from '../../lib/log.ts';
import type { PeerMessages, Peers, PeerTopic } from '../peers.ts';

type Handler = (message: PeerMessages[PeerTopic]) => void;

/** Those within this server who are to hear what the others tell. */
export class PeerNews implements Pick<Peers, 'on' | 'onGap'> {
  readonly #log: Log;
  readonly #handlers = new Map<PeerTopic, Set<Handler>>();
  readonly #gaps = new Set<() => void>();

  constructor(log: Log) {
    this.#log = log;
  }

  on<T extends PeerTopic>(topic: T, handle: (message: PeerMessages[T]) => void): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers);
    handlers.add(handle as Handler);
    return () => void handlers.delete(handle as Handler);
  }

  onGap(forget: () => void): () => void {
    this.#gaps.add(forget);
    return () => void this.#gaps.delete(forget);
  }

  /** What somebody cannot take in is as if it had been missed. */
  pass(topic: PeerTopic, message: PeerMessages[PeerTopic]): void {
    try {
      for (const handle of this.#handlers.get(topic) ?? []) {
        handle(message);
      }
    } catch (error) {
      this.#log.error({ err: error, topic }, 'could not take in what another server has told');
      this.gap();
    }
  }

  gap(): void {
    for (const forget of this.#gaps) {
      forget();
    }
  }
}
