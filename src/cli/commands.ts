import type { Command } from 'commander';

export interface CommandEntry {
  readonly description: string;
  /** True: the command needs the options of all the others. */
  readonly needsAll?: boolean;
  /**
   * Returns the function that adds options and action to the command. Called only for the command that runs: together
   * they load 1,500 modules.
   */
  readonly load: () => Promise<(command: Command) => Command>;
}

/** All commands, in the order of the help text. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    description: 'serve the mailboxes of a configuration file until SIGINT or SIGTERM',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  setup: {
    description:
      'create a working configuration: guides you through the registration in Entra, waits for consent and writes the file',
    load: async () => (await import('./setup.ts')).setupCommand,
  },
  demo: {
    description: 'serve an emulated tenant; needs nothing else',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  emulator: {
    description:
      'run the emulated Microsoft alone: login, Graph and content hosts of a sample tenant, behind a CONNECT proxy',
    load: async () => (await import('./emulator.ts')).emulatorCommand,
  },
  'check-config': {
    description: 'check a configuration file and print what it would serve',
    load: async () => (await import('./check-config.ts')).checkConfigCommand,
  },
  doctor: {
    description: 'check everything from the configuration to each mailbox, and say how to fix what is wrong',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  mailboxes: {
    description: 'list all users of the organisation and the state of their OneDrives; needs User.Read.All',
    load: async () => (await import('./mailboxes.ts')).mailboxesCommand,
  },
  status: {
    description: 'show what a running server does: readiness, tenants, mounts, requests under way',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  reload: {
    description: 'let a running server read its configuration anew; a bad one changes nothing',
    load: async () => (await import('./reload.ts')).reloadCommand,
  },
  'log-level': {
    description: 'change how much a running server logs, for some time or until its next reload or restart',
    load: async () => (await import('./log-level.ts')).logLevelCommand,
  },
  locks: {
    description: 'list the locks of clients, or end one; the server may be running',
    load: async () => (await import('./locks.ts')).locksCommand,
  },
  people: {
    description: 'list who may sign in and their device passwords, revoke passwords, sign people out',
    load: async () => (await import('./people.ts')).peopleCommand,
  },
  shares: {
    description: 'list what users have shared by URL, or end a share; the server may be running',
    load: async () => (await import('./shares.ts')).sharesCommand,
  },
  state: {
    description: 'check, back up, repair or copy the state: locks, properties, drive ids',
    load: async () => (await import('./state.ts')).stateCommand,
  },
  'hash-password': {
    description: 'read a password from the terminal or standard input and print its hash for users[].passwordHash',
    load: async () => (await import('./hash-password.ts')).hashPasswordCommand,
  },
  completion: {
    description: 'print a script that completes the commands and options in a shell',
    needsAll: true,
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  healthcheck: {
    description: 'check that a running server is healthy; for containers without curl',
    load: async () => (await import('./healthcheck.ts')).healthcheckCommand,
  },
};
