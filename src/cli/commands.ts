import type { Command } from 'commander';

export interface CommandEntry {
  readonly description: string;
  /**
   * Gives what adds options and action to the command. Loaded when the command is meant: together they are 1,500
   * modules.
   */
  readonly load: () => Promise<(command: Command) => Command>;
}

/** Every command, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    description: 'serve the mailboxes of a configuration file until SIGINT or SIGTERM',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  setup: {
    description:
      'from nothing to a configuration that serves: registers nothing by itself, but says what to click, waits for consent, and writes it all down',
    load: async () => (await import('./setup.ts')).setupCommand,
  },
  demo: {
    description: 'serve an emulated tenant: nothing else is needed',
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
    description:
      'check everything that can go wrong, from the configuration to each mailbox, and say what to do about it',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  mailboxes: {
    description: 'list everyone in the organisation with the state of their OneDrive; needs User.Read.All',
    load: async () => (await import('./mailboxes.ts')).mailboxesCommand,
  },
  locks: {
    description: 'list the locks of clients, or end one that is in the way; a running server need not be stopped',
    load: async () => (await import('./locks.ts')).locksCommand,
  },
  state: {
    description: 'look after the state in dataDir: locks, properties, drive ids',
    load: async () => (await import('./state.ts')).stateCommand,
  },
  'hash-password': {
    description: 'read a password from the terminal or standard input and print its hash for users[].passwordHash',
    load: async () => (await import('./hash-password.ts')).hashPasswordCommand,
  },
  healthcheck: {
    description: 'ask a running server whether it is well; for container health checks, where there is no curl',
    load: async () => (await import('./healthcheck.ts')).healthcheckCommand,
  },
};
