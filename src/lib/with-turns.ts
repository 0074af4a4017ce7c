import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Yields the same parts, with a turn of the event loop after each. Otherwise a stream to a socket that accepts
 * everything at once would run to its end before any other request is served.
 */
export async function* withTurns<T>(parts: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  for await (const part of parts) {
    yield part;
    await nextTurn();
  }
}
