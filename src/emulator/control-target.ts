import type { BandwidthSetting } from './bandwidth.ts';
import type { OffsetClock } from './clock.ts';
import type { World } from './exchange.ts';
import type { Responder } from './responder.ts';

/** The objects that the control API changes. */
export interface ControlTarget {
  readonly world: World;
  readonly responder: Responder;
  readonly bandwidth: BandwidthSetting;
  /** Undefined when the program that embeds the emulator owns the clock. */
  readonly clock: OffsetClock | undefined;
  restart(): Promise<void>;
}
