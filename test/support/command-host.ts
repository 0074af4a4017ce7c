/**
 * Runs command lines of ours one after another, each in the process that has loaded them already: a new process for
 * each would spend its time on loading modules. See `command.ts`, which talks to it.
 */
import { runProgram } from '../../src/cli/program.ts';

export interface CommandCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runCommand({ args, env }: CommandCall): Promise<CommandResult> {
  const [out, err] = [capture(process.stdout), capture(process.stderr)];
  const before = { ...process.env };
  process.env = { ...before, ...env };
  try {
    const code = await runProgram(args);
    return { code, stdout: out.text(), stderr: err.text() };
  } finally {
    process.env = before;
    out.end();
    err.end();
  }
}

function capture(stream: NodeJS.WriteStream): { text: () => string; end: () => void } {
  const { write } = stream;
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const done = rest.at(-1);
    if (typeof done === 'function') {
      setImmediate(() => done());
    }
    return true;
  };
  return {
    text: () => text,
    end: () => {
      stream.write = write;
    },
  };
}

process.on('message', (call: CommandCall) => {
  void runCommand(call).then(result => process.send!(result));
});
