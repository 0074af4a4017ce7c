import { currentCaller } from './caller.ts';

/** The number of waits for each connection. */
const waits = new WeakMap<object, number>();

/** Waits for `turn`; meanwhile the caller's connection may be silent, because we make it wait. */
export async function holdBack<T>(turn: Promise<T>): Promise<T> {
  const connection = currentCaller()?.connection;
  if (connection === undefined) {
    return turn;
  }
  waits.set(connection, (waits.get(connection) ?? 0) + 1);
  try {
    return await turn;
  } finally {
    waits.set(connection, waits.get(connection)! - 1);
  }
}

/** Returns true while a request of this connection is made to wait. */
export function isHeldBack(connection: object): boolean {
  return (waits.get(connection) ?? 0) > 0;
}
