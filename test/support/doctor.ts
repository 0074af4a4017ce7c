import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { runCommand } from './command.ts';
import type { CommandResult } from './command-host.ts';
import { PASSWORD_HASH } from './passwords.ts';
import { makeTempDir } from './temp-dir.ts';

export interface DoctorTenant {
  readonly emulator: Emulator;
  /** Holds the configuration. */
  readonly folder: string;
  /** The configuration file: a tenant in which all is well, with these keys replaced. */
  configure(change?: Record<string, unknown>): Promise<string>;
  /** The tenant's entry in the configuration. */
  tenantKeys(change?: Record<string, unknown>): Record<string, unknown>;
  /** Runs doctor with a configuration that was changed like that. */
  doctor(change?: Record<string, unknown>, ...args: string[]): Promise<Diagnosis>;
}

export interface Diagnosis extends CommandResult {
  /** The lines of each finding as printed: the sign and what was seen, and those below it. */
  readonly blocks: readonly string[];
  /** Those of failures. */
  readonly failures: readonly string[];
}

/**
 * A tenant with a mailbox of Ada's, where all is well. Ends with the test; the tenant's server then holds nothing
 * against the client.
 */
export async function makeDoctorTenant(options: EmulatorOptions = {}): Promise<DoctorTenant> {
  const folder = await makeTempDir();
  const emulator = await createEmulator(options);
  onTestFinished(async () => {
    expect(emulator.violations).toEqual([]);
    await emulator.close();
    await folder[Symbol.asyncDispose]();
  });
  const tenantKeys = (change = {}) => {
    const { tenantId, clientId, clientSecret } = emulator;
    return { tenantId, clientId, clientSecret, ...change };
  };
  const configure = async (change: Record<string, unknown> = {}) => {
    const file = join(folder.path, 'config.yaml');
    const config = {
      listen: { port: 0 },
      outbound: { proxy: emulator.proxy, caFile: emulator.caFile },
      tenant: tenantKeys(),
      mounts: [{ mailbox: 'ada@contoso.com' }],
      users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
      ...change,
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  };
  const doctor = async (change?: Record<string, unknown>, ...args: string[]) =>
    diagnose(await runCommand(['doctor', '--config', await configure(change), ...args]));
  return { emulator, folder: folder.path, configure, tenantKeys, doctor };
}

function diagnose(result: CommandResult): Diagnosis {
  const blocks = result.stdout.split('\n').reduce<string[]>((found, line) => {
    if (/^[✓✗!–] /.test(line)) {
      found.push(line);
    } else if (line.startsWith('    ')) {
      found.push(`${found.pop()}\n${line}`);
    }
    return found;
  }, []);
  return { ...result, blocks, failures: blocks.filter(block => block.startsWith('✗')) };
}
