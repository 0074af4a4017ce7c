import type { Reply } from './exchange.ts';

/** What a request turned out to be: Microsoft's name for it, its price, and how to answer it. */
export interface Route {
  readonly operation: string;
  readonly resourceUnits: number;
  readonly run: () => Reply | Promise<Reply>;
}
