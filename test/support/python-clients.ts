import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type ClientHome, makeClientHome } from './client-home.ts';
import { withoutProxies } from './foreign-client.ts';

const FOREIGN = fileURLToPath(new URL('../emulator/foreign/', import.meta.url));
const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onedrive-webdav-tests', 'python');

/** Where .ci/install-python-clients puts the Python programs; absent where its list is not this working copy's. */
export const PYTHON: string = isUpToDate()
  ? join(FOLDER, 'bin', 'python')
  : `${FOLDER} (by .ci/install-python-clients)`;

function isUpToDate(): boolean {
  const [wanted, installed] = [FOREIGN, FOLDER].map(folder => {
    try {
      return readFileSync(join(folder, 'requirements.txt'), 'utf8');
    } catch {
      return undefined;
    }
  });
  return wanted === installed;
}

export interface PythonBench extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly home: ClientHome;
  /** Runs a scenario of the program and returns its output. */
  run(scenario: string, more?: Record<string, unknown>): Promise<Record<string, unknown>>;
}

/** An emulator with a mailbox, and a Python program of test/emulator/foreign that takes it for Microsoft. */
export async function openPythonBench(
  program: string,
  strict: NonNullable<EmulatorOptions['strict']> = {},
): Promise<PythonBench> {
  const emulator = await createEmulator({ strict });
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const home = await makeClientHome();
  const { tenantId, clientId, clientSecret, proxy, caFile } = emulator;
  const job = { tenantId, clientId, clientSecret, driveId: mailbox.driveId, user: mailbox.upn, folder: home.path };
  // requests has a name of its own for the certificates.
  const env = { ...home.env, HTTPS_PROXY: proxy, SSL_CERT_FILE: caFile, REQUESTS_CA_BUNDLE: caFile };
  // -I: Python's own variables describe this machine only.
  const python = startProgram(PYTHON, ['-I', join(FOREIGN, program)], env);
  return {
    emulator,
    mailbox,
    home,
    run: async (scenario, more = {}) => JSON.parse(await python.ask(JSON.stringify({ ...job, scenario, ...more }))),
    [Symbol.asyncDispose]: async () => {
      await python.end();
      await home[Symbol.asyncDispose]();
      await emulator.close();
    },
  };
}

interface LineProgram {
  /** Writes a line and returns the next one. Rejects with its errors when the program has ended. */
  ask(line: string): Promise<string>;
  end(): Promise<void>;
}

/** Starts a program that answers lines: large packages are loaded once, and not for each test. */
function startProgram(program: string, args: readonly string[], env: Record<string, string>): LineProgram {
  const child = spawn(program, args, { env: { ...withoutProxies(process.env), ...env } });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    complaints += text;
  });
  // A program that has ended takes no more lines.
  child.stdin.on('error', () => {});
  return {
    ask: async line => {
      child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      if (done) {
        throw new Error(`${args.at(-1)} has ended:\n${complaints}`);
      }
      return value;
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** The bytes that the Python programs make; they know no other way to agree on them. */
export function pythonContent(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 7) % 251));
}
