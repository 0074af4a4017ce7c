import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorAddress } from './microsoft-client.ts';

/** An emulator in a process of its own, so that it can be killed. */
export interface EmulatorProcess extends AsyncDisposable {
  readonly address: EmulatorAddress;
  readonly driveId: string;
  readonly pid: number;
  /** Ends it as a power failure of the process would: nothing is written any more. */
  kill(): Promise<void>;
}

/** The user whose drive is in the folder. */
export const OWNER = 'ada@contoso.com';

/** Starts one that keeps its state in `dataDir`; the first one there makes the user `OWNER`. */
export async function startEmulatorProcess(dataDir: string): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  for await (const line of createInterface(child.stdout)) {
    return { ...JSON.parse(line), pid: child.pid!, kill, [Symbol.asyncDispose]: kill };
  }
  throw new Error('the emulator did not start; its message stands above');
}

async function serve(dataDir: string): Promise<void> {
  const emulator = await createEmulator({ dataDir });
  const { driveId } = emulator.restored ? emulator.mailbox(OWNER) : emulator.addMailbox({ upn: OWNER });
  await emulator.save();
  const { proxy, caPem, tenantId, hosts, clientId, clientSecret } = emulator;
  console.log(JSON.stringify({ driveId, address: { proxy, caPem, tenantId, hosts, clientId, clientSecret } }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve(process.argv[2]!);
}
