/**
 * `node load.ts '{"url", "headers", "seconds", "ranges"}'`: asks for one URL over and over, and prints how often it was answered with which
 * status. A process of its own, so that it does not share a core with the server, and bare sockets, so that it is the faster one. Only for
 * answers without a body.
 */
import { connect } from 'node:net';

const CONNECTIONS = 16;

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
const counts: Record<string, number> = {};
const end = performance.now() + seconds * 1000;
let asked = 0;

function nextRequest(): string {
  asked += 1;
  return ranges ? `${head}Range: bytes=${asked}-\r\n\r\n` : `${head}\r\n`;
}

function keepAsking(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1').on('data', text => {
      answer += text;
      if (!answer.endsWith('\r\n\r\n')) {
        return;
      }
      const status = answer.slice(9, 12);
      counts[status] = (counts[status] ?? 0) + 1;
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
console.log(JSON.stringify({ counts, seconds: (performance.now() - started) / 1000 }));
