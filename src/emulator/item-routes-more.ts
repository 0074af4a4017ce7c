import { type ItemRoute, READ, SELECT } from './item-route.ts';
import { driveitemDelta } from './operations/driveitem-delta.ts';

/** With a token a call of delta is cheap, without one it is dear (SharePoint throttling page). */
const DELTA = { method: 'GET', operation: 'driveItem-delta', access: 'readFiles' } as const;

/** Operations on the feed of changes, versions, sharing, search and thumbnails. */
export const MORE_ITEM_ROUTES: readonly ItemRoute[] = [
  {
    ...{ ...DELTA, action: 'delta', resourceUnits: (url: URL) => (url.searchParams.get('token') ? 1 : 2) },
    ...{ query: [...SELECT, '$top', 'top', 'token'], run: driveitemDelta },
  },
  {
    ...{ ...DELTA, action: "delta(token='{token}')", resourceUnits: READ.resourceUnits },
    ...{ query: [...SELECT, '$top', 'top'], run: driveitemDelta },
  },
];
