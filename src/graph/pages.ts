import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import type { WirePage } from './types.ts';

export interface ListOptions {
  /** In the plural, for messages: "users". */
  readonly what: string;
  /** More pages than there can be: a list that does not end is an error, not a listing. */
  readonly maxPages: number;
  readonly signal: AbortSignal;
}

/**
 * The pages of a collection, one at a time, nextLinks followed to the letter. Throws GraphError; who reads to the end
 * has all of it.
 */
export async function* readPages<T>(
  call: CallGraph,
  first: string,
  { what, maxPages, signal }: ListOptions,
): AsyncGenerator<readonly T[]> {
  let path: string | undefined = first;
  for (let page = 0; path !== undefined; page += 1) {
    if (page === maxPages) {
      throw new GraphError('protocol', `Graph gave ${maxPages} pages of ${what} and no end`);
    }
    const { json } = await call({ method: 'GET', path, signal });
    const answer = json as WirePage<T> | undefined;
    if (!Array.isArray(answer?.value)) {
      throw new GraphError('protocol', `Graph answered a list of ${what} without its value`);
    }
    yield answer.value;
    path = answer['@odata.nextLink'];
  }
}
