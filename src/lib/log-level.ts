import type { Logger } from 'pino';

/** From the most lines to the fewest. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All child loggers that are in use: pino gives each the level of its parent once, when it is made. */
const children = new Set<WeakRef<Logger>>();
const forgotten = new FinalizationRegistry<WeakRef<Logger>>(child => children.delete(child));

/** For pino's option `onChild`. */
export function rememberChild(child: Logger): void {
  const held = new WeakRef(child);
  children.add(held);
  forgotten.register(child, held);
}

/** Sets the level of a logger and of all child loggers made below it, at any depth. */
export function setLogLevel(log: Logger, level: LogLevel): void {
  log.level = level;
  for (const held of children) {
    const child = held.deref();
    // A child has its parent as its prototype.
    if (child !== undefined && Object.prototype.isPrototypeOf.call(log, child)) {
      child.level = level;
    }
  }
}
