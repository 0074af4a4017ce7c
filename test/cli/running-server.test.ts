import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/control/status.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { createSqliteStores, stateFile } from '../../src/state/sqlite/state.ts';
import { runCommand } from '../support/command.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { lockInfo } from '../support/locks.ts';
import { openPut } from '../support/open-put.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { newDevicePassword } from '../support/people.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { configLines, startTestServer, type TestServer } from '../support/test-server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const ANY_TIME = expect.stringMatching(/^\d{4}-.*Z$/);

/** `serve` as a process of its own, whose lines are kept. */
interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  readonly lines: { msg: string; level: string; [key: string]: unknown }[];
}

async function serve(config: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Served> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', config, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, MALLOC_ARENA_MAX: '2', ...env },
  });
  const lines: Served['lines'] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  createInterface(child.stdout!)
    .on('line', line => {
      lines.push(JSON.parse(line));
      if (lines.at(-1)!.msg === 'serving') {
        resolve((lines.at(-1)!.url as string).replace(/\/$/, ''));
      }
    })
    .on('close', () => reject(new Error(`it ended: ${JSON.stringify(lines)}`)));
  return { child, url: await promise, lines };
}

async function end({ child }: Served, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

describe('a running process', () => {
  let folder: Awaited<ReturnType<typeof makeTempDir>>;
  let emulator: Emulator;
  let file: string;
  let served: Served;
  const cli = (...args: string[]) => runCommand([...args, '--config', file]);
  const statusOf = async () => JSON.parse((await cli('status', '--json')).stdout) as Status;

  beforeAll(async () => {
    folder = await makeTempDir();
    emulator = await createEmulator();
    emulator.addMailbox({ upn: 'ada@contoso.com' });
    emulator.addMailbox({ upn: 'grace@contoso.com' });
    file = join(folder.path, 'config.yaml');
    const yaml = ['log: { level: warn }'];
    const mounts = ['{ mailbox: nobody@contoso.com }'];
    const lines = configLines(emulator, [{ user: 'tester', passwordHash: PASSWORD_HASH }], { yaml, mounts });
    await writeFile(file, lines.join('\n').replace('port: 0', 'port: 1'));
    // Port 1 cannot be had: the flag and the variables count.
    served = await serve(file, ['--port', '0'], { ONEDRIVE_WEBDAV__LOG__LEVEL: 'info' });
  });
  afterAll(async () => {
    await end(served);
    await emulator.close();
    await folder[Symbol.asyncDispose]();
  });

  it('says what it does: mounts by state with the cause, requests with user and bytes, feeds, itself', async () => {
    const dav = davClient({ url: served.url, user: 'tester', password: PASSWORD });
    expect((await dav('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect((await dav('PROPFIND', '/nobody/', { Depth: '1' })).status).toBe(404);
    const account = { url: served.url, user: 'tester', password: PASSWORD };
    const { put, status: answered } = await openPut(account, '/ada/a%20film.mkv', {
      Expect: '100-continue',
      'Content-Length': '1000',
    });
    answered.catch(() => {});
    put.write('half of');
    try {
      const status = await eventually(async () => {
        const now = await statusOf();
        expect(now.requests).toMatchObject([{ user: 'tester', bytes: { read: 7 } }]);
        return now;
      });
      expect(status).toMatchObject({
        pid: served.child.pid,
        url: `${served.url}/`,
        config: { file },
        readiness: { ready: true },
        tenants: [
          { name: 'default', tenantId: emulator.tenantId, credential: 'secret', tokenSince: ANY_TIME, quietSeconds: 0 },
        ],
        mounts: { all: 3, discovered: 0, complete: true, byState: { unused: 1, open: 1, failing: 1 } },
        requests: [{ method: 'PUT', path: '/ada/a%20film.mkv', address: '127.0.0.1' }],
        uploadSessions: [{ tenant: 'default', active: 0, left: 0 }],
        feeds: [{ mounts: ['ada'], failures: 0 }],
      });
      expect(status.mounts.failing).toMatchObject([
        { name: 'nobody', cause: expect.stringContaining('nobody@contoso.com') },
      ]);
      expect(status.process.memory.rss).toBeGreaterThan(status.process.memory.heapUsed);
      const { code, stdout } = await cli('status');
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/^onedrive-webdav \S+ {2}http:\/\/127\.0\.0\.1:\d+\/\n/),
      ]);
      expect(stdout).toMatch(/^ {2}mounts +3: 1 in use, 1 not used yet, 1 cannot be opened$/m);
      expect(stdout).toMatch(/^ {12}nobody {2}cannot open the OneDrive of "nobody@contoso\.com"/m);
      expect(stdout).toMatch(/^1 request under way\nMETHOD.*\nPUT +\S+ s +7 B +\S+ B +tester +\/ada\/a film\.mkv$/m);
    } finally {
      put.destroy();
    }
  });

  it('reads its configuration anew: what has changed, what needs a restart, and nothing of a bad one', async () => {
    expect((await cli('reload')).stdout).toBe('nothing has changed\n');
    const before = await readFile(file, 'utf8');
    await writeFile(file, `${before.replace('port: 1', 'port: 2')}\nlocks: { maxTimeoutSeconds: 60 }`);
    const { code, stdout } = await cli('reload');
    // The port is a flag's, so the file's means nothing; the log level is a variable's.
    expect([code, stdout]).toEqual([0, 'changed: locks.maxTimeoutSeconds\n']);
    await writeFile(file, `${before}\nmetrics: true`);
    expect((await cli('reload')).stdout).toBe(
      'changed: locks.maxTimeoutSeconds\ncounts only after a restart: metrics\n',
    );
    await writeFile(file, `${before}\nmountz: []`);
    const bad = await cli('reload', '--json');
    expect([bad.code, bad.stdout, bad.stderr]).toEqual([78, '', expect.stringMatching(/mountz: unknown key; did you/)]);
    expect((await statusOf()).mounts.all).toBe(3);
    await writeFile(file, before);
    expect(JSON.parse((await cli('reload', '--json')).stdout)).toEqual({ changed: [], needRestart: [] });
  });

  it('logs more for some time, or until it is told otherwise', async () => {
    const told = await cli('log-level', 'debug', '--for', '1h');
    const { logLevel } = await statusOf();
    expect([told.stdout, logLevel.level]).toEqual([`log level: debug, until ${logLevel.until}\n`, 'debug']);
    const inAnHour = Date.parse(logLevel.until!) - Date.now();
    expect(Math.round(inAnHour / 60_000)).toBeGreaterThan(50);
    // The configuration's comes back with a reload.
    await cli('reload');
    expect((await statusOf()).logLevel).toEqual({ level: 'info' });
    expect((await cli('log-level', 'error')).stdout).toBe('log level: error, until the next reload or restart\n');
    expect((await cli('log-level', 'loud')).code).toBe(2);
    expect((await cli('log-level', 'info', '--for', '8d')).code).toBe(2);
    await cli('log-level', 'info', '--for', '0.001s');
    await eventually(async () => expect((await statusOf()).logLevel).toEqual({ level: 'info' }));
  });

  it('leaves a socket when it is killed, which nobody takes for a server and the next one replaces', async () => {
    const socket = join(folder.path, 'data/control.sock');
    await end(served, 'SIGKILL');
    expect(existsSync(socket)).toBe(true);
    for (const command of [['status'], ['reload'], ['log-level', 'info'], ['status', '--watch']]) {
      const { code, stderr } = await cli(...command);
      expect([command, code, stderr]).toEqual([command, 3, expect.stringContaining('no server runs with this')]);
    }
    expect((await cli('locks')).stdout).toBe('there are no locks\n');
    served = await serve(file, ['--port', '0', '--host', '127.0.0.1', '--log-level', 'info']);
    expect((await statusOf()).pid).toBe(served.child.pid);
    const other = join(folder.path, 'other.yaml');
    const text = (await readFile(file, 'utf8')).replace('dataDir: ./data', 'dataDir: ./other');
    await writeFile(other, `${text}\ncontrol: { socket: ${socket} }`);
    const second = await runCommand(['serve', '--config', other, '--port', '0']);
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining('another process listens on the control'),
    ]);
    expect((await statusOf()).pid).toBe(served.child.pid);
  });

  it('redraws its status until Ctrl-C', async () => {
    const watch = spawn(process.execPath, [MAIN, 'status', '--watch', '--config', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = 0;
    for await (const line of createInterface(watch.stdout)) {
      shown += line.startsWith('onedrive-webdav ') ? 1 : 0;
      if (shown === 3) {
        break;
      }
    }
    const ended = once(watch, 'exit');
    watch.kill('SIGINT');
    watch.stdout.resume();
    expect(await ended).toEqual([0, null]);
    expect((await cli('status', '--watch', '--json')).code).toBe(2);
  });
});

/** Uses the stores beside the running server, as another process would. */
async function beside(
  { folder }: TestServer,
  use: (stores: ReturnType<typeof createSqliteStores>) => Promise<unknown>,
): Promise<void> {
  using database = new DatabaseSync(stateFile(join(folder, 'data')), { timeout: 5_000 });
  await use(createSqliteStores({ database, leases: database }, { maxSideBytes: 1 }));
}

describe('what commands change in a running server', () => {
  let server: TestServer;
  const cli = (...args: string[]) => runCommand([...args, '--config', join(server.folder, 'config.yaml')]);
  const audited = () =>
    server.logged.map(line => JSON.parse(line) as Record<string, unknown>).filter(({ audit }) => audit !== undefined);

  beforeAll(async () => {
    server = await startTestServer({ yaml: ['people:', '  - {mounts: own}'] });
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('is in its audit trail: a broken lock', async () => {
    const answer = await davClient(server)('LOCK', '/ada/report', {}, lockInfo());
    const token = answer.headers.get('lock-token')!.slice(1, -1);
    expect((await cli('locks', '--break', '/ada/report')).code).toBe(0);
    expect(audited().at(-1)).toMatchObject({
      ...{ audit: 'lock-broken', user: 'tester', address: 'command', path: '/ada/report', token },
    });
    expect((await cli('locks')).stdout).toBe('there are no locks\n');
  });

  it('is in its audit trail: revoked passwords, and sessions that end with them', async () => {
    const userId = server.mailboxes.ada.userId.toLowerCase();
    const { stored } = newDevicePassword(userId, { name: 'phone' });
    await beside(server, async ({ devicePasswords, sessions }) => {
      await devicePasswords.add(stored, { max: 10, now: Date.now() });
      const times = { created: Date.now(), expires: Date.now() + 3_600_000 };
      await sessions.add({ digest: 'one', tenantId: 't', userId, ...times, formSecret: 's' });
    });
    const { stdout } = await cli('people', 'revoke', 'ada');
    expect(stdout).toMatch(/^revoked: .*"phone".*\nended sessions: 1\n$/);
    const user = 'ada@contoso.com';
    expect(audited().slice(-2)).toMatchObject([
      { audit: 'password-revoked', user: stored.principal, address: 'command', device: 'phone', id: stored.id },
      { audit: 'signed-out', user, address: 'command', sessions: '1' },
    ]);
    await beside(server, async ({ sessions }) => expect(await sessions.find('one', Date.now())).toBeUndefined());
  });

  it('cannot be its configuration, when nobody has told it how to read that', async () => {
    const { code, stderr } = await cli('reload');
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot read its configuration anew: restart it')]);
  });
});
