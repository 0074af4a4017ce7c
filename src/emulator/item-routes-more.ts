import { type ItemRoute, READ, READ_MANY, SELECT, WRITE } from './item-route.ts';
import { driveitemCreateLink } from './operations/driveitem-createlink.ts';
import { driveitemDelta } from './operations/driveitem-delta.ts';
import { driveitemListPermissions } from './operations/driveitem-list-permissions.ts';
import {
  driveitemGetThumbnail,
  driveitemGetThumbnailContent,
  driveitemListThumbnails,
} from './operations/driveitem-list-thumbnails.ts';
import { driveitemPreview } from './operations/driveitem-preview.ts';
import { driveitemSearch } from './operations/driveitem-search.ts';
import { driveitemversionDelete } from './operations/driveitemversion-delete.ts';
import { driveitemversionGet } from './operations/driveitemversion-get.ts';
import { driveitemversionGetContents } from './operations/driveitemversion-get-contents.ts';
import { driveitemversionRestore } from './operations/driveitemversion-restore.ts';
import { permissionDelete } from './operations/permission-delete.ts';
import { permissionGet } from './operations/permission-get.ts';

/** The price of operations on permissions, which is high (SharePoint throttling page). */
const PERMISSIONS = { resourceUnits: 5, query: [] } as const;

/** The price of delta: low with a token, high without one (SharePoint throttling page). */
const DELTA = { method: 'GET', operation: 'driveItem-delta', access: 'readFiles' } as const;

/** Operations on the feed of changes, versions, sharing, search and thumbnails. */
export const MORE_ITEM_ROUTES: readonly ItemRoute[] = [
  {
    ...{ ...DELTA, action: 'delta', resourceUnits: (url: URL) => (url.searchParams.get('token') ? 1 : 2) },
    ...{ query: [...SELECT, '$top', 'token'], run: driveitemDelta },
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
  {
    ...{ method: 'POST', action: 'createLink', operation: 'driveItem-createLink', access: 'writeFiles' },
    ...{ ...PERMISSIONS, run: driveitemCreateLink },
  },
  {
    ...{ method: 'GET', action: 'permissions', operation: 'driveItem-list-permissions', access: 'readFiles' },
    ...{ ...PERMISSIONS, run: driveitemListPermissions },
  },
  {
    ...{ method: 'GET', action: 'permissions/{permissionId}', operation: 'permission-get', access: 'readFiles' },
    ...{ ...PERMISSIONS, run: permissionGet },
  },
  {
    ...{ method: 'DELETE', action: 'permissions/{permissionId}', operation: 'permission-delete', access: 'writeFiles' },
    ...{ ...PERMISSIONS, run: permissionDelete },
  },
  {
    ...{ method: 'GET', action: "search(q='{q}')", operation: 'driveItem-search', ...READ_MANY },
    ...{ query: [...SELECT, '$top', '$skiptoken', '$skipToken'], run: driveitemSearch },
  },
  {
    ...{ method: 'GET', action: 'thumbnails', operation: 'driveItem-list-thumbnails', ...READ, query: ['$select'] },
    run: driveitemListThumbnails,
  },
  {
    ...{ method: 'GET', action: 'thumbnails/{set}/{size}', operation: 'thumbnail-get', ...READ, query: [] },
    run: driveitemGetThumbnail,
  },
  {
    ...{ method: 'GET', action: 'thumbnails/{set}/{size}/content', operation: 'thumbnail-get-content', ...READ },
    ...{ query: [], run: driveitemGetThumbnailContent },
  },
  {
    ...{ method: 'POST', action: 'preview', operation: 'driveItem-preview', ...READ, query: [] },
    run: driveitemPreview,
  },
];
