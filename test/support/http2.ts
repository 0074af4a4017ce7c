import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import { makeCertificate } from './certificates.ts';
import { type FrontDoorOptions, type FrontDoorTest, startFrontDoor } from './front-door.ts';
import { PASSWORD } from './passwords.ts';
import { basic } from './raw-http.ts';

const certificate = makeCertificate({ kind: 'ec' });

/** The front door with TLS, which offers HTTP/2. */
export async function startTlsDoor({ listen, ...options }: FrontDoorOptions = {}): Promise<FrontDoorTest> {
  const { certificate: cert, key } = await certificate;
  const door = await startFrontDoor({ ...options, listen: { ...listen, tls: { cert, key: new Secret(key) } } });
  return { ...door, url: door.url.replace(/^http:/, 'https:') };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The code of the RST_STREAM; 0 for a stream that ended by itself. */
  readonly code: number;
  /** True when the server has ended the answer; a reset alone does not. */
  readonly isWhole: boolean;
}

/** Headers by name, and a body. */
export type Http2Ask = Readonly<Record<string, string>> | { readonly body: string | Buffer };

export async function openSession({ url }: { url: string }): Promise<ClientHttp2Session> {
  const session = connect(url, { rejectUnauthorized: false });
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

/** Begins a request: `PUT /m/x` and headers. Its body is the caller's to send. */
export function begin(session: ClientHttp2Session, line: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const [method, path] = line.split(' ', 2);
  const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: false });
  return stream.on('error', () => {});
}

/** Sends a request with the user's password, and reads the answer until its stream is closed. */
export function ask(
  session: ClientHttp2Session,
  line: string,
  fields: Http2Ask = {},
  door: Pick<FrontDoorTest, 'user' | 'password'> | null = DOOR,
): Promise<Answer> {
  const { body, ...headers } = { body: undefined, ...fields };
  const stream = begin(session, line, { ...(door === null ? {} : basic(door.user, door.password)), ...headers });
  stream.end(body);
  return answerOf(stream);
}

/** The user of every front door. */
export const DOOR = { user: 'user', password: PASSWORD };

export async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: Record<string, unknown> = {};
  let body = '';
  let isWhole = false;
  stream.setEncoding('utf8');
  stream.on('response', (fields, flags) => {
    headers = fields;
    isWhole ||= (flags & 1) === 1;
  });
  stream.on('data', chunk => {
    body += chunk;
  });
  // Node ends a stream that was reset, too, but only after it has been closed.
  stream.on('end', () => {
    isWhole ||= !stream.closed;
  });
  await new Promise<void>(resolve => {
    stream.once('close', () => resolve());
    // Node does not close a stream that was reset while its body was waiting for the window.
    stream.once('end', () => stream.aborted && resolve());
  });
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return { status: Number(headers[':status'] ?? 0), headers: texts, body, code: stream.rstCode, isWhole };
}

/** A frame as RFC 9113 §4.1 draws it. */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8, continuation: 9 };
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 };

/** A header block without Huffman codes and the dynamic table (RFC 7541 §6.2.2). */
export function headerBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    if (bytes.length < 127) {
      return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    }
    const rest: number[] = [];
    let left = bytes.length - 127;
    for (; left >= 128; left = Math.floor(left / 128)) {
      rest.push((left % 128) + 128);
    }
    return Buffer.concat([Buffer.from([127, ...rest, left]), bytes]);
  };
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** The pseudo-headers of a request. */
export function pseudo(method: string, path: string, authority = 'localhost'): [string, string][] {
  return [
    [':method', method],
    [':scheme', 'https'],
    [':authority', authority],
    [':path', path],
  ];
}

export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A connection for frames that no library would send. */
export interface RawHttp2 {
  readonly socket: TLSSocket;
  readonly frames: ReceivedFrame[];
  readonly closed: Promise<void>;
  send(...frames: Buffer[]): void;
  /** Resolves with the first frame that fits; rejects when the connection ends before. */
  next(fits: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame>;
}

export async function openRaw({ url }: { url: string }): Promise<RawHttp2> {
  const { hostname, port } = new URL(url);
  const socket = connectTls({ host: hostname, port: Number(port), ALPNProtocols: ['h2'], rejectUnauthorized: false });
  socket.on('error', () => {});
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  await once(socket, 'secureConnect');
  const frames: ReceivedFrame[] = [];
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
      frames.push({ type, flags, stream, payload: rest.subarray(9, end) });
      if (type === FRAME.settings && flags === 0) {
        socket.write(frame(FRAME.settings, FLAG.ack, 0));
      }
      rest = rest.subarray(end);
    }
  });
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(FRAME.settings, 0, 0)]));
  const next = (fits: (frame: ReceivedFrame) => boolean) =>
    new Promise<ReceivedFrame>((resolve, reject) => {
      const look = () => {
        const found = frames.find(fits);
        if (found !== undefined) {
          resolve(found);
        }
      };
      socket.on('data', look);
      look();
      void closed.then(() => reject(new Error('the connection has ended')));
    });
  return { socket, frames, closed, send: (...parts) => void socket.write(Buffer.concat(parts)), next };
}

/** The doors of a file's tests, and their connections: both end after each test, the connections first. */
export function tlsDoors() {
  const doors: FrontDoorTest[] = [];
  const sessions: ClientHttp2Session[] = [];
  const raws: RawHttp2[] = [];
  afterEach(async () => {
    for (const session of sessions.splice(0)) {
      session.destroy();
    }
    for (const { socket } of raws.splice(0)) {
      socket.destroy();
    }
    for (const door of doors.splice(0)) {
      await door.stop();
    }
  });
  const kept = async <T>(list: T[], opening: Promise<T>): Promise<T> => {
    const opened = await opening;
    list.push(opened);
    return opened;
  };
  return {
    /** For a test that ends its door itself. */
    doors,
    /** For a session that a test opens itself. */
    sessions,
    openDoor: (options?: FrontDoorOptions) => kept(doors, startTlsDoor(options)),
    sessionTo: (door: FrontDoorTest) => kept(sessions, openSession(door)),
    rawTo: (door: FrontDoorTest) => kept(raws, openRaw(door)),
  };
}
