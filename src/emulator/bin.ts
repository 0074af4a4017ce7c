#!/usr/bin/env node
import { objectionToNode } from './node-version.ts';

const EXIT_USAGE = 2;
/** sysexits(3): EX_CONFIG. */
const EXIT_CONFIG = 78;

const objection = objectionToNode(process.version, process.execPath);
if (objection !== undefined) {
  console.error(objection);
  process.exitCode = 1;
} else {
  process.exitCode = await main(process.argv.slice(2));
}

/** Returns the exit code. Imports the rest only here: an older Node.js would fail on it with a stack trace. */
async function main(argv: readonly string[]): Promise<number> {
  const { Command, CommanderError } = await import('commander');
  const { addEmulatorFlags, DESCRIPTION, runEmulator } = await import('./command.ts');
  const program = addEmulatorFlags(new Command('onedrive-emulator').description(DESCRIPTION)).action(runEmulator);
  try {
    await program.exitOverride().parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its own message; help ends here too.
      return error.exitCode === 0 ? 0 : EXIT_USAGE;
    }
    console.error((error as Error).message);
    return (error as Error).name === 'ScenarioError' ? EXIT_CONFIG : 1;
  } finally {
    // A message channel would keep the process.
    process.disconnect?.();
  }
}
