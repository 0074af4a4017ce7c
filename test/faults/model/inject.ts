import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../../../src/emulator/emulator.ts';
import type { TestServer } from '../../support/test-server.ts';
import type { FaultChoice } from './command.ts';
import { CLIENT_LEAVES, MODEL_FAULTS } from './faults.ts';

/** So long nothing may happen until what a client has left behind counts as over. */
const QUIET_MS = 15;

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
  if (fault.hangs) {
    setImmediate(() => client.abort());
  }
  return fault.make();
}

/** Waits until the server has nothing to say to Graph any more, which can be after its client has gone. */
export async function settle({ emulator }: TestServer, hasLeft: boolean): Promise<void> {
  let seen = -1;
  while (emulator.activeResponses() > 0 || (hasLeft && seen !== emulator.calls.length)) {
    seen = emulator.calls.length;
    await delay(hasLeft ? QUIET_MS : 1);
  }
}
