import { FAULTS, type FaultOptions } from './fault-catalogue.ts';
import type { CallRecord, Fault, FaultScript } from './faults.ts';
import { type HostKind, hostKindOf } from './latency.ts';

/** A condition for a fault. All given members must match; plain data, for files and the control API. */
export interface FaultRule {
  /** A name of the catalogue, or the fault itself. */
  readonly fault: string | Fault;
  /** The options of a named fault. */
  readonly options?: FaultOptions | undefined;
  /** Microsoft's name; `*` stands for anything: `driveItem-*`. */
  readonly operation?: string | undefined;
  readonly method?: string | undefined;
  readonly host?: HostKind | undefined;
  /** With `*` for anything: `/v1.0/drives/b!abc*`. */
  readonly path?: string | undefined;
  /** Only the n-th matching call, from 1. */
  readonly nth?: number | undefined;
  /** The n-th and all later matching calls. */
  readonly from?: number | undefined;
  /** Each k-th matching call. */
  readonly every?: number | undefined;
  /** The maximum number of times. */
  readonly count?: number | undefined;
  /** From 0 to 1. */
  readonly probability?: number | undefined;
  /** For `probability`: the same seed makes the same choices. */
  readonly seed?: number | undefined;
}

/** Creates a script of rules; the first match wins. Throws for a fault that is not in the catalogue. */
export function scriptFaults(rules: readonly FaultRule[]): FaultScript {
  const compiled = rules.map(compileRule);
  return (operation, call) => {
    // Each rule counts its calls, whichever rule wins, so that the n-th call stays the n-th.
    const faults = compiled.map(rule => rule(operation, call));
    return faults.find(fault => fault !== undefined);
  };
}

function compileRule(rule: FaultRule): FaultScript {
  const fault = resolveFault(rule);
  const random = randomFrom(rule.seed ?? 1);
  const { probability = 1, count = Number.POSITIVE_INFINITY } = rule;
  let seen = 0;
  let met = 0;
  return (operation, call) => {
    if (!matches(rule, operation, call)) {
      return undefined;
    }
    seen += 1;
    if (!isTurn(rule, seen) || met >= count || random() >= probability) {
      return undefined;
    }
    met += 1;
    return fault;
  };
}

function resolveFault({ fault, options }: FaultRule): Fault {
  if (typeof fault !== 'string') {
    return fault;
  }
  if (!Object.hasOwn(FAULTS, fault)) {
    throw new RangeError(`There is no fault "${fault}"; the known ones are: ${Object.keys(FAULTS).join(', ')}`);
  }
  return FAULTS[fault]!(options);
}

function matches({ operation, method, host, path }: FaultRule, name: string, call: CallRecord): boolean {
  return (
    (operation === undefined || globMatches(operation, name)) &&
    (method === undefined || method.toUpperCase() === call.method) &&
    (host === undefined || host === hostKindOf(name)) &&
    (path === undefined || globMatches(path, call.path))
  );
}

function isTurn({ nth, from, every }: FaultRule, seen: number): boolean {
  return (
    (nth === undefined || seen === nth) &&
    (from === undefined || seen >= from) &&
    (every === undefined || seen % every === 0)
  );
}

/** Tells whether the text matches the pattern, in which `*` is any text. */
export function globMatches(glob: string, text: string): boolean {
  const parts = glob.split('*').map(part => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

/** mulberry32: a reproducible sequence of numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
