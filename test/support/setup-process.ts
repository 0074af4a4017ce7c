import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Emulator } from '../../src/emulator/emulator.ts';
import type { ProgramResult } from './foreign-client.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A running command, and its output so far. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** The first match in both its outputs; rejects when the command ends without one. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
  /** When it has ended. */
  readonly done: Promise<ProgramResult>;
}

interface StartOptions {
  readonly input?: string;
  /** True: the input does not end, as at a terminal without a typist. */
  readonly keepsInputOpen?: boolean;
  readonly env?: Record<string, string>;
}

/** Starts a command of ours. */
export function startCommand(args: readonly string[], options: StartOptions = {}): RunningCommand {
  return startProgram([process.execPath, MAIN, ...args], options);
}

/**
 * Starts one at a terminal of its own, where the commands of `expect` see what it shows and type what a person would.
 */
export function startAtTerminal(args: readonly string[], typing: string): RunningCommand {
  const command = [process.execPath, MAIN, ...args].map(word => `{${word}}`).join(' ');
  const script = [
    // Wide, so that nothing is wrapped.
    'set stty_init "rows 50 columns 250"',
    'set timeout 100',
    `spawn -noecho ${command}`,
    'expect_after timeout { send_user {TIMED OUT}; exit 97 } eof { send_user {ENDED EARLY}; exit 98 }',
    typing,
    'expect_after',
    'expect eof',
    'exit [lindex [wait] 3]',
  ].join('\n');
  return startProgram(['expect', '-c', script]);
}

const running = new Set<ChildProcess>();

/** Ends the processes that a failed test has left running. */
export function stopCommands(): void {
  for (const child of running) {
    child.kill('SIGTERM');
  }
}

function startProgram(
  [program, ...args]: readonly string[],
  { input = '', keepsInputOpen = false, env = {} }: StartOptions = {},
): RunningCommand {
  const child = spawn(program!, args, { env: { ...process.env, TERM: 'xterm', ...env } });
  running.add(child);
  child.on('exit', () => running.delete(child));
  const printed = { stdout: '', stderr: '' };
  let lookers: (() => void)[] = [];
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      for (const look of lookers) {
        look();
      }
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.write(input);
  if (!keepsInputOpen) {
    child.stdin.end();
  }
  const done = new Promise<ProgramResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, ...printed }));
  });
  const seen = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(printed.stdout) ?? pattern.exec(printed.stderr);
        if (match !== null) {
          lookers = lookers.filter(each => each !== look);
          resolve(match);
        }
      };
      lookers.push(look);
      look();
      void done.then(({ code, stdout, stderr }) =>
        reject(new Error(`ended with ${code} before ${pattern} was seen:\n${stdout}\n${stderr}`)),
      );
    });
  return { child, seen, done };
}

/** The flags of `setup` for the emulator's application, all but what to mount. Ports are free ones. */
export async function setupFlags(emulator: Emulator, folder: string): Promise<string[]> {
  const secret = join(folder, 'given-secret.txt');
  await writeFile(secret, `${emulator.clientSecret}\n`, { mode: 0o600 });
  return [
    ...[
      '--config',
      join(folder, 'etc', 'config.yaml'),
      '--tenant',
      emulator.tenantId,
      '--client-id',
      emulator.clientId,
    ],
    ...['--client-secret-file', secret, '--outbound-proxy', emulator.proxy, '--ca-file', emulator.caFile],
    ...['--consent-port', '0', '--listen', '127.0.0.1:0'],
  ];
}
