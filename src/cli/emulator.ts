import type { Command } from 'commander';
import { addEmulatorFlags, type EmulatorFlags, runEmulator } from '../emulator/command.ts';
import { EXIT_CONFIG } from './exit-codes.ts';
import { ReportedFailure } from './reported-failure.ts';

export function emulatorCommand(command: Command): Command {
  return addEmulatorFlags(command).action(run);
}

async function run(flags: EmulatorFlags): Promise<void> {
  try {
    await runEmulator(flags);
  } catch (error) {
    if ((error as Error).name !== 'ScenarioError') {
      throw error;
    }
    console.error((error as Error).message);
    throw new ReportedFailure(EXIT_CONFIG);
  }
}
