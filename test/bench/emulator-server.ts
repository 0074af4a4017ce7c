/**
 * The emulator that `emulator.ts` measures, in a process of its own: keeps its state in the folder that is its
 * argument, says where it is, and executes its input, line by line: `seed FROM TO`, `rss`, `check`, `close`. Each is
 * answered with a line of JSON.
 */
import { createInterface } from 'node:readline';
import { createEmulator } from '../../src/emulator/emulator.ts';

const OWNER = 'ada@contoso.com';
const PER_FOLDER = 1000;

const began = performance.now();
const emulator = await createEmulator({ dataDir: process.argv[2]! });
const mailbox = emulator.restored ? emulator.mailbox(OWNER) : emulator.addMailbox({ upn: OWNER });
await emulator.save();
const { proxy, caPem, tenantId, hosts, clientId, clientSecret } = emulator;
const address = { proxy, caPem, tenantId, hosts, clientId, clientSecret };
say({ address, driveId: mailbox.driveId, openMs: performance.now() - began });

function* files(from: number, to: number): Generator<readonly [string, string]> {
  for (let index = from; index < to; index += 1) {
    yield [`/d${Math.floor(index / PER_FOLDER)}/f${index % PER_FOLDER}.txt`, `content ${index}`];
  }
}

const COMMANDS: Record<string, (from: number, to: number) => object | Promise<object>> = {
  seed: (from, to) => {
    mailbox.putAll(files(from, to));
    return {};
  },
  rss: () => ({ rss: process.memoryUsage.rss() }),
  check: async () => ({ wrong: await mailbox.check() }),
  close: async () => {
    await emulator.close();
    return {};
  },
};

for await (const line of createInterface(process.stdin)) {
  const [name, ...args] = line.split(' ');
  const started = performance.now();
  const answer = await COMMANDS[name!]!(Number(args[0]), Number(args[1]));
  say({ ...answer, ms: performance.now() - started });
  if (name === 'close') {
    // An open pipe would keep the process.
    process.stdin.destroy();
    break;
  }
}

function say(value: object): void {
  console.log(JSON.stringify(value));
}
