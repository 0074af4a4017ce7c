import type { ControlActions } from '../control/actions.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import { type AnswerStatus, createStatusPage } from '../operator/status-page.ts';

/** Creates the page of operators; all configurations share it, and those who watch it. */
export function createOperatorPage(parts: {
  /** Of the running server; they are not there yet when this is made. */
  readonly actions: () => ControlActions;
  readonly isDraining: () => boolean;
  readonly keep: Keep;
  readonly clock: Clock;
}): AnswerStatus {
  const { actions, isDraining, keep, clock } = parts;
  const { answer } = keep.use('status page', [], () => ({
    answer: createStatusPage({
      actions: {
        status: () => actions().status(),
        breakLocks: (...wish) => actions().breakLocks(...wish),
        revokePasswords: (...wish) => actions().revokePasswords(...wish),
        signOut: (...wish) => actions().signOut(...wish),
        revokeShares: (...wish) => actions().revokeShares(...wish),
      },
      isDraining,
      now: () => clock.now(),
    }),
  }));
  return answer;
}
