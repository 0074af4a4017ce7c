import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { redact } from '../lib/redact.ts';
import { VERSION } from '../lib/version.ts';
import { UsageError } from '../setup/errors.ts';
import { checkConfigCommand } from './check-config.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { emulatorCommand } from './emulator.ts';
import { EXIT_CONFIG, EXIT_USAGE } from './exit-codes.ts';
import { hashPasswordCommand } from './hash-password.ts';
import { healthcheckCommand } from './healthcheck.ts';
import { locksCommand } from './locks.ts';
import { mailboxesCommand } from './mailboxes.ts';
import { ReportedFailure } from './reported-failure.ts';
import { serveCommand } from './serve.ts';
import { setupCommand } from './setup.ts';
import { stateCommand } from './state.ts';

/** Runs a command line and gives the exit code: 0 done, 1 failed, 2 misused, 78 the configuration is wrong. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const program = new Command('onedrive-webdav')
    .description('WebDAV server whose storage is the OneDrive accounts of a Microsoft 365 tenant')
    .version(VERSION)
    .exitOverride();
  for (const command of [
    serveCommand,
    setupCommand,
    demoCommand,
    emulatorCommand,
    checkConfigCommand,
    doctorCommand,
    mailboxesCommand,
    locksCommand,
    stateCommand,
    hashPasswordCommand,
    healthcheckCommand,
  ]) {
    program.addCommand(command().exitOverride());
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return reportFailure(error);
  }
}

function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) {
    // It has printed its own message; help and version come this way too.
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  if (error instanceof ReportedFailure) {
    return error.exitCode;
  }
  console.error(redact(error instanceof Error ? error.message : String(error)));
  if (error instanceof UsageError) {
    return EXIT_USAGE;
  }
  return error instanceof ConfigError ? EXIT_CONFIG : 1;
}
