/** The machine's time, which tests can move. */
export interface OffsetClock {
  now(): number;
  /** Milliseconds between it and the machine's clock. */
  offset: number;
}

export function offsetClock(): OffsetClock {
  const clock: OffsetClock = { offset: 0, now: () => Date.now() + clock.offset };
  return clock;
}
