import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * The same parts, with a turn of the event loop after each. A socket that takes everything at once would else let a
 * stream run to its end without anybody else being served.
 */
export async function* withTurns<T>(parts: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  for await (const part of parts) {
    yield part;
    await nextTurn();
  }
}
