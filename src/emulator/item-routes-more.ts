import { type ItemRoute, READ, SELECT, WRITE } from './item-route.ts';
import { driveitemDelta } from './operations/driveitem-delta.ts';
import { driveitemversionDelete } from './operations/driveitemversion-delete.ts';
import { driveitemversionGet } from './operations/driveitemversion-get.ts';
import { driveitemversionGetContents } from './operations/driveitemversion-get-contents.ts';
import { driveitemversionRestore } from './operations/driveitemversion-restore.ts';

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
  {
    ...{ method: 'GET', action: 'versions/{versionId}', operation: 'driveItemVersion-get', ...READ, query: [] },
    run: driveitemversionGet,
  },
  {
    ...{ method: 'GET', action: 'versions/{versionId}/content', operation: 'driveItemVersion-get-contents', ...READ },
    ...{ query: [], run: driveitemversionGetContents },
  },
  {
    ...{ method: 'DELETE', action: 'versions/{versionId}', operation: 'driveItemVersion-delete', ...WRITE, query: [] },
    run: driveitemversionDelete,
  },
  {
    ...{ method: 'POST', action: 'versions/{versionId}/restoreVersion', operation: 'driveItemVersion-restore' },
    ...{ ...WRITE, query: [], run: driveitemversionRestore },
  },
];
