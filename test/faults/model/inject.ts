import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Fault } from '../../../src/emulator/emulator.ts';
import type { TestServer } from '../../support/test-server.ts';
import type { FaultChoice } from './command.ts';
import { CLIENT_LEAVES, leavesAt, MODEL_FAULTS } from './faults.ts';

const ROUND_MS = 5;
/**
 * After so many turns without a call or a connection, the work that a client has left behind counts as over. Server and
 * emulator live in this process, and are as slow as these turns when the machine is busy.
 */
const QUIET_ROUNDS = 20;

/** Lets the fault wait for its call. Gives the signal that fires when the client leaves, where it does. */
export function injectFault({ emulator }: TestServer, choice: FaultChoice | undefined): AbortSignal | undefined {
  if (choice === undefined) {
    return undefined;
  }
  const client = new AbortController();
  let calls = 0;
  emulator.setFault(operation => {
    const isIt = calls >= choice.call && calls < choice.call + choice.times;
    calls += 1;
    return isIt ? makeFault(choice.name, operation, client) : undefined;
  });
  return client.signal;
}

function makeFault(name: string, operation: string, client: AbortController): Fault | undefined {
  if (name === CLIENT_LEAVES) {
    if (!leavesAt(operation)) {
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(() => {
      client.abort();
      setImmediate(resolve);
    });
    return { delayUntil: promise };
  }
  const fault = MODEL_FAULTS[name];
  if (fault === undefined) {
    throw new Error(`there is no fault "${name}" any more`);
  }
  if (!fault.meets(operation)) {
    return undefined;
  }
  return fault.make();
}

/** Waits until the server has nothing to say to Graph any more, which can be after its client has gone. */
export async function settle({ emulator }: TestServer, hasLeft: boolean): Promise<void> {
  if (!hasLeft) {
    // With an answer everything has been done, and the emulator may still be closing its own.
    while (emulator.activeResponses() > 0) {
      await nextTurn();
    }
    return;
  }
  let before = '';
  for (let quiet = 0; emulator.activeResponses() > 0 || quiet < QUIET_ROUNDS; ) {
    await delay(ROUND_MS);
    const now = `${emulator.calls.length} ${emulator.openConnections()} ${emulator.activeResponses()}`;
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}
