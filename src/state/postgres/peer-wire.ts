import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import type { PeerMessages, PeerTopic } from '../peers.ts';

const CHANNEL = 'onedrive_webdav';
/** PostgreSQL's limit for what NOTIFY carries is 8,000 bytes (PostgreSQL docs, "NOTIFY"). */
const MAX_PAYLOAD_BYTES = 7_900;
/** Of the acknowledgements in one message. */
const MAX_NUMBERS = 500;

/**
 * Returns the channel of all servers whose tables are in this schema. Channels are those of the database, which may have
 * the state of other servers in another schema.
 */
export function channelOf(schema: string): string {
  const suffix = schema === 'public' ? '' : `_in_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`;
  return `${CHANNEL}${suffix}`;
}

/** Returns the channel of one server, for acknowledgements. */
export function ownChannel(id: string): string {
  return `${CHANNEL}_${id}`;
}

/** `hello`: a server begins to remember. `bye`: it has ended. `gap`: the message was too long, so forget everything. */
export type WireTopic = PeerTopic | 'hello' | 'bye' | 'gap';

/** A message as NOTIFY carries it. */
export interface WireMessage {
  readonly from: string;
  /** Grows with each connection of the server. */
  readonly epoch: number;
  readonly name: string;
  readonly number: number;
  readonly topic: WireTopic;
  readonly message?: PeerMessages[PeerTopic] | undefined;
}

export interface WireAcknowledgement {
  readonly by: string;
  readonly epoch: number;
  readonly numbers: readonly number[];
}

/** Returns the text of a message; of one that is too long, the text that makes the others forget everything. */
function encodeMessage(message: WireMessage): string {
  const text = JSON.stringify(message);
  return Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES
    ? text
    : JSON.stringify({ ...message, topic: 'gap', message: undefined });
}

/** A text for a channel. */
export interface Letter {
  readonly channel: string;
  readonly text: string;
}

export function letterOf(channel: string, message: WireMessage): Letter {
  return { channel, text: encodeMessage(message) };
}

/** Returns the letters of one connection of a server that acknowledge the messages with these numbers, by their sender. */
export function acknowledgementsOf(
  by: { readonly id: string; readonly epoch: number },
  heard: ReadonlyMap<string, readonly number[]>,
): Letter[] {
  return [...heard].flatMap(([server, numbers]) => {
    const letters: Letter[] = [];
    for (let first = 0; first < numbers.length; first += MAX_NUMBERS) {
      const some: WireAcknowledgement = {
        ...{ by: by.id, epoch: by.epoch, numbers: numbers.slice(first, first + MAX_NUMBERS) },
      };
      letters.push({ channel: ownChannel(server), text: JSON.stringify(some) });
    }
    return letters;
  });
}

/** Returns the statement that sends a letter. */
export function notify({ channel, text }: Letter, client: Pick<Client, 'escapeLiteral'>): string {
  return `SELECT pg_notify('${channel}', ${client.escapeLiteral(text)})`;
}
