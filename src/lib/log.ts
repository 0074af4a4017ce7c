import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { redact } from './redact.ts';

/** The project's logger: one JSON object a line. */
export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** Absent: standard output. */
  readonly destination?: DestinationStream;
}

/** Deeper than anything that is logged on purpose. */
const MAX_DEPTH = 6;

/** Makes a logger that takes secrets out of every text on its way out, wherever in the logged object it stands. */
export function createLog({ level, destination }: LogOptions): Log {
  const options = {
    level,
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (object: Record<string, unknown>) => redactDeep(object, 0) as Record<string, unknown>,
    },
    hooks: {
      logMethod(this: Logger, args: unknown[], method: (...args: unknown[]) => void) {
        method.apply(
          this,
          args.map(arg => (typeof arg === 'string' ? redact(arg) : arg)),
        );
      },
    },
    serializers: { err: (error: Error) => redactDeep(stdSerializers.err(error), 0) },
  };
  return destination === undefined ? pino(options as never) : pino(options as never, destination);
}

function redactDeep(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return redact(value);
  }
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) {
    return value;
  }
  if (value instanceof Error) {
    return redactDeep(stdSerializers.err(value), depth + 1);
  }
  if (Array.isArray(value)) {
    return value.map(member => redactDeep(member, depth + 1));
  }
  if ('toJSON' in value) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactDeep(member, depth + 1)]));
}
