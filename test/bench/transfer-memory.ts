import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sampleBytes } from '../support/sample-tree.ts';
import { startDemo } from './demo.ts';

const MIB = 1024 ** 2;
const SIZE = 2 * 1024 * MIB;
/** The server's allowed peak, in bytes, for files of any size. */
const BOUND = 200e6;

/**
 * A 2 GiB PUT and GET through the server of the demo, twice: its peak of resident memory, and whether the bytes came
 * back.
 */
export async function measureTransferMemory(): Promise<boolean> {
  await using demo = await startDemo();
  const headers = { authorization: `Basic ${Buffer.from(`${demo.user}:${demo.password}`).toString('base64')}` };
  const url = new URL(`${demo.mounts[0]}/two-gibibytes.bin`, demo.url);
  let isSame = true;
  for (const round of [1, 2]) {
    const sent = await upload(url, headers);
    const got = await download(url, headers);
    isSame &&= sent.hash === got.hash;
    const peak = await peakMemory(demo.pid);
    console.log(
      `round ${round}: PUT ${sent.seconds.toFixed(1)} s, GET ${got.seconds.toFixed(1)} s, ` +
        `peak RSS ${(peak / 1e6).toFixed(0)} MB (bound ${BOUND / 1e6} MB), same bytes: ${sent.hash === got.hash}`,
    );
  }
  return isSame && (await peakMemory(demo.pid)) < BOUND;
}

async function upload(url: URL, headers: Record<string, string>): Promise<{ hash: string; seconds: number }> {
  const started = performance.now();
  const hash = createHash('sha256');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const put = request(url, { method: 'PUT', headers: { ...headers, 'content-length': SIZE } }, response => {
    response.resume().once('end', () => resolve(response.statusCode!));
  });
  put.once('error', reject);
  const hashed = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(sampleBytes(SIZE, 'bench')), hashed, put);
  const status = await promise;
  if (status !== 201 && status !== 204) {
    throw new Error(`PUT was answered ${status}`);
  }
  return { hash: hash.digest('hex'), seconds: (performance.now() - started) / 1000 };
}

async function download(url: URL, headers: Record<string, string>): Promise<{ hash: string; seconds: number }> {
  const started = performance.now();
  const hash = createHash('sha256');
  const response = await fetch(url, { headers });
  for await (const chunk of response.body!) {
    hash.update(chunk);
  }
  return { hash: hash.digest('hex'), seconds: (performance.now() - started) / 1000 };
}

/** `VmHWM` of Linux: the most that was ever resident, in bytes. */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024;
}
