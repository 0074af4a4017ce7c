import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { currentRequestId } from './caller.ts';
import { standardLogOutput } from './log-output.ts';
import { renderPretty } from './pretty-log.ts';
import type { Problem, RecentProblems } from './recent-problems.ts';
import { redact } from './redact.ts';

/** The project's logger: one JSON object per line. */
export type Log = Logger;

export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly level: string;
  /** `auto`, the default: for people on a terminal, JSON otherwise. It is about standard output alone. */
  readonly format?: LogFormat;
  /** Absent: standard output. */
  readonly destination?: DestinationStream;
  /** Is told of warnings and errors that are logged. */
  readonly problems?: RecentProblems | undefined;
}

/** The living children of each log, to any depth. */
const children = new WeakMap<Log, Set<WeakRef<Log>>>();

/** pino's number for `warn`. */
const WARN = 40;

/** Deeper than any object that is logged on purpose. */
const MAX_DEPTH = 6;

/**
 * Creates a logger that puts the id of the current request on its lines, and redacts secrets in every text, anywhere in the logged object. It does not redact the fields of
 * a child logger, which pino writes once and unchanged: pass names, no text from outside.
 */
export function createLog({ level, format = 'auto', destination, problems }: LogOptions): Log {
  const options = {
    level,
    base: undefined,
    mixin: idOfRequest,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: redactFields,
    },
    hooks: {
      logMethod(this: Logger, args: unknown[], method: (...args: unknown[]) => void, number: number) {
        if (problems !== undefined && number >= WARN) {
          problems.note(problemOf(withMessage(args), number));
        }
        method.apply(
          this,
          withMessage(args).map(arg => (typeof arg === 'string' ? redact(arg) : arg)),
        );
      },
    },
    // The formatter has already made it a plain object; pino's own serializer would lose its type.
    serializers: { err: (error: unknown) => error },
  };
  const own = new Set<WeakRef<Log>>();
  const gone = new FinalizationRegistry<WeakRef<Log>>(child => own.delete(child));
  const onChild = (child: Log) => {
    const reference = new WeakRef(child);
    own.add(reference);
    gone.register(child, reference);
  };
  const all = { ...options, onChild };
  const log = pino(all as never, destination ?? standardOutput(format));
  children.set(log, own);
  return log;
}

/** Changes the level of a log and of all its children, which otherwise keep the one that they were made with. */
export function setLogLevel(log: Log, level: string): void {
  log.level = level;
  for (const child of children.get(log) ?? []) {
    const living = child.deref();
    if (living !== undefined) {
      living.level = level;
    }
  }
}

function standardOutput(format: LogFormat): DestinationStream {
  const output = standardLogOutput();
  const isForPeople = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
  if (!isForPeople) {
    return output;
  }
  // Node's answer respects NO_COLOR and FORCE_COLOR; a pipe has no such method and no colours.
  const colours = process.stdout.hasColors?.() ?? false;
  return { write: line => output.write(renderPretty(line, { colours })) };
}

function problemOf([first, second]: readonly unknown[], number: number): Omit<Problem, 'count'> {
  const fields = (typeof first === 'object' && first !== null ? first : {}) as Readonly<Record<string, unknown>>;
  const message = typeof first === 'string' ? first : second;
  const cause = fields.err instanceof Error ? fields.err.message : fields.cause;
  return {
    at: Date.now(),
    level: (pino.levels.labels[number] ?? 'error') as Problem['level'],
    message: redact(String(message ?? '')),
    cause: typeof cause === 'string' ? redact(cause) : undefined,
    request: typeof fields.id === 'string' ? fields.id : currentRequestId(),
  };
}

/** The fields of a line's own come before it. */
function idOfRequest(): object {
  const id = currentRequestId();
  return id === undefined ? {} : { id };
}

function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactDeep(fields, 0) as Record<string, unknown>;
}

/** Adds a missing message from the error: pino would add it itself, unredacted. */
function withMessage(args: readonly unknown[]): readonly unknown[] {
  const [first, message] = args;
  const error = first instanceof Error ? first : (first as { err?: unknown } | undefined)?.err;
  return message === undefined && error instanceof Error ? [first, error.message] : args;
}

function redactDeep(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return redact(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (depth > MAX_DEPTH) {
    return '[too deep]';
  }
  if (value instanceof Error) {
    return redactDeep(stdSerializers.err(value), depth + 1);
  }
  if (Array.isArray(value)) {
    return value.map(member => redactDeep(member, depth + 1));
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return redactDeep(value.toJSON(), depth + 1);
  }
  return redactMembers(value as Record<string, unknown>, depth);
}

/** A loop, not a list of pairs: this runs for each line of the access log. */
function redactMembers(value: Record<string, unknown>, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    clean[key] = redactDeep(value[key], depth + 1);
  }
  return clean;
}
