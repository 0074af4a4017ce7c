import type { Exchange, Reply } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

/** The operation of a request: Microsoft's name, its price, and its function. */
export interface Route {
  readonly operation: string;
  readonly resourceUnits: number;
  readonly run: () => Reply | Promise<Reply>;
}

/** An unknown operation is 501, never a guess. */
export function unknownRoute({ request, host, url }: Exchange): Route {
  return {
    operation: 'unknown',
    resourceUnits: 0,
    run: () => {
      throw new GraphFault('notImplemented', `The emulator does not support ${request.method} ${host}${url.pathname}`);
    },
  };
}
