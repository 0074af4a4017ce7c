/**
 * `node load.ts '{"url", "method", "status", "headers", "seconds", "connections", "ranges"}'`: asks for one URL over
 * and over, and prints how often it was answered. A process of its own, so that it does not share a core with the
 * server, and bare sockets, so that it is the faster one.
 */
import { connect } from 'node:net';

const CONNECTIONS = 16;
/** The file has room behind it for the ranges of one run. */
const FIRST_RANGES = 2 * 1024 ** 2;
const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';

interface Load {
  readonly url: string;
  /** GET unless it is given. */
  readonly method?: string;
  /** The required status of each answer; 302 by default. */
  readonly status?: number;
  readonly headers: Record<string, string>;
  readonly seconds: number;
  readonly connections?: number;
  /** Each request asks for the next of these paths instead of the URL's. */
  readonly paths?: readonly string[];
  /** Each request asks for another range, as a player that seeks. */
  readonly ranges?: boolean;
}

const load = JSON.parse(process.argv[2]!) as Load;
const { method = 'GET', status = 302, connections = CONNECTIONS, ranges = false } = load;
const { hostname, port, pathname, host } = new URL(load.url);
const fields = Object.entries({ Host: host, ...load.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
const heads = (load.paths ?? [pathname]).map(path => `${method} ${path} HTTP/1.1\r\n${fields.join('')}`);
const end = performance.now() + load.seconds * 1000;
/** Another range each time: a client that requests the same range again gets no more redirects. */
let start = Math.floor(Math.random() * FIRST_RANGES);
let count = 0;

function nextRequest(): string {
  start += 1;
  const head = heads[start % heads.length]!;
  return ranges ? `${head}Range: bytes=${start}-\r\n\r\n` : `${head}\r\n`;
}

/** Whether the answer has come whole: there is one request at a time on a connection. */
function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd === -1) {
    return false;
  }
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, headEnd))?.[1];
  if (length !== undefined) {
    return answer.length >= headEnd + HEAD_END.length + Number(length);
  }
  return !/\r\ntransfer-encoding: *chunked/i.test(answer.slice(0, headEnd)) || answer.endsWith(LAST_CHUNK);
}

function keepAsking(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1').on('data', text => {
      answer += text;
      if (!answer.startsWith(`HTTP/1.1 ${status} `)) {
        socket.destroy(new Error(`no ${status} but ${answer.split('\r\n', 1)[0]}`));
      }
      if (!isWhole(answer)) {
        return;
      }
      count += 1;
      answer = '';
      if (performance.now() < end) {
        socket.write(nextRequest());
      } else {
        socket.end();
      }
    });
    socket.on('error', reject).on('close', () => resolve());
    socket.write(nextRequest());
  });
}

const started = performance.now();
await Promise.all(Array.from({ length: connections }, keepAsking));
console.log(JSON.stringify({ count, seconds: (performance.now() - started) / 1000 }));
