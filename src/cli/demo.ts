import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { createApp } from '../app/app.ts';
import { hashPassword } from '../auth/passwords.ts';
import { loadConfig } from '../config/load.ts';
import { type EmulatorInfo, parseNumber } from '../emulator/command.ts';
import { createLog } from '../lib/log.ts';
import { renderMountLines } from './mount-lines.ts';
import { type EndSignals, listenForEnd, untilAborted } from './until-signal.ts';

const USER = 'demo';

interface Options {
  readonly port: number;
  readonly emulatorPort: number;
  readonly latencyMs: number;
  readonly data?: string;
  readonly json?: boolean;
  readonly setup?: boolean;
  readonly yes?: boolean;
}

/** A configuration file, and the credentials of its user. */
interface Served {
  readonly file: string;
  readonly user: string;
  readonly password: string;
}

export function demoCommand(command: Command): Command {
  return command
    .option('--port <port>', 'port of the server on 127.0.0.1; 0 picks a free one', parseNumber, 8080)
    .option('--emulator-port <port>', 'port of the emulator', parseNumber, 0)
    .option('--latency-ms <ms>', 'delay added to each answer of the emulated Microsoft', parseNumber, 0)
    .option('--data <dir>', 'keep the sample tenant in this folder')
    .option('--json', 'print one JSON object first')
    .option('--setup', 'begin without consent or configuration: setup asks for both')
    .option('--yes', 'with --setup: answer its questions and consent automatically (the default without a terminal)')
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const { child, info } = await startEmulator(options);
  const folder = await mkdtemp(join(tmpdir(), 'onedrive-webdav-demo-'));
  try {
    const { file, user, password } = options.setup
      ? await setUp(info, folder, options)
      : await writeSample(info, folder, options);
    const config = await loadConfig(file, {});
    const app = await createApp(config, { log: createLog(config.log) });
    let signals: EndSignals | undefined;
    try {
      // The emulated content host is 127.0.0.1. Clients in Go send the password on to a host of the same name, and that
      // host refuses it.
      const url = (await app.start()).url.replace('//127.0.0.1:', '//localhost:');
      const mounts = config.mounts.map(({ name }) => name);
      const shown = { url, user, password, pid: process.pid, mounts, emulator: info };
      console.log(options.json ? JSON.stringify(shown) : renderWelcome(shown));
      signals = listenForEnd();
      await Promise.race([untilAborted(signals.first), untilExit(child)]);
    } finally {
      await app.stop({ hurry: signals?.second });
    }
  } finally {
    await stopEmulator(child);
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeSample(info: EmulatorInfo, folder: string, { port }: Options): Promise<Served> {
  // Hexadecimal: the programs on the welcome page would take a leading dash for an option.
  const password = randomBytes(8).toString('hex');
  const file = join(folder, 'config.yaml');
  await writeFile(file, await renderConfig(info, { port, password }), { mode: 0o600 });
  return { file, user: USER, password };
}

async function setUp(info: EmulatorInfo, folder: string, { port, yes, json }: Options): Promise<Served> {
  const { setUpDemo } = await import('./demo-setup.ts');
  return setUpDemo(info, { folder, port, isUnattended: yes ?? json ?? false });
}

/** Starts the emulator as a process of its own, so that the server's own memory and CPU can be measured. */
async function startEmulator({
  emulatorPort,
  latencyMs,
  data,
  setup,
}: Options): Promise<{ child: ChildProcess; info: EmulatorInfo }> {
  const args = [
    'emulator',
    '--json',
    '--download-base',
    'loopback',
    '--port',
    String(emulatorPort),
    '--latency-ms',
    String(latencyMs),
    ...(setup ? ['--no-consent'] : []),
  ];
  // The channel tells the child when this process is gone; signals from the terminal reach it through us.
  const child = fork(process.argv[1]!, data === undefined ? args : [...args, '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  });
  for await (const line of createInterface(child.stdout!)) {
    child.stdout!.resume();
    return { child, info: (JSON.parse(line) as { emulator: EmulatorInfo }).emulator };
  }
  throw new Error('cannot start the emulator: it ended at once; see its message above');
}

async function stopEmulator(child: ChildProcess): Promise<void> {
  const gone = untilExit(child);
  child.kill('SIGTERM');
  await gone;
}

function untilExit(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
    }
    child.once('exit', () => resolve());
  });
}

/** Renders a configuration as an operator would write it; JSON is YAML. */
async function renderConfig(
  info: EmulatorInfo,
  { port, password }: { port: number; password: string },
): Promise<string> {
  const { proxy, caFile, tenantId, clientId, clientSecret, mailboxes } = info;
  return JSON.stringify({
    listen: { host: '127.0.0.1', port },
    outbound: { proxy, caFile },
    log: { level: 'warn' },
    tenant: { tenantId, clientId, clientSecret, contentHosts: ['127.0.0.1'] },
    mounts: mailboxes.map(mailbox => ({ mailbox })),
    users: [{ name: USER, passwordHash: await hashPassword(password), mounts: '*' }],
    people: [{ mounts: 'own' }],
    // The user's browser is not configured for the proxy.
    signIn: { loginHost: info.proxy },
  });
}

function renderWelcome({
  url,
  user,
  password,
  mounts,
}: Omit<Served, 'file'> & { url: string; mounts: readonly string[] }): string {
  return `
  A sample tenant is served at ${url}
    user      ${user}
    password  ${password}
    folders   ${mounts.join(', ')}   (new.hire has no OneDrive yet, on purpose)

${renderMountLines({ url, user, password: { kind: 'shown', text: password } })}

  Or be one of the sample people: sign in at ${url}-/account without a password, and connect a device there.

  Ctrl+C ends it; nothing is kept unless you gave --data.
`;
}
