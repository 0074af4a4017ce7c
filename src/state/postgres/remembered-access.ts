import { LRUCache } from 'lru-cache';
import { atMost } from '../../lib/at-most.ts';
import type { DevicePasswordStore } from '../device-password-store.ts';
import type { PeerMessages, Peers } from '../peers.ts';
import type { SessionStore } from '../session-store.ts';
import type { ShareStore } from '../share-store.ts';

type Kind = PeerMessages['access']['kind'];

/** Each request looks one of them up; of more than so many in use, the longest unseen ones are asked for again. */
const MAX_REMEMBERED = 10_000;

/** What lets people in, by its digest, so that not each of their requests needs a query. */
class AccessMemory<T extends object> {
  readonly #kind: Kind;
  readonly #peers: Peers;
  readonly #found = new LRUCache<string, T>(atMost(MAX_REMEMBERED));
  /** Grows with each change, so that what was asked for before it is not kept. */
  #changes = 0;

  constructor(kind: Kind, peers: Peers) {
    this.#kind = kind;
    this.#peers = peers;
    peers.on('access', message => message.kind === kind && this.#forget());
    peers.onGap(() => this.#forget());
  }

  /** What is not found is asked for each time: it may be a guess. */
  async find(digest: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const known = this.#peers.isCurrent() ? this.#found.get(digest) : undefined;
    if (known !== undefined) {
      return known;
    }
    const before = this.#changes;
    const found = await ask();
    if (found !== undefined && before === this.#changes) {
      this.#found.set(digest, found);
    }
    return found;
  }

  /** Makes a change, after which nobody believes what they know. */
  async changing<R>(change: () => Promise<R>): Promise<R> {
    try {
      return await change();
    } finally {
      this.#forget();
      await this.#peers.tell('access', { kind: this.#kind });
    }
  }

  /** Takes over what has changed and lets nobody in or out. */
  update(change: (value: T) => T): void {
    for (const [digest, value] of [...this.#found.entries()]) {
      this.#found.set(digest, change(value));
    }
  }

  #forget(): void {
    this.#changes += 1;
    this.#found.clear();
  }
}

/** A password that is found may lack a use at another server. */
export function withDevicePasswordMemory(store: DevicePasswordStore, peers: Peers): DevicePasswordStore {
  const memory = new AccessMemory<NonNullable<Awaited<ReturnType<DevicePasswordStore['find']>>>>(
    'device-password',
    peers,
  );
  return {
    ...store,
    find: digest => memory.find(digest, () => store.find(digest)),
    used: async (id, use) => {
      const isNew = await store.used(id, use);
      memory.update(each => (each.id === id ? { ...each, lastUse: use } : each));
      return isNew;
    },
    remove: (userId, id) => memory.changing(() => store.remove(userId, id)),
    removeAll: userId => memory.changing(() => store.removeAll(userId)),
  };
}

export function withSessionMemory(store: SessionStore, peers: Peers): SessionStore {
  const memory = new AccessMemory<NonNullable<Awaited<ReturnType<SessionStore['find']>>>>('session', peers);
  return {
    ...store,
    find: async (digest, now) => {
      const found = await memory.find(digest, () => store.find(digest, now));
      return found !== undefined && found.expires > now ? found : undefined;
    },
    rotate: (digest, next) => memory.changing(() => store.rotate(digest, next)),
    remove: digest => memory.changing(() => store.remove(digest)),
    removeAll: userId => memory.changing(() => store.removeAll(userId)),
  };
}

/** Counts of downloads are asked for where they decide. */
export function withShareMemory(store: ShareStore, peers: Peers): ShareStore {
  const memory = new AccessMemory<NonNullable<Awaited<ReturnType<ShareStore['find']>>>>('share', peers);
  return {
    ...store,
    find: digest => memory.find(digest, () => store.find(digest)),
    countDownload: async (...counted) => {
      let isSame = false;
      try {
        const outcome = await store.countDownload(...counted);
        // Parts of a download are many, and change nothing.
        isSame = outcome !== 'counted';
        return outcome;
      } finally {
        if (!isSame) {
          await memory.changing(async () => {});
        }
      }
    },
    uncountDownload: (...counted) => memory.changing(() => store.uncountDownload(...counted)),
    noteOpened: async (id, at) => {
      const isFirst = await store.noteOpened(id, at);
      return isFirst ? memory.changing(async () => true) : false;
    },
    revoke: (id, by) => memory.changing(() => store.revoke(id, by)),
  };
}
