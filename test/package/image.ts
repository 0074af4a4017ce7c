import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { type BuiltImage, buildImage } from './build-image.ts';
import { copyAsCloned } from './clean-copy.ts';
import { checkCredentials } from './credentials.ts';
import { expectEqual, expectMatch } from './expect.ts';
import { type Ended, runInSandbox, type SandboxOptions, startInSandbox } from './sandbox.ts';

/**
 * Builds the image from the Dockerfile and runs it as the README says: read-only, as the user who owns the files that
 * setup wrote. Needs bubblewrap and the registry of npm, but no daemon and no base image: their place is taken by this
 * machine's C library and tools.
 */

/** The app has 75 MB before the Dockerfile removes what is never loaded, and 30 after. */
const MAX_APP_BYTES = 35e6;
/** Of the base image; and some user of the machine, as `--user "$(id -u):$(id -g)"` gives it. */
const USERS = process.getuid?.() === 0 ? [65_532, 12_345] : [undefined];

const folder = await mkdtemp(join(tmpdir(), 'image-check-'));
const emulator = await createEmulator();
try {
  await chmod(folder, 0o755);
  await copyAsCloned(join(folder, 'context'));
  const image = await buildImage(join(folder, 'context'), folder);
  const bytes = await sizeOf(join(image.root, 'app'));
  console.log(`the app has ${(bytes / 1e6).toFixed(1)} MB`);
  expectEqual(bytes < MAX_APP_BYTES, true);
  emulator.addMailbox({ upn: 'ada@contoso.com' });
  for (const uid of USERS) {
    const container = await makeContainer(image, uid);
    await checkSetup(container);
    await checkCommands(container);
    await checkServe(container);
    await checkCredentials({ emulator, config: container.config, uid, run: container.run });
    console.log(`works as user ${uid ?? process.getuid?.()}: setup, commands, serve, every kind of credential`);
  }
} finally {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
}

interface Container {
  readonly image: BuiltImage;
  readonly uid: number | undefined;
  /** The folder that is mounted at /config. */
  readonly config: string;
  readonly port: number;
  readonly options: SandboxOptions;
  /** Runs a command of the program to its end. */
  run(args: readonly string[], more?: { input?: string; env?: Record<string, string> }): Promise<Ended>;
}

async function makeContainer(image: BuiltImage, uid: number | undefined): Promise<Container> {
  const [config, data] = ['config', 'data'].map(name => join(folder, `${name}-${uid ?? 'own'}`)) as [string, string];
  await mkdir(config, { mode: 0o700 });
  await mkdir(data);
  await chmod(data, (await stat(join(image.root, 'data'))).mode);
  await writeFile(join(config, 'ca.pem'), emulator.caPem);
  if (uid !== undefined) {
    await chown(config, uid, uid);
    await chown(join(config, 'ca.pem'), uid, uid);
  }
  const port = await findFreePort();
  const options: SandboxOptions = {
    mounts: [
      { from: join(image.root, 'app'), to: '/app' },
      { from: data, to: '/data', isWritable: true },
      { from: config, to: '/config', isWritable: true },
    ],
    cwd: '/app',
    // As from another machine, but on this one, at a port that is free.
    env: {
      ...image.settings.env,
      ONEDRIVE_WEBDAV__LISTEN__HOST: '127.0.0.1',
      ONEDRIVE_WEBDAV__LISTEN__PORT: String(port),
    },
    uid,
  };
  const run: Container['run'] = (args, { input, env } = {}) => {
    const command = [...image.settings.entrypoint, ...args];
    return runInSandbox(command, { ...options, env: { ...options.env, ...env } }, input);
  };
  return { image, uid, config, port, options, run };
}

/** The container writes the configuration itself; every file is its user's alone. */
async function checkSetup({ run, config, uid }: Container): Promise<void> {
  const { tenantId, clientId, clientSecret, proxy } = emulator;
  const place = ['--config', '/config/config.yaml'];
  const application = ['--tenant', tenantId, '--client-id', clientId, '--client-secret-file', '-', '--skip-consent'];
  const way = ['--outbound-proxy', proxy, '--ca-file', '/config/ca.pem'];
  const args = ['setup', '--yes', ...place, ...application, ...way, '--mount', 'ada@contoso.com', '--user', 'ada'];
  expectEnded(await run(args, { input: clientSecret }), 0);
  const files = (await readdir(config)).filter(name => name !== 'ca.pem').sort();
  expectEqual(files.join(' '), 'client-secret.txt config.yaml user-password.txt');
  for (const name of files) {
    const { mode, uid: owner } = await stat(join(config, name));
    expectEqual(mode & 0o777, 0o600);
    expectEqual(owner, uid ?? process.getuid?.());
  }
}

async function checkCommands({ run, image }: Container): Promise<void> {
  const config = ['--config', '/config/config.yaml'];
  const { stdout } = expectEnded(await run(['check-config', ...config, '--print'], { env: image.settings.env }), 0);
  expectMatch(stdout, /host: "?0\.0\.0\.0/);
  expectMatch(stdout, /dataDir: "?\/data/);
  expectMatch(expectEnded(await run(['--version']), 0).stdout, /^\d+\.\d+\.\d+/);
  expectMatch(expectEnded(await run(['check-config', ...config]), 0).stdout, /ada/);
  expectMatch(expectEnded(await run(['mailboxes', ...config, '--yaml']), 0).stdout, /ada@contoso\.com/);
  expectMatch(expectEnded(await run(['hash-password'], { input: 'correct horse' }), 0).stdout, /^\$?\S{20,}/);
  for (const command of [['doctor'], ['locks'], ['people', 'list'], ['state', 'check']]) {
    const { code, stdout, stderr } = await run([...command, ...config]);
    const isAlive =
      (code === 0 || code === 1) && !/Cannot find (module|package)|ERR_MODULE_NOT_FOUND/.test(stdout + stderr);
    expectEqual(isAlive ? '' : `${command.join(' ')}: ${code} ${stdout}${stderr}`, '');
  }
}

async function checkServe({ image, uid, config, port, options, run }: Container): Promise<void> {
  const { entrypoint, cmd, healthcheck } = image.settings;
  const child = startInSandbox([...entrypoint, ...cmd], options);
  const ended = new Promise<number | null>(resolve => child.on('close', resolve));
  const log: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    log.push(line);
    if (line.includes('"serving"')) {
      break;
    }
  }
  expectMatch(log.join('\n'), /"serving"/);
  child.stdout!.resume();
  const password = (await readFile(join(config, 'user-password.txt'), 'utf8')).trim();
  const headers = { authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}` };
  const url = `http://127.0.0.1:${port}/`;
  expectEqual((await fetch(url, { method: 'PROPFIND', headers: { ...headers, depth: '1' } })).status, 207);
  await checkSpool(`${url}ada/spooled-${uid}.bin`, headers);
  // The image's own port is not free on every machine.
  const check = healthcheck.slice(entrypoint.length).map(word => word.replace(':8080/', `:${port}/`));
  expectEnded(await run(check), 0);
  process.kill(await programOf(child.pid!), 'SIGTERM');
  expectEqual(await ended, 0);
}

/** A body without a length goes through a file in the data folder. */
async function checkSpool(url: string, headers: Record<string, string>): Promise<void> {
  const bytes = Buffer.alloc(6 * 1024 * 1024, 'x');
  const body = new Blob([bytes]).stream();
  expectEqual((await fetch(url, { method: 'PUT', headers, body, duplex: 'half' } as RequestInit)).status, 201);
  expectEqual((await (await fetch(url, { headers })).arrayBuffer()).byteLength, bytes.length);
}

/** The process in the sandbox: bubblewrap stays beside it and passes no signals on. */
async function programOf(pid: number): Promise<number> {
  for (;;) {
    const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
    if (child) {
      return Number(child);
    }
    await setImmediate();
  }
}

function expectEnded(ended: Ended, code: number): Ended {
  expectEqual(ended.code === code ? '' : `${ended.code}: ${ended.stdout}${ended.stderr}`, '');
  return ended;
}

async function sizeOf(path: string): Promise<number> {
  return Number(execFileSync('du', ['--summarize', '--bytes', path], { encoding: 'utf8' }).split('\t')[0]);
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}
