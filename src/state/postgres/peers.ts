import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientConfig, type Notification, type QueryResult } from 'pg';
import type { Log } from '../../lib/log.ts';
import type { PeerInfo, PeerMessages, Peers, PeerTopic } from '../peers.ts';
import { createDigest } from '../sealing.ts';
import { Lease } from './lease.ts';
import { Members, memberOf, type ServerRow } from './members.ts';
import {
  CHANNEL,
  encodeAcknowledgements,
  encodeMessage,
  ownChannel,
  type WireAcknowledgement,
  type WireMessage,
} from './peer-wire.ts';
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
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;
/** A server that has ended is still listed for so long, so that each other one sees how it has ended. */
const LISTED = "interval '60 seconds'";

export interface PostgresPeersOptions {
  readonly connection: ClientConfig;
  /** Shown to operators. */
  readonly name: string;
  /** Of the state: what the servers have in common is made from it. */
  readonly key: Uint8Array;
  /** For so long the others wait for a server that says nothing; the same for all. */
  readonly leaseMs?: number;
  readonly log: Log;
}

type Handler = (message: PeerMessages[PeerTopic]) => void;

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
  readonly #lease: Lease;
  readonly #tellings = new Tellings();
  readonly #handlers = new Map<PeerTopic, Set<Handler>>();
  readonly #gaps = new Set<() => void>();
  readonly #members = new Members(member => this.#tellings.gone(member));
  readonly #texts: { channel: string; text: string }[] = [];
  readonly #heard = new Map<string, number[]>();
  readonly secretFor: Peers['secretFor'];
  #id = randomUUID();
  #epoch = 0;
  #client: Client | undefined;
  #isGreeted = false;
  #hasStopped = false;
  #flushing: Promise<void> | undefined;
  #isHeartbeatDue = false;
  #timer: NodeJS.Timeout | undefined;
  #reconnecting: Promise<void> | undefined;

  constructor(options: PostgresPeersOptions) {
    this.#options = options;
    this.secretFor = createDigest(options.key);
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.#lease = new Lease(this.#leaseMs);
  }

  get id(): string {
    return this.#id;
  }

  isCurrent(): boolean {
    return this.#isGreeted && this.#lease.isHeld();
  }

  hasLease(): boolean {
    return this.#lease.isHeld();
  }

  /** Aborted when the lease of this id is lost. */
  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  list(): readonly PeerInfo[] {
    const others = this.#members.names().map(name => ({ name, isSelf: false }));
    return [{ name: this.#options.name, isSelf: true }, ...others];
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

  async tell<T extends PeerTopic>(topic: T, message: PeerMessages[T]): Promise<void> {
    if (this.#hasStopped || (this.#members.isEmpty && this.isCurrent())) {
      return;
    }
    await this.#tell({ topic, message });
  }

  /** Becomes one of the living. Rejects when the database cannot be reached. */
  async start(): Promise<void> {
    await this.#connect();
    this.#beat();
  }

  /** Says goodbye; what is being told is not waited for any more. */
  async stop(): Promise<void> {
    if (this.#hasStopped) {
      return;
    }
    this.#hasStopped = true;
    clearTimeout(this.#timer);
    await this.#flushing;
    const client = this.#client;
    this.#client = undefined;
    this.#tellings.giveUp();
    const bye = this.#messageOf({ topic: 'bye', number: 0 });
    const leave = `UPDATE servers SET has_ended = TRUE, until = clock_timestamp() WHERE id = '${this.#id}'`;
    await client?.query(`${leave}; ${notify(CHANNEL, bye, client)}`).catch(() => {});
    this.#lease.end();
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    // A connection that does not answer is replaced before the lease ends.
    const patience = { connectionTimeoutMillis: 0.3 * this.#leaseMs, query_timeout: 0.3 * this.#leaseMs };
    const client = new Client({ ...this.#options.connection, ...patience, keepAlive: true });
    client.on('error', () => this.#lostConnection(client));
    client.on('end', () => this.#lostConnection(client));
    client.on('notification', notification => this.#hear(notification));
    try {
      await client.connect();
      await this.#join(client);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  /** Registers this server anew; remembers nothing from before, and nothing until all others know of it. */
  async #join(client: Client): Promise<void> {
    this.#isGreeted = false;
    if (!this.#lease.isHeld()) {
      this.#lease.end();
      this.#id = randomUUID();
    }
    this.#epoch += 1;
    const { name } = this.#options;
    await client.query(`LISTEN "${CHANNEL}"; LISTEN "${ownChannel(this.#id)}"`);
    this.#gap();
    const sent = Lease.now();
    await client.query(
      `INSERT INTO servers (id, name, epoch, until, has_ended)
       VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond', FALSE)
       ON CONFLICT (id) DO UPDATE SET epoch = $3, until = EXCLUDED.until, has_ended = FALSE`,
      [this.#id, name, this.#epoch, this.#leaseMs],
    );
    this.#lease.confirmed(sent);
    this.#client = client;
    this.#members.clear();
    const { rows } = await client.query<ServerRow>(SERVERS);
    this.#see(rows);
    this.#texts.length = 0;
    for (const again of this.#tellings.again(this.#members.keys())) {
      this.#texts.push({ channel: CHANNEL, text: this.#messageOf(again) });
    }
    void this.#tell({ topic: 'hello' }).then(() => {
      this.#isGreeted ||= this.#client === client;
    });
  }

  async #tell(content: Pick<WireMessage, 'topic' | 'message'>): Promise<void> {
    if (this.#members.isEmpty && this.#lease.isHeld()) {
      return;
    }
    const { number, told } = this.#tellings.add(content, this.#members.keys());
    this.#texts.push({ channel: CHANNEL, text: this.#messageOf({ ...content, number }) });
    void this.#flush();
    await told;
  }

  #messageOf(content: Pick<WireMessage, 'topic' | 'message' | 'number'>): string {
    return encodeMessage({ from: this.#id, epoch: this.#epoch, name: this.#options.name, ...content });
  }

  /** Sends all that is waiting, in one round trip after the other. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#sendAll().finally(() => {
      this.#flushing = undefined;
      if (this.#canSend()) {
        void this.#flush();
      }
    });
    return this.#flushing;
  }

  async #sendAll(): Promise<void> {
    // In the same turn others may have something to say as well.
    await Promise.resolve();
    for (let client = this.#client; client !== undefined && this.#canSend(); client = this.#client) {
      try {
        await this.#send(client);
      } catch (error) {
        this.#options.log.debug({ err: error }, 'the connection to the other servers has failed');
        this.#lostConnection(client);
      }
    }
  }

  #canSend(): boolean {
    const hasWork = this.#isHeartbeatDue || this.#texts.length > 0 || this.#heard.size > 0;
    return hasWork && this.#client !== undefined && !this.#hasStopped;
  }

  async #send(client: Client): Promise<void> {
    const isHeartbeat = this.#isHeartbeatDue;
    this.#isHeartbeatDue = false;
    const texts = [...this.#texts.splice(0), ...this.#acknowledgements()];
    const sent = Lease.now();
    const statements = [
      ...(isHeartbeat ? [this.#extension()] : []),
      ...texts.map(({ channel, text }) => notify(channel, text, client)),
      ...(isHeartbeat ? [FORGET_LEFT, SERVERS] : []),
    ];
    // Several statements in one text have several results, which the types do not tell.
    const answers = [(await client.query(statements.join('; '))) as unknown as QueryResult | QueryResult[]].flat();
    if (!isHeartbeat || this.#client !== client) {
      return;
    }
    if (answers[0]!.rowCount === 0) {
      this.#lease.end();
      await this.#join(client);
      return;
    }
    this.#lease.confirmed(sent);
    this.#see(answers.at(-1)!.rows as ServerRow[]);
  }

  #extension(): string {
    return `UPDATE servers SET until = clock_timestamp() + ${this.#leaseMs} * interval '1 millisecond'
      WHERE id = '${this.#id}' AND epoch = ${this.#epoch} AND NOT has_ended AND until > clock_timestamp()`;
  }

  #acknowledgements(): { channel: string; text: string }[] {
    const mine = { by: this.#id, epoch: this.#epoch };
    const texts = [...this.#heard].flatMap(([id, numbers]) =>
      encodeAcknowledgements({ ...mine, numbers }).map(text => ({ channel: ownChannel(id), text })),
    );
    this.#heard.clear();
    return texts;
  }

  #hear({ channel, payload = '' }: Notification): void {
    if (channel === ownChannel(this.#id)) {
      const { by, epoch, numbers } = JSON.parse(payload) as WireAcknowledgement;
      this.#tellings.acknowledged(memberOf(by, epoch), numbers);
      return;
    }
    const message = JSON.parse(payload) as WireMessage;
    if (channel === CHANNEL && message.from !== this.#id) {
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
      this.#gap();
    } else {
      this.#pass(topic, message!);
    }
    this.#heard.set(from, [...(this.#heard.get(from) ?? []), number]);
    void this.#flush();
  }

  #pass(topic: PeerTopic, message: PeerMessages[PeerTopic]): void {
    try {
      for (const handle of this.#handlers.get(topic) ?? []) {
        handle(message);
      }
    } catch (error) {
      this.#options.log.error({ err: error, topic }, 'could not take in what another server has told');
      this.#gap();
    }
  }

  #see(rows: readonly ServerRow[]): void {
    if (this.#members.see(rows.filter(({ id }) => id !== this.#id))) {
      this.#gap();
    }
  }

  #gap(): void {
    for (const forget of this.#gaps) {
      forget();
    }
  }

  #beat(): void {
    this.#timer = setTimeout(
      () => {
        this.#isHeartbeatDue = true;
        if (this.#lease.ageMs() > FORGOTTEN * this.#leaseMs) {
          this.#tellings.giveUp();
        }
        void this.#flush();
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
    this.#heard.clear();
    void client.end().catch(() => {});
    this.#reconnecting ??= this.#reconnect().finally(() => {
      this.#reconnecting = undefined;
    });
  }

  async #reconnect(): Promise<void> {
    for (let pause = FIRST_RETRY_MS; !this.#hasStopped; pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        this.#options.log.debug({ err: error }, 'the other servers cannot be reached yet');
        await delay(pause, undefined, { ref: false });
      }
    }
  }
}

const SERVERS = 'SELECT id, epoch, name, has_ended, until > clock_timestamp() AS is_alive FROM servers';
const FORGET_LEFT = `DELETE FROM servers WHERE until < clock_timestamp() - ${LISTED}`;

function notify(channel: string, text: string, client: Client): string {
  return `SELECT pg_notify('${channel}', ${client.escapeLiteral(text)})`;
}
