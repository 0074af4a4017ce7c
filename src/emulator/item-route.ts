import type { ItemAddress } from './address.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Access } from './permissions.ts';

/** An operation on an item. */
export interface ItemRoute {
  readonly method: string;
  /** The URL after the item; `{name}` captures a segment, or the text between quotes. */
  readonly action: string;
  /** Microsoft's name of it. */
  readonly operation: string;
  /** SharePoint throttling page; it may depend on the query. */
  readonly resourceUnits: number | ((url: URL) => number);
  readonly access: Access;
  /** The query options that the operation supports; all others are refused. */
  readonly query: readonly string[];
  readonly run: (exchange: Exchange, address: ItemAddress) => Reply | Promise<Reply>;
}

export const SELECT = ['$select'];
export const CONFLICT = '@microsoft.graph.conflictBehavior';
export const PAGE = ['$top', '$skiptoken', '$skipToken', '$orderby'];

export const READ = { resourceUnits: 1, access: 'readFiles' } as const;
export const READ_MANY = { resourceUnits: 2, access: 'readFiles' } as const;
export const WRITE = { resourceUnits: 2, access: 'writeFiles' } as const;
