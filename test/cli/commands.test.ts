import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePasswordHash, verifyPassword } from '../../src/auth/passwords.ts';
import { runCommand } from '../support/command.ts';
import { davClient, hrefsOf } from '../support/dav-client.ts';
import { run } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const cli = (args: string[], options: Parameters<typeof run>[2] = {}) =>
  run(process.execPath, [MAIN, ...args], options);

describe('the commands', () => {
  let folder: Awaited<ReturnType<typeof makeTempDir>>;
  let example: string;

  beforeAll(async () => {
    folder = await makeTempDir();
    example = join(folder.path, 'config.yaml');
    await writeFile(example, await readFile(new URL('../../config.example.yaml', import.meta.url)));
    await writeFile(join(folder.path, 'client-secret.txt'), 'the-secret');
  });
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it('hash-password hashes what it reads', async () => {
    const { code, stdout } = await cli(['hash-password'], { input: 'pass word\n' });
    expect(code).toBe(0);
    expect(await verifyPassword('pass word', parsePasswordHash(stdout.trim())!)).toBe(true);
  });

  it('hash-password refuses an empty one', async () => {
    expect((await cli(['hash-password'])).code).toBe(1);
  });

  it('check-config prints what would be served, and no secret', async () => {
    const { code, stdout } = await runCommand(['check-config', '--config', example]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'mount /ada: the OneDrive of "ada@contoso.com", folder /, read and write, downloads by auto',
    );
    expect(stdout).not.toContain('the-secret');
  });

  it('check-config shows what each client gets where that depends on the client, and why', async () => {
    const file = join(folder.path, 'downloads.yaml');
    const mounts = ['ada', 'grace, download: redirect', 'alan'].map(
      mount => `  - { mailbox: ${mount.replace(/^\w+/, '$&@contoso.com')} }`,
    );
    const text = (await readFile(example, 'utf8'))
      .replace(/^mounts:.*\n(?: .*\n)+/m, `mounts:\n${mounts.join('\n')}\n`)
      .replace('  clients: []', '  clients: [{ userAgent: ^VLC, policy: proxy }]')
      .replace('download: null # a stricter', 'download: proxy # a stricter');
    await writeFile(file, text);
    const { stdout } = await runCommand(['check-config', '--config', file]);
    expect(stdout).toContain(
      'mount /grace: the OneDrive of "grace@contoso.com", folder /, read and write, downloads by redirect\n',
    );
    expect(stdout).toContain('user ada: write, all mounts, downloads by proxy\n');
    const [head, ...table] = stdout.slice(stdout.indexOf('downloads by client')).trimEnd().split('\n');
    expect(head).toContain('from /ada, /alan; files below 262144 bytes, locked or just written go by proxy:');
    const rows = table.map(line => line.trim().split(/ {2,}/)).filter(cells => cells.length === 3);
    expect(rows[0]).toEqual(['proxy', 'User-Agent ~ ^VLC', 'downloads.clients']);
    expect(rows).toContainEqual(['proxy', 'VLC', 'downloads.clients']);
    expect(rows).toContainEqual(['redirect', 'rclone', expect.stringContaining('1.60.1 tested')]);
    expect(rows.at(-1)).toEqual(['proxy', 'everybody else', 'nothing is known about them']);
    const columns = table.filter(line => /^ {2}\w/.test(line)).map(line => line.search(/(?<=^ {2}\S+ +)\S/));
    expect(new Set(columns).size).toBe(1);
  });

  it('check-config prints the JSON Schema', async () => {
    const { stdout } = await runCommand(['check-config', '--print-schema']);
    expect(Object.keys(JSON.parse(stdout).properties)).toContain('mounts');
  });

  it('a wrong configuration ends with 78 and its lines, wrong usage with 2', async () => {
    const wrong = join(folder.path, 'wrong.yaml');
    await writeFile(wrong, 'mount: []\n');
    const { code, stderr } = await cli(['serve', '--config', wrong]);
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining(`${wrong}:1: mount: unknown key; did you mean "mounts"?`),
    ]);
    expect((await runCommand(['serve'])).code).toBe(2);
    expect((await runCommand(['nonsense'])).code).toBe(2);
    expect((await runCommand(['--version'])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each([
    ['healthcheck', 60],
    ['--version', 60],
    ['hash-password', 80],
  ])('%s loads only what it needs: its container starts it every 30 seconds', async (command, most) => {
    const counter = new URL('../support/count-modules.ts', import.meta.url).href;
    const { stderr } = await run(process.execPath, ['--import', counter, MAIN, command, '--help']);
    const loaded = Number(/(\d+) modules/.exec(stderr)?.[1]);
    expect(loaded).toBeGreaterThan(5);
    expect(loaded).toBeLessThan(most);
  });

  it('serve says what to do when the port is taken', async () => {
    const { createServer } = await import('node:net');
    const taken = createServer();
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = taken.address() as { port: number };
      const busy = join(folder.path, 'busy.yaml');
      await writeFile(busy, (await readFile(example, 'utf8')).replace('port: 8080', `port: ${port}`));
      const { code, stderr } = await runCommand(['serve', '--config', busy]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('the port is taken; set listen.port')]);
    } finally {
      taken.close();
    }
  });
});

describe('demo', () => {
  it('serves the sample tenant, tells how in one line of JSON, and leaves nothing running', async () => {
    const child = spawn(process.execPath, [MAIN, 'demo', '--port', '0', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const info = JSON.parse((await lines.next()).value!);
    expect(info).toMatchObject({ user: 'demo', pid: child.pid, mounts: ['ada', 'grace', 'alan', 'new.hire'] });
    const dav = davClient(info);
    expect(hrefsOf((await dav('PROPFIND', 'ada/', { Depth: '1' })).text)).toContain('/ada/Odd%20names/');
    expect((await dav('HEAD', 'ada/Videos/64%20MiB.bin')).headers.get('content-length')).toBe(String(64 * 1024 ** 2));
    expect((await dav('PROPFIND', 'new.hire/', { Depth: '1' })).status).toBe(404);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(() => process.kill(info.emulator.pid, 0)).toThrow('ESRCH');
  });

  it('keeps the tenant in the given folder', async () => {
    await using folder = await makeTempDir();
    const start = async () => {
      const child = spawn(process.execPath, [MAIN, 'demo', '--port', '0', '--json', '--data', folder.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const info = JSON.parse((await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value!);
      const stop = async () => {
        const ended = new Promise(resolve => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      };
      return { dav: davClient(info), stop };
    };
    const first = await start();
    expect((await first.dav('PUT', 'ada/kept.txt', {}, 'kept')).status).toBe(201);
    await first.stop();
    const second = await start();
    expect((await second.dav('GET', 'ada/kept.txt')).text).toBe('kept');
    await second.stop();
  });
});
