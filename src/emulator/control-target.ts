import type { BandwidthSetting } from './bandwidth.ts';
import type { OffsetClock } from './clock.ts';
import type { World } from './exchange.ts';
import type { Responder } from './responder.ts';

/** What the control API works on. */
export interface ControlTarget {
  readonly world: World;
  readonly responder: Responder;
  readonly bandwidth: BandwidthSetting;
  /** Undefined when somebody else owns the clock. */
  readonly clock: OffsetClock | undefined;
  restart(): Promise<void>;
}
