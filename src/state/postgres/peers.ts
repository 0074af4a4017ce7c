import type { Client, ClientConfig, Notification, QueryResult } from 'pg';
import type { Log } from '../../lib/log.ts';
import type { PeerInfo, PeerMessages, Peers, PeerTopic } from '../peers.ts';
import { createDigest } from '../sealing.ts';
import { Members, memberOf } from './members.ts';
import { connectAgain, openPeerConnection } from './peer-connection.ts';
import { PeerNews } from './peer-news.ts';
import { type Batch, Outbox } from './peer-outbox.ts';
import { PeerSeat } from './peer-seat.ts';
import {
  acknowledgementsOf,
  type Letter,
  letterOf,
  notify,
  ownChannel,
  type WireAcknowledgement,
  type WireMessage,
} from './peer-wire.ts';
import { keyCheckOf, otherKeyIn, type SeenRow } from './server-rows.ts';
import { Tellings } from './tellings.ts';

const DEFAULT_LEASE_MS = 10_000;
/** Parts of the lease: between two heartbeats, and while an acknowledgement is waited for. */
const HEARTBEAT = 0.2;
const IMPATIENT = 0.05;
/**
 * In leases: after so long without the state, every other server has noticed, and has forgotten what it knew. An
 * extension whose answer was lost may have come to the state as late as the end of the lease: then that ends after two.
 */
const FORGOTTEN = 3;
/** A connection that does not answer is replaced before the lease ends. */
const PATIENCE = 0.3;

export interface PostgresPeersOptions {
  readonly connection: ClientConfig;
  /** Shown to operators. */
  readonly name: string;
  /** Of the state: what the servers have in common is made from it. */
  readonly key: Uint8Array;
  /** For so long the others wait for a server that says nothing; the same for all. */
  readonly leaseMs?: number;
  /** This machine's clock, in milliseconds since 1970; a test's own. */
  readonly wall?: () => number;
  readonly log: Log;
}

/**
 * The servers of one PostgreSQL database. Each has a connection of its own, which hears the others (LISTEN), tells them
 * (NOTIFY), and extends the lease of its row in `servers`.
 *
 * A server greets all others before it remembers anything, and so each knows whom it has to tell. A member is one
 * connection of a server (`members.ts`).
 */
export class PostgresPeers implements Peers {
  readonly #options: PostgresPeersOptions;
  readonly #leaseMs: number;
  readonly #seat: PeerSeat;
  readonly #tellings = new Tellings();
  readonly #news: PeerNews;
  readonly #members = new Members(member => this.#tellings.gone(member));
  readonly #outbox = new Outbox({
    isOpen: () => this.#client !== undefined && !this.#hasStopped,
    send: batch => this.#send(batch),
  });
  readonly secretFor: Peers['secretFor'];
  readonly #keyCheck: string;
  /** As last seen. */
  #rows: readonly SeenRow[] = [];
  #client: Client | undefined;
  #isGreeted = false;
  #hasStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #reconnecting: Promise<void> | undefined;

  constructor(options: PostgresPeersOptions) {
    this.#options = options;
    this.secretFor = createDigest(options.key);
    this.#keyCheck = keyCheckOf(options.key);
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.#seat = new PeerSeat({ ...options, leaseMs: this.#leaseMs, keyCheck: this.#keyCheck });
    this.#news = new PeerNews(options.log);
  }

  get id(): string {
    return this.#seat.id;
  }

  isCurrent(): boolean {
    return this.#isGreeted && this.#seat.lease.isHeld();
  }

  hasLease(): boolean {
    return this.#seat.lease.isHeld();
  }

  /** Aborted when the lease of this id is lost. */
  get lost(): AbortSignal {
    return this.#seat.lease.lost;
  }

  get clockOffsetMs(): number {
    return this.#seat.clockOffsetMs;
  }

  list(): readonly PeerInfo[] {
    const others = this.#members.names().map(name => ({ name, isSelf: false }));
    return [{ name: this.#options.name, isSelf: true }, ...others];
  }

  on<T extends PeerTopic>(topic: T, handle: (message: PeerMessages[T]) => void): () => void {
    return this.#news.on(topic, handle);
  }

  onGap(forget: () => void): () => void {
    return this.#news.onGap(forget);
  }

  async tell<T extends PeerTopic>(topic: T, message: PeerMessages[T]): Promise<void> {
    if (this.#hasStopped || (this.#members.isEmpty && this.isCurrent())) {
      return;
    }
    await this.#tell({ topic, message });
  }

  /** Becomes one of the living. Rejects when the database cannot be reached, or another server has another key. */
  async start(): Promise<void> {
    await this.#connect();
    const otherKey = otherKeyIn(this.#rows, this.#keyCheck);
    if (otherKey !== undefined) {
      throw new Error(`cannot use the database of the state: ${otherKey}`);
    }
    this.#beat();
  }

  /** Says goodbye; what is being told is not waited for any more. */
  async stop(): Promise<void> {
    if (this.#hasStopped) {
      return;
    }
    this.#hasStopped = true;
    clearTimeout(this.#timer);
    await this.#outbox.flush();
    const client = this.#client;
    this.#client = undefined;
    this.#tellings.giveUp();
    const bye = this.#letterOf({ topic: 'bye', number: 0 });
    await client?.query(`${this.#seat.leaving()}; ${notify(bye, client)}`).catch(() => {});
    this.#seat.lease.end();
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = await openPeerConnection({
      connection: this.#options.connection,
      patienceMs: PATIENCE * this.#leaseMs,
      onNotification: notification => this.#hear(notification),
      onLost: lost => this.#lostConnection(lost),
    });
    try {
      await this.#join(client);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  /** Registers this server anew; remembers nothing from before, and nothing until all others know of it. */
  async #join(client: Client): Promise<void> {
    this.#isGreeted = false;
    await this.#seat.begin(client);
    await client.query(`LISTEN "${this.#seat.channel}"; LISTEN "${ownChannel(this.#seat.id)}"`);
    this.#news.gap();
    await this.#seat.enter(client);
    this.#client = client;
    this.#members.clear();
    this.#see(await this.#seat.look(client));
    this.#outbox.replace(this.#tellings.again(this.#members.keys()).map(each => this.#letterOf(each)));
    void this.#tell({ topic: 'hello' }).then(() => {
      this.#isGreeted ||= this.#client === client;
    });
  }

  async #tell(content: Pick<WireMessage, 'topic' | 'message'>): Promise<void> {
    if (this.#members.isEmpty && this.#seat.lease.isHeld()) {
      return;
    }
    const { number, told } = this.#tellings.add(content, this.#members.keys());
    this.#outbox.put(this.#letterOf({ ...content, number }));
    await told;
  }

  #letterOf(content: Pick<WireMessage, 'topic' | 'message' | 'number'>): Letter {
    return letterOf(this.#seat.channel, {
      from: this.#seat.id,
      epoch: this.#seat.epoch,
      name: this.#options.name,
      ...content,
    });
  }

  async #send(batch: Batch): Promise<void> {
    const client = this.#client!;
    try {
      await this.#exchange(client, batch);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the connection to the other servers has failed');
      this.#lostConnection(client);
    }
  }

  async #exchange(client: Client, { isHeartbeat, letters, heard }: Batch): Promise<void> {
    const renewal = isHeartbeat ? this.#seat.renewal() : undefined;
    const statements = [
      ...(renewal?.first ?? []),
      ...[...letters, ...acknowledgementsOf(this.#seat, heard)].map(letter => notify(letter, client)),
      ...(renewal?.last ?? []),
    ];
    // Several statements in one text have several results, which the types do not tell.
    const results = [(await client.query(statements.join('; '))) as unknown as QueryResult | QueryResult[]].flat();
    if (renewal === undefined || this.#client !== client) {
      return;
    }
    const rows = renewal.take(results);
    if (rows === undefined) {
      await this.#join(client);
    } else {
      this.#see(rows);
    }
  }

  /** Whoever may connect to the database can send something, and a newer release something else. */
  #hear(notification: Notification): void {
    try {
      this.#read(notification);
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot read what came from the other servers');
      this.#news.gap();
    }
  }

  #read({ channel, payload = '' }: Notification): void {
    if (channel === ownChannel(this.#seat.id)) {
      const { by, epoch, numbers } = JSON.parse(payload) as WireAcknowledgement;
      this.#tellings.acknowledged(memberOf(by, epoch), numbers);
      return;
    }
    const message = JSON.parse(payload) as WireMessage;
    if (channel === this.#seat.channel && message.from !== this.#seat.id) {
      this.#handle(message);
    }
  }

  #handle({ from, epoch, name, number, topic, message }: WireMessage): void {
    if (topic === 'bye') {
      this.#members.leave(from, epoch);
      return;
    }
    if (topic === 'hello') {
      this.#members.come({ id: from, epoch, name });
    } else if (topic === 'gap') {
      this.#news.gap();
    } else {
      this.#news.pass(topic, message!);
    }
    this.#outbox.acknowledge(from, number);
  }

  #see(rows: readonly SeenRow[]): void {
    this.#rows = rows;
    if (this.#members.see(rows.filter(({ id }) => !this.#seat.isOwn(id)))) {
      this.#news.gap();
    }
  }

  #beat(): void {
    this.#timer = setTimeout(
      () => {
        if (this.#seat.lease.ageMs() > FORGOTTEN * this.#leaseMs) {
          this.#tellings.giveUp();
        }
        this.#outbox.beat();
        this.#beat();
      },
      this.#leaseMs * (this.#tellings.isEmpty ? HEARTBEAT : IMPATIENT),
    ).unref();
  }

  #lostConnection(client: Client): void {
    if (this.#client !== client || this.#hasStopped) {
      return;
    }
    this.#client = undefined;
    this.#outbox.forgetHeard();
    void client.end().catch(() => {});
    const isWanted = () => !this.#hasStopped;
    this.#reconnecting ??= connectAgain(() => this.#connect(), { isWanted, log: this.#options.log }).finally(() => {
      this.#reconnecting = undefined;
    });
  }
}
