import type { Fault } from '../../../src/emulator/emulator.ts';
import { FAULTS } from '../../../src/emulator/fault-catalogue.ts';
import { MATRIX_FAULTS } from '../faults.ts';

export interface ModelFault {
  readonly make: () => Fault;
  /** Whether it can happen to that operation. */
  readonly meets: (operation: string) => boolean;
  /** Statuses that a client may get because of it, besides those of every fault. */
  readonly answers: readonly number[];
}

/**
 * The address of an upload session is in the answer that opens it and nowhere else: when that is lost nobody can end
 * the session, and Graph does so after its time. What must not be left over cannot be seen behind such a loss.
 */
const OPENS_SESSION = 'driveItem-createUploadSession';

/** The client leaves while Graph has not answered; the call is answered afterwards. */
export const CLIENT_LEAVES = 'client-leaves';

/**
 * Graph's own word that an item is not there, about one that the server has not seen before: nobody can tell it from
 * the truth. What was seen is asked for twice; that is the matrix's.
 */
const TRUTHFUL: readonly string[] = ['absent-item-not-found', 'done-404'];

/**
 * Waits of a day: the server asks again after minutes, on purpose, and strict mode calls that too early for the
 * rest of the day.
 */
const TOO_LONG: readonly string[] = ['throttle-429-day', 'throttle-503-day'];

/**
 * Faults of the emulator's catalogue by their names. An answer that never comes waits for the server's real
 * timeouts: that is the matrix's.
 */
export const MODEL_FAULTS: Readonly<Record<string, ModelFault>> = Object.fromEntries(
  MATRIX_FAULTS.filter(({ name, hangs }) => !hangs && ![...TRUTHFUL, ...TOO_LONG].includes(name)).map(
    ({ name, meets, make, answers }) => [
      name,
      {
        make,
        answers,
        meets: (operation: string) => meets(operation) && !(losesAnswer(name) && operation === OPENS_SESSION),
      },
    ],
  ),
);

export const FAULT_NAMES = [CLIENT_LEAVES, ...Object.keys(MODEL_FAULTS)];

/** Whether the request is carried out and its answer may not be understood. */
export function losesAnswer(name: string): boolean {
  return name === CLIENT_LEAVES || FAULTS[name]?.done === 'yes';
}

export function leavesAt(operation: string): boolean {
  return operation !== OPENS_SESSION;
}

export function answersOf(name: string): readonly number[] {
  return MODEL_FAULTS[name]?.answers ?? [];
}
