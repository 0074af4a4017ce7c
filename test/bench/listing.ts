import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { basic } from '../support/raw-http.ts';

const MEMBERS = 10_000;
const ROUNDS = 7;
/** Each run in turn with the other, and the median taken: machines drift. */
const MEDIAN = Math.floor(ROUNDS / 2);
const MAX_STALL_MS = 50;
const CLIENT = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', async ({ url, headers }) => {
    const started = performance.now();
    await (await fetch(url, { method: 'PROPFIND', headers })).arrayBuffer();
    parentPort.postMessage(performance.now() - started);
  });
`;

/**
 * allprop of a folder with 10,000 members: how long it takes beside a plain server that sends the same bytes, and how
 * long the process stalls.
 */
export async function measureListing(): Promise<boolean> {
  const drive = createMemoryDrive();
  const { signal } = new AbortController();
  for (let index = 0; index < MEMBERS; index += 1) {
    await drive.write(toDrivePath([`file number ${index}.txt`]), nothing(), { signal });
  }
  const door = await startFrontDoor({ drive });
  const headers = { ...basic(door.user, door.password), Depth: '1' };
  const body = Buffer.from(await (await fetch(`${door.url}/m/`, { method: 'PROPFIND', headers })).arrayBuffer());
  const plain = createServer((_request, response) => response.writeHead(207).end(body));
  await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve));
  const plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}/`;
  const [ours, theirs]: number[][] = [[], []];
  const client = new Worker(CLIENT, { eval: true });
  await timed(client, `${door.url}/m/`, headers);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 0; round < ROUNDS; round += 1) {
    delay.enable();
    ours!.push(await timed(client, `${door.url}/m/`, headers));
    delay.disable();
    theirs!.push(await timed(client, plainUrl, headers));
  }
  const [mine, floor] = [ours!, theirs!].map(times => times.toSorted((a, b) => a - b)[MEDIAN]!);
  const stall = delay.max / 1e6;
  console.log(
    `${MEMBERS} members, ${(body.length / MEMBERS).toFixed(0)} bytes each: ${mine!.toFixed(0)} ms, ` +
      `${(mine! / floor!).toFixed(1)} times a plain answer of the same bytes; longest stall ${stall.toFixed(0)} ms (bound ${MAX_STALL_MS} ms)`,
  );
  await client.terminate();
  await door.stop();
  plain.close();
  return stall < MAX_STALL_MS;
}

/** Asks from a thread of its own, so that the client's work does not stall the server. */
async function timed(client: Worker, url: string, headers: Record<string, string>): Promise<number> {
  client.postMessage({ url, headers });
  const [milliseconds] = (await once(client, 'message')) as [number];
  return milliseconds;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
