import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { hashPassword } from '../auth/passwords.ts';

export function hashPasswordCommand(command: Command): Command {
  return command.action(printHash);
}

async function printHash(): Promise<void> {
  const password = process.stdin.isTTY ? await askTwice() : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password === '') {
    throw new Error('the password is empty');
  }
  console.log(await hashPassword(password));
}

/** Asks without echoing the input. */
async function askTwice(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    process.stderr.write('Password: ');
    const first = await terminal.question('');
    process.stderr.write('\nAgain: ');
    const second = await terminal.question('');
    process.stderr.write('\n');
    if (first !== second) {
      throw new Error('the two passwords differ');
    }
    return first;
  } finally {
    terminal.close();
  }
}
