import { type Check, type Finding, labelOf, SkippedBecause, worstOf } from './check.ts';
import { explainError, isThrottling } from './explain-error.ts';

/** Lanes that run at once: few, because a server of the same application may be running. */
const LANES_AT_ONCE = 4;

/** Checks in their order. */
export type Lane = readonly Check[];
/** Stages run one after the other, the lanes of a stage in parallel. */
export type Plan = readonly (readonly Lane[])[];

export interface CheckResult {
  readonly check: Check;
  readonly findings: readonly Finding[];
  /** The check whose failure caused the skip. */
  readonly skippedBecause: Check | undefined;
}

export interface Listener {
  readonly signal: AbortSignal;
  readonly onStart: (check: Check) => void;
  /** Called in the order of the plan, whatever finishes first; with each result once all before it are known. */
  readonly onResult: (result: CheckResult) => Promise<void>;
}

type Results = ReadonlyMap<Check, CheckResult>;

/**
 * Runs every check once, or reports why it was skipped. When aborted, throws the signal's reason after the running
 * checks have cleaned up.
 */
export async function runChecks(plan: Plan, listener: Listener): Promise<CheckResult[]> {
  const done = new Map<Check, CheckResult>();
  for (const lanes of plan) {
    await runStage(lanes, done, listener);
  }
  return [...done.values()];
}

async function runStage(
  lanes: readonly Lane[],
  done: Map<Check, CheckResult>,
  { signal, onStart, onResult }: Listener,
): Promise<void> {
  const waiting = lanes.map(lane => lane.map(check => ({ check, ...Promise.withResolvers<CheckResult>() })));
  const queue = waiting.values();
  const work = async () => {
    for (const lane of queue) {
      for (const { check, resolve } of lane) {
        signal.throwIfAborted();
        onStart(check);
        const result = await runCheck(check, done, signal);
        done.set(check, result);
        resolve(result);
      }
    }
  };
  const ended = allEnded(Array.from({ length: LANES_AT_ONCE }, work));
  for (const { promise } of waiting.flat()) {
    // When the lanes stop early, some promises never settle.
    await onResult(await Promise.race([promise, ended.then(() => promise)]));
  }
}

/** Waits until all have settled, then rethrows the first failure. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) {
    throw (failed as PromiseRejectedResult).reason;
  }
}

async function runCheck(check: Check, done: Results, signal: AbortSignal): Promise<CheckResult> {
  const blocker = findBlocker(check, done);
  if (blocker !== undefined) {
    return skip(check, blocker, done);
  }
  try {
    return { check, findings: await check.run(signal), skippedBecause: undefined };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SkippedBecause) {
      return skip(check, error.check, done);
    }
    if (check.throttling !== undefined && isThrottling(error)) {
      return skip(check, check.throttling, done);
    }
    return { check, findings: [explainError(error)], skippedBecause: undefined };
  }
}

function findBlocker({ needs = [], throttling }: Check, done: Results): Check | undefined {
  const failed = needs.find(need => {
    const result = done.get(need);
    return result !== undefined && (result.skippedBecause !== undefined || worstOf(result.findings) === 'failure');
  });
  return failed ?? (throttling?.isSilent() ? throttling : undefined);
}

/** Skips a check. If the blocker was itself skipped, reports the blocker's cause. */
function skip(check: Check, blocker: Check, done: Results): CheckResult {
  const cause = done.get(blocker)?.skippedBecause ?? blocker;
  const finding: Finding = { level: 'skipped', saw: `skipped, because "${labelOf(cause)}" failed` };
  return { check, findings: [finding], skippedBecause: cause };
}
