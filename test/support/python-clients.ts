import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type ClientHome, makeClientHome } from './client-home.ts';
import { mustRun } from './foreign-client.ts';

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
  return {
    emulator,
    mailbox,
    home,
    run: async (scenario, more = {}) => {
      const argument = JSON.stringify({ ...job, scenario, ...more });
      // -I: Python's own variables describe this machine only.
      const { stdout } = await mustRun(PYTHON, ['-I', join(FOREIGN, program), argument], { env });
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]();
      await emulator.close();
    },
  };
}

/** The bytes that the Python programs make; they know no other way to agree on them. */
export function pythonContent(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 7) % 251));
}
