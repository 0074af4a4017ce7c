#!/usr/bin/env node
import { objectionToNode } from './lib/node-version.ts';

const objection = objectionToNode(process.version, process.execPath);
if (objection !== undefined) {
  console.error(objection);
  process.exit(1);
}

// Loaded only now: an older Node.js would stop at unknown syntax, with a stack trace.
const { catchHangUps } = await import('./cli/hang-up.ts');
catchHangUps(process.argv.slice(2));
const { becomeLean } = await import('./cli/lean-process.ts');
becomeLean(process.argv.slice(2));
// Not before: a signal that this process has caught would be lost with its start anew.
const { catchEnds } = await import('./cli/until-signal.ts');
catchEnds(process.argv.slice(2));

const { redact } = await import('./lib/redact.ts');
// After a bug the state of the process is unknown. The supervisor starts a new one.
process.on('uncaughtException', error => {
  console.error(
    JSON.stringify({ level: 'fatal', msg: 'uncaught exception', stack: redact(error.stack ?? error.message) }),
  );
  process.exit(1);
});

const { runProgram } = await import('./cli/program.ts');
process.exit(await runProgram(process.argv.slice(2)));
