#!/usr/bin/env node
import { becomeLean } from './cli/lean-process.ts';
import { runProgram } from './cli/program.ts';
import { redact } from './lib/redact.ts';

becomeLean(process.argv.slice(2));

// A bug somewhere has left the process in a state that nobody knows. The supervisor starts a new one.
process.on('uncaughtException', error => {
  console.error(
    JSON.stringify({ level: 'fatal', msg: 'uncaught exception', stack: redact(error.stack ?? error.message) }),
  );
  process.exit(1);
});

process.exit(await runProgram(process.argv.slice(2)));
