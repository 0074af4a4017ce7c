import type { Exchange, Reply } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

/** What a request turned out to be: Microsoft's name for it, its price, and how to answer it. */
export interface Route {
  readonly operation: string;
  readonly resourceUnits: number;
  readonly run: () => Reply | Promise<Reply>;
}

/** What is not known is 501, never a guess. */
export function unknownRoute({ request, host, url }: Exchange): Route {
  return {
    operation: 'unknown',
    resourceUnits: 0,
    run: () => {
      throw new GraphFault('notImplemented', `The emulator does not know ${request.method} ${host}${url.pathname}`);
    },
  };
}
