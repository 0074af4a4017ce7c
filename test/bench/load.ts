/**
 * `node load.ts '{"url", "headers", "seconds", "ranges"}'`: asks for one URL over and over, and prints how often it was redirected. A process of
 * its own, so that it does not share a core with the server, and bare sockets, so that it is the faster one.
 */
import { connect } from 'node:net';

const CONNECTIONS = 16;
/** The file has room behind it for the ranges of one run. */
const FIRST_RANGES = 2 * 1024 ** 2;

interface Load {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly seconds: number;
  /** Each request asks for another range, as a player that seeks. */
  readonly ranges: boolean;
}

const { url, headers, seconds, ranges } = JSON.parse(process.argv[2]!) as Load;
const { hostname, port, pathname, host } = new URL(url);
const fields = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
const head = `GET ${pathname} HTTP/1.1\r\n${fields.join('')}`;
const end = performance.now() + seconds * 1000;
/** Elsewhere each time: who comes back for the same range is redirected no more. */
let start = Math.floor(Math.random() * FIRST_RANGES);
let count = 0;

function nextRequest(): string {
  start += 1;
  return ranges ? `${head}Range: bytes=${start}-\r\n\r\n` : `${head}\r\n`;
}

function keepAsking(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1').on('data', text => {
      answer += text;
      if (!answer.startsWith('HTTP/1.1 302 ')) {
        socket.destroy(new Error(`no redirect but ${answer.split('\r\n', 1)[0]}`));
      }
      if (!answer.endsWith('\r\n\r\n')) {
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
await Promise.all(Array.from({ length: CONNECTIONS }, keepAsking));
console.log(JSON.stringify({ count, seconds: (performance.now() - started) / 1000 }));
