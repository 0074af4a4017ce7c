#!/usr/bin/env node
import { objectionToNode } from './lib/node-version.ts';

const objection = objectionToNode(process.version, process.execPath);
if (objection !== undefined) {
  console.error(objection);
  process.exit(1);
}

// Loaded only now: an older Node.js would stop at what it does not know, with a stack.
const { becomeLean } = await import('./cli/lean-process.ts');
becomeLean(process.argv.slice(2));

const { redact } = await import('./lib/redact.ts');
// A bug somewhere has left the process in a state that nobody knows. The supervisor starts a new one.
process.on('uncaughtException', error => {
  console.error(
    JSON.stringify({ level: 'fatal', msg: 'uncaught exception', stack: redact(error.stack ?? error.message) }),
  );
  process.exit(1);
});

const { runProgram } = await import('./cli/program.ts');
process.exit(await runProgram(process.argv.slice(2)));
