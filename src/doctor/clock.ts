import { isGraphError } from '../graph/errors.ts';
import { readText, type Transport } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Check, Finding } from './check.ts';

const MINUTE_MS = 60_000;
/** Entra allows five minutes between its clock and that of an assertion (learn, "certificate credentials"). */
const FAILURE_MS = 5 * MINUTE_MS;
const WARNING_MS = MINUTE_MS;
/** The body does not matter. */
const MAX_BODY_BYTES = 64 * 1024;

export interface ClockParts {
  readonly transport: Transport;
  /** Origins; the first that sends a date counts. */
  readonly origins: readonly string[];
  readonly tenant: string | undefined;
  readonly needs: readonly Check[];
  readonly clock: Clock;
}

export interface ClockCheck extends Check {
  /** True when the clock is so wrong that Entra refuses assertions. */
  isWrong(): boolean;
}

/**
 * Compares this machine's clock with the Date of Microsoft's answers: a wrong clock makes assertions and tokens look
 * expired.
 */
export function clockCheck({ transport, origins, tenant, needs, clock }: ClockParts): ClockCheck {
  let isWrong = false;
  return {
    name: 'clock',
    isWrong: () => isWrong,
    tenant,
    needs,
    run: async signal => {
      for (const origin of origins) {
        const ahead = await measure(origin, { transport, clock, signal });
        if (ahead !== undefined) {
          isWrong = Math.abs(ahead) > FAILURE_MS;
          return [describe(ahead, new URL(origin).host)];
        }
      }
      return [{ level: 'skipped', saw: "no answer from Microsoft's hosts has a date" }];
    },
  };
}

/** Returns how many milliseconds this machine is ahead of a host; undefined when the host sends no date. */
async function measure(
  origin: string,
  { transport, clock, signal }: { transport: Transport; clock: Clock; signal: AbortSignal },
): Promise<number | undefined> {
  const before = clock.now();
  try {
    const { headers, body } = await transport.send({ method: 'GET', url: `${origin}/`, signal });
    const between = (before + clock.now()) / 2;
    await readText(body, MAX_BODY_BYTES);
    // The header has whole seconds, rounded down.
    const told = Date.parse(headers.date ?? '') + 500;
    return Number.isNaN(told) ? undefined : between - told;
  } catch (error) {
    if (isGraphError(error, 'network', 'timeout')) {
      return undefined;
    }
    throw error;
  }
}

function describe(ahead: number, host: string): Finding {
  const off = Math.abs(ahead);
  const side = ahead > 0 ? 'ahead of' : 'behind';
  if (off <= WARNING_MS) {
    return { level: 'ok', saw: `this machine's clock agrees with that of ${host}` };
  }
  return {
    level: off > FAILURE_MS ? 'failure' : 'warning',
    saw: `this machine's clock is ${duration(off)} ${side} that of ${host}`,
    means:
      'Entra refuses the signature of a certificate that was made in the future or long ago (AADSTS700024), and tokens and links look expired, or not yet valid',
    cure: 'set the clock and keep it in sync: "timedatectl set-ntp true" on Linux, "w32tm /resync" on Windows; in a container or virtual machine, set the clock of its host',
  };
}

function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / MINUTE_MS);
  return minutes < 2
    ? `${Math.round(milliseconds / 1000)} s`
    : minutes < 120
      ? `${minutes} min`
      : `${Math.round(minutes / 60)} h`;
}
