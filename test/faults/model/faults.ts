import type { Fault } from '../../../src/emulator/emulator.ts';

export interface ModelFault {
  readonly make: () => Fault;
  /** Whether it can happen to that operation. */
  readonly meets: (operation: string) => boolean;
  /** Nothing comes any more: it ends when the client leaves. */
  readonly hangs: boolean;
  /** Statuses that a client may get because of it, besides those of every fault. */
  readonly answers: readonly number[];
}

const plain = (fault: Fault, answers: readonly number[] = []): ModelFault => ({
  make: () => fault,
  meets: () => true,
  hangs: false,
  answers,
});
const PAGE = '<!DOCTYPE html><title>Blocked</title>';

/** Faults by name. */
export const MODEL_FAULTS: Readonly<Record<string, ModelFault>> = {
  'error-500': plain({ status: 500 }),
  'error-503': plain({ status: 503 }),
  'error-504': plain({ status: 504 }),
  'throttle-429': plain({ status: 429, retryAfter: '1' }),
  'page-503': plain({ status: 503, html: PAGE }),
  'cut-before': plain({ cut: true }),
  'cut-in-body': plain({ cut: true, afterBytes: 3 }),
  'done-500': plain({ after: { status: 500 } }),
  'done-503': plain({ after: { status: 503 } }),
};

/** The client leaves while Graph has not answered; the call is answered afterwards. */
export const CLIENT_LEAVES = 'client-leaves';

export const FAULT_NAMES = [...Object.keys(MODEL_FAULTS), CLIENT_LEAVES];

export function answersOf(name: string): readonly number[] {
  return MODEL_FAULTS[name]?.answers ?? [];
}
