import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signPath } from '../../src/downloads/signature.ts';
import { SERVE } from '../support/download-proxy.ts';
import { sha256Of } from '../support/file-hash.ts';
import { run } from '../support/foreign-client.ts';
import { sampleBytes } from '../support/sample-tree.ts';
import { startTestServer } from '../support/test-server.ts';

const KEY = 'a-key-of-the-tests';
const MIB = 1024 ** 2;
const SIZE = 300 * MIB;
/**
 * Node frees what it has passed on when about 100 MiB of it have piled up, however large the file; one that collects
 * needs all of the file.
 */
const GROWTH_BOUND = 200 * MIB;

/** The proxy as an operator starts it, and the line that it prints. */
async function startProgram(env: Record<string, string>): Promise<{ child: ChildProcess; url: string; line: string }> {
  const child = spawn(process.execPath, [fileURLToPath(SERVE)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, line, url: /http:\/\/[\d.]+:\d+/.exec(line)![0] };
}

describe('serve.js', () => {
  it('prints its address in one line, without the keys, and exits with 0 on a signal', async () => {
    const { child, line } = await startProgram({ ADDRESS: 'http://files.example.com/dav', KEYS: KEY, PORT: '0' });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(line).toMatch(/^download proxy on http:\/\/127\.0\.0\.1:\d+ for http:\/\/files\.example\.com\/dav$/);
    expect(await ended).toEqual([0, null]);
  });

  it.each<[what: string, env: { ADDRESS?: string; KEYS?: string }]>([
    ['no ADDRESS', { KEYS: KEY }],
    ['an ADDRESS that is no URL', { ADDRESS: 'files.example.com', KEYS: KEY }],
    ['an ADDRESS with a password', { ADDRESS: 'https://me:secret@files.example.com', KEYS: KEY }],
    ['no KEYS', { ADDRESS: 'https://files.example.com', KEYS: ' ' }],
  ])('does not start with %s, and says what to set', async (_what, env) => {
    const { code, stdout, stderr } = await run(process.execPath, [fileURLToPath(SERVE)], {
      env: { ADDRESS: env.ADDRESS ?? '', KEYS: env.KEYS ?? '' },
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^set ADDRESS to .* and KEYS to .*\n$/);
  });

  it('streams a large file in memory that does not depend on its size', async () => {
    const server = await startTestServer({
      emulator: { downloadBase: 'loopback' },
      yaml: [`downloads: { proxy: { keys: [{ secret: ${KEY} }] } }`],
    });
    const { child, url } = await startProgram({ ADDRESS: server.url, KEYS: KEY, ALLOW_HTTP: '1', PORT: '0' });
    try {
      await server.mailboxes.ada.put('/small', 'x');
      await server.mailboxes.ada.put('/big', Readable.from(sampleBytes(SIZE, 'proxy')));
      const download = (path: string) => fetch(`${url}${path}?sign=${signPath(path, 0, KEY)}`);
      await (await download('/ada/small')).text();
      const before = await peakMemory(child.pid!);
      const answer = await download('/ada/big');
      expect(answer.headers.get('content-length')).toBe(String(SIZE));
      expect(await sha256Of(answer.body!)).toBe(await sha256Of(Readable.from(sampleBytes(SIZE, 'proxy'))));
      expect((await peakMemory(child.pid!)) - before).toBeLessThan(GROWTH_BOUND);
    } finally {
      await server.stop();
    }
  });
});

/** `VmHWM` of Linux: the most that was ever resident, in bytes. */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024;
}
