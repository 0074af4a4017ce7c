import { randomBytes } from 'node:crypto';
import type { KnownPerson } from './people-store.ts';
import { createDigest, KEY_BYTES } from './sealing.ts';

/** What servers tell each other; a topic without a line here does not compile. */
export interface PeerMessages {
  /** Something was written in a drive, or may have been: what is at the path, from its root, and below it is not known. */
  readonly drive: { readonly driveId: string; readonly path: readonly string[] };
  /** A lock was taken, at the place with the `key`, or changed. */
  readonly lock: { readonly token: string; readonly key?: string };
  /** Locks have ended. */
  readonly unlock: { readonly tokens: readonly string[] };
  /** A change under way has ended. */
  readonly claim: { readonly id: string };
  /** A dead property in the scope was changed. */
  readonly properties: { readonly scope: string };
  /** A device password, a session or a share is not as it was. */
  readonly access: { readonly kind: 'device-password' | 'session' | 'share' };
  /**
   * The directory was asked about one person; null: there is no such user. `key` is that of `PeopleLook`, and
   * `tenantId` as well.
   */
  readonly person: {
    readonly tenantId: string;
    readonly key: string;
    readonly userId: string;
    readonly known: KnownPerson | null;
  };
  /** Microsoft asks an application in a tenant for silence, at one of its gates; see `TenantFences`. */
  readonly silence: { readonly application: string; readonly gate: string; readonly seconds: number };
  /** A wrong password, or a right one, from a source, by its digest; see `Attempts`. */
  readonly guess: { readonly gate: string; readonly source: string; readonly event: 'failed' | 'undo' | 'succeeded' };
  /** A client was redirected for a download; see `Strikes`. */
  readonly redirect: { readonly client: string; readonly asking: string; readonly keeps: boolean };
  /** An entry was stored: content hosts may serve an older version for a moment. */
  readonly stored: { readonly id: string };
  /** Graph has told one server of a change that another one has asked to be told of. */
  readonly notification: { readonly subscriptionId: string };
  /** Lines were added to what is known of a drive's feed. */
  readonly feed: { readonly driveId: string };
}

export type PeerTopic = keyof PeerMessages;

/** A server that shares the state, as it is shown to operators. */
export interface PeerInfo {
  readonly name: string;
  readonly isSelf: boolean;
}

/**
 * The other servers that share this state (docs/decisions/0036). Whatever a server remembers of the state or of a drive,
 * it may use only while `isCurrent`; it must drop it when a message says so, and at a gap. In exchange, whoever changes
 * something `tell`s the others before he answers his client.
 */
export interface Peers {
  /** Names this server in the state. Another one from the moment in which its lease was lost. */
  readonly id: string;
  /** Returns a secret that the servers of this state have in common, another one for each purpose. */
  secretFor(purpose: string): string;
  /** Returns true while no other server can have finished a change that this one was not told of. */
  isCurrent(): boolean;
  /** Returns true while the others count this server, by its `id`, among the living: its claims hold. */
  hasLease(): boolean;
  /**
   * Tells the others. Resolves when each of them has handled the message, or cannot use what it remembers any more.
   * Never rejects.
   */
  tell<T extends PeerTopic>(topic: T, message: PeerMessages[T]): Promise<void>;
  /** Calls `handle` with what others tell. Returns a function that ends this. */
  on<T extends PeerTopic>(topic: T, handle: (message: PeerMessages[T]) => void): () => void;
  /** Calls `forget` when messages may have been lost. Returns a function that ends this. */
  onGap(forget: () => void): () => void;
  /** Returns the servers that are alive, this one among them. */
  list(): readonly PeerInfo[];
}

const NOTHING = () => {};

/** Nobody else has the state: everything is known here, and nobody is to be told. */
export const NO_PEERS: Peers = {
  id: '',
  secretFor: createDigest(randomBytes(KEY_BYTES)),
  isCurrent: () => true,
  hasLease: () => true,
  tell: async () => {},
  on: () => NOTHING,
  onGap: () => NOTHING,
  list: () => [],
};
