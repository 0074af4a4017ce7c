import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from '../auth/user.ts';
import type { Trace } from '../lib/trace.ts';
import { type Origin, type SplitTarget, splitBasePath } from './origin.ts';

/** Its place, below the base path. No mount is called `-`. */
export const OUTSIDE_PATH = '/-/s';
export const OUTSIDE_NAMES = OUTSIDE_PATH.slice(1).split('/');
/** A look that costs next to nothing, for each request. */
const LIKELY = /^\/+(?:-|%2D)\/+(?:s|%73)(?=[/?]|$)/i;

/** Splits the place off; returns undefined when the target, without its base path, is not in the tree. */
export function splitOutside(target: string): SplitTarget | undefined {
  return LIKELY.test(target) ? splitBasePath(target, OUTSIDE_NAMES) : undefined;
}

/** A visit to a tree for people who are nobody's users. */
export interface OutsideVisit {
  /** Its prefix includes the place of the tree. */
  readonly origin: Origin;
  readonly trace: Trace | undefined;
  /** Lets the visitor go on under this name; returns false when the request has been refused for its frequency. */
  readonly admit: (user: User) => Promise<boolean>;
  /** Adds fields to the request's line in the access log. */
  readonly note: (fields: Record<string, unknown>) => void;
  readonly noteMount: (name: string) => void;
}

/** Serves a tree with doors of its own, below `/-/s`; the target begins with the first name in it. */
export type Outside = (request: IncomingMessage, response: ServerResponse, visit: OutsideVisit) => Promise<void>;
