import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { configLines } from '../support/test-server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CLIENTS = 20;
/** Long lines: 1,500 of them are more than the server keeps for a reader that does not come. */
const LONG_NAME = 'x'.repeat(6_000);
const MANY = 1_500;

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  /** All that was read of its standard output. */
  readonly text: () => string;
  readonly ended: Promise<number | null>;
}

describe('the log of a server process', () => {
  let emulator: Emulator;
  let folder: Awaited<ReturnType<typeof makeTempDir>>;

  beforeAll(async () => {
    folder = await makeTempDir();
    emulator = await createEmulator();
    emulator.addMailbox({ upn: 'ada@contoso.com' });
    emulator.addMailbox({ upn: 'grace@contoso.com' });
  });
  afterAll(async () => {
    await emulator?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Starts a server whose standard output is read until it serves, and no further. */
  async function serve(name: string): Promise<Served> {
    const file = join(folder.path, `${name}.yaml`);
    const logins = [{ user: 'tester', passwordHash: PASSWORD_HASH }];
    await writeFile(file, configLines(emulator, logins, { dataDir: `./${name}` }).join('\n'));
    const child = spawn(process.execPath, [MAIN, 'serve', '--config', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    });
    const ended = once(child, 'close').then(([code]) => code as number | null);
    let text = '';
    const serving = Promise.withResolvers<string>();
    child.stdout!.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      const line = text.split('\n').find(each => each.includes('"msg":"serving"'));
      if (line !== undefined) {
        serving.resolve((JSON.parse(line) as { url: string }).url);
      }
    });
    void ended.then(() => serving.reject(new Error(`it ended before it served: ${text}`)));
    return { child, url: await serving.promise, text: () => text, ended };
  }

  /** Asks so often, from several clients at once, without a password; returns how many were answered. */
  async function ask(url: string, times: number): Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    let left = times;
    let answered = 0;
    const work = async () => {
      while (left > 0) {
        left -= 1;
        const sent = request(`${url}ada/${LONG_NAME}?${left}`, { agent }).end();
        const [answer] = await once(sent, 'response');
        answer.resume();
        await once(answer, 'end');
        answered += answer.statusCode === 401 ? 1 : 0;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, work));
    agent.destroy();
    return answered;
  }

  const linesOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { msg: string; dropped?: number; level: string });

  it('that nobody reads stops no request; the lines that were dropped are counted', async () => {
    const { child, url, text, ended } = await serve('unread');
    child.stdout!.pause();
    expect(await ask(url, MANY)).toBe(MANY);
    child.stdout!.resume();
    await ask(url, 1);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const lines = linesOf(text());
    const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
    expect(dropped).toBeGreaterThan(0);
    // The requests, and those of the beginning and the end.
    expect(lines.filter(line => line.dropped === undefined).length + dropped).toBe(MANY + 1 + 3);
  }, 120_000);

  it('that nobody reads does not keep it from ending', async () => {
    const { child, url, ended } = await serve('unread-end');
    child.stdout!.pause();
    await ask(url, 200);
    child.kill('SIGTERM');
    const exited = once(child, 'exit');
    expect((await exited)[0]).toBe(0);
    child.stdout!.resume();
    await ended;
  }, 60_000);

  it('whose reader has gone ends nothing', async () => {
    const { child, url, ended } = await serve('closed');
    child.stdout!.destroy();
    expect(await ask(url, 200)).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);

  it('is whole and in order at SIGTERM', async () => {
    const { child, url, text, ended } = await serve('whole');
    await ask(url, 500);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const lines = linesOf(text());
    expect(lines.map(({ msg }) => msg)).toEqual([
      'serving',
      ...Array.from({ length: 500 }, () => 'request'),
      'stopping: waiting for running requests',
      'stopped',
    ]);
  }, 60_000);
});
