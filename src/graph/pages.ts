import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import type { WirePage } from './types.ts';

export interface ListOptions {
  /** The plural noun for messages: "users". */
  readonly what: string;
  /** More pages than possible: an endless list is an error, not a listing. */
  readonly maxPages: number;
  readonly signal: AbortSignal;
}

/**
 * Yields the pages of a collection one at a time, following each nextLink unchanged. Throws GraphError; a loop that
 * reaches the end has seen the whole collection.
 */
export async function* readPages<T>(
  call: CallGraph,
  first: string,
  { what, maxPages, signal }: ListOptions,
): AsyncGenerator<readonly T[]> {
  let path: string | undefined = first;
  for (let page = 0; path !== undefined; page += 1) {
    if (page === maxPages) {
      throw new GraphError('protocol', `Graph returned ${maxPages} pages of ${what} without an end`);
    }
    const { json } = await call({ method: 'GET', path, signal });
    const answer = json as WirePage<T> | undefined;
    if (!Array.isArray(answer?.value)) {
      throw new GraphError('protocol', `Graph returned a list of ${what} without its value`);
    }
    yield answer.value;
    path = answer['@odata.nextLink'];
  }
}
