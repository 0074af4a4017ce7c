import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { ControlError, NoServerError } from '../control/errors.ts';
import { redact } from '../lib/redact.ts';
import { UsageError } from '../lib/usage-error.ts';
import { VERSION } from '../lib/version.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_CONFIG, EXIT_NO_SERVER, EXIT_USAGE } from './exit-codes.ts';
import { ReportedFailure } from './reported-failure.ts';

/**
 * Runs a command line and returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 no server runs, 78 invalid
 * configuration.
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    const program = await makeProgram(argv);
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return reportFailure(error);
  }
}

/** Registers all commands with all their options, for what describes them. */
export async function makeWholeProgram(): Promise<Command> {
  return addCommands(() => true);
}

/** Registers all commands; only the one that runs gets its options and action. */
async function makeProgram(argv: readonly string[]): Promise<Command> {
  const meant = argv[0] === 'help' ? argv[1] : argv[0];
  const needsAll = COMMANDS[meant ?? '']?.needsAll ?? false;
  return addCommands(name => name === meant || needsAll);
}

async function addCommands(isWhole: (name: string) => boolean): Promise<Command> {
  const program = new Command('onedrive-webdav')
    .description('WebDAV server whose storage is the OneDrive accounts of a Microsoft 365 tenant')
    .version(VERSION)
    .exitOverride();
  for (const [name, { description, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(description);
    if (isWhole(name)) {
      (await load())(command);
    }
  }
  return program;
}

function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has printed its own message; help and version end here too.
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  if (error instanceof ReportedFailure) {
    return error.exitCode;
  }
  console.error(redact(error instanceof Error ? error.message : String(error)));
  if (error instanceof UsageError) {
    return EXIT_USAGE;
  }
  if (error instanceof NoServerError) {
    return EXIT_NO_SERVER;
  }
  const isConfig = error instanceof ConfigError || (error instanceof ControlError && error.kind === 'bad-config');
  return isConfig ? EXIT_CONFIG : 1;
}
