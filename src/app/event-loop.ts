import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { ProcessStatus } from '../control/status.ts';

/** Long enough to see a delay, short enough for a command that somebody waits for. */
const SAMPLE_MS = 100;
const RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;

/** Measures the event loop for a moment: nothing runs while nobody asks. */
export async function measureEventLoop(): Promise<ProcessStatus['eventLoop']> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const before = performance.eventLoopUtilization();
  delay.enable();
  await setTimeout(SAMPLE_MS);
  delay.disable();
  const { utilization } = performance.eventLoopUtilization(before);
  return {
    delayP50Ms: toDelay(delay.percentile(50)),
    delayMaxMs: toDelay(delay.max),
    utilization: Math.round(utilization * 1000) / 1000,
  };
}

/** The histogram holds the times between two ticks of its timer: without any delay, its resolution. */
function toDelay(nanoseconds: number): number {
  const milliseconds = Number.isFinite(nanoseconds) ? nanoseconds / NS_PER_MS - RESOLUTION_MS : 0;
  return Math.max(0, Math.round(milliseconds * 10) / 10);
}
