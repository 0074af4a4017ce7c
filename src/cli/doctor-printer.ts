import { type Check, labelOf } from '../doctor/check.ts';
import type { CheckResult } from '../doctor/run-checks.ts';
import { renderJson, renderResult, renderSkipped, renderSummary, type Style } from './doctor-format.ts';
import { print } from './print.ts';
import { createProgress } from './progress.ts';

/** Wider lines are hard to read. */
const MAX_WIDTH = 100;

export interface DoctorPrinter {
  readonly onStart: (check: Check) => void;
  readonly onResult: (result: CheckResult) => Promise<void>;
  /** Clears the progress line. */
  clear(): void;
  /** Prints the summary, or the JSON object. */
  end(results: readonly CheckResult[]): Promise<void>;
}

type Streams = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>;

/** Prints findings as they come; or, for programs, everything at the end. */
export function createDoctorPrinter({ stdout, stderr, env }: Streams, { json }: { json: boolean }): DoctorPrinter {
  const progress = createProgress(stderr);
  const style: Style = {
    width: stdout.isTTY ? Math.min(stdout.columns ?? MAX_WIDTH, MAX_WIDTH) : undefined,
    // https://no-color.org
    hasColour: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
  };
  let skipped: CheckResult[] = [];
  const flush = async () => {
    if (skipped.length > 0) {
      const text = renderSkipped(skipped, style);
      skipped = [];
      await print(text);
    }
  };
  const onResult = async (result: CheckResult) => {
    const cause = result.skippedBecause;
    if (skipped.length > 0 && skipped[0]!.skippedBecause !== cause) {
      await flush();
    }
    if (cause !== undefined) {
      skipped.push(result);
      return;
    }
    await print(renderResult(result, style));
  };
  return {
    onStart: check => progress.show(`${labelOf(check)} …`),
    onResult: async result => {
      progress.clear();
      await (json ? undefined : onResult(result));
    },
    clear: () => progress.clear(),
    end: async results => {
      progress.clear();
      if (json) {
        await print(renderJson(results));
        return;
      }
      await flush();
      await print(`\n${renderSummary(results)}`);
    },
  };
}
