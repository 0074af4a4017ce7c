import type { Item } from './drive.ts';
import type { World } from './exchange.ts';
import { downloadUrl } from './pre-authenticated.ts';
import type { User } from './tenant.ts';

const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata#';

/** A driveItem as Graph shows it for OneDrive for Business. */
export function renderItem(world: World, user: User, item: Item, select?: string): Record<string, unknown> {
  const whole = item.children === undefined ? renderFile(world, user, item) : renderFolder(user, item);
  return select === undefined
    ? whole
    : selectProperties(whole, select, () => downloadUrl(world, user, item), item.children === undefined);
}

export function withContext(json: Record<string, unknown>, fragment: string): Record<string, unknown> {
  return { '@odata.context': `${CONTEXT}${fragment}`, ...json };
}

export function eTag(item: Item): string {
  return `"{${item.guid.toUpperCase()}},${item.etagVersion}"`;
}

export function cTag(item: Item): string {
  return `"c:{${item.guid.toUpperCase()}},${item.ctagVersion}"`;
}

/** Graph's times have whole seconds. */
export function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function renderFile(world: World, user: User, item: Item): Record<string, unknown> {
  return {
    '@microsoft.graph.downloadUrl': downloadUrl(world, user, item),
    ...renderCommon(user, item),
    cTag: cTag(item),
    size: item.blob!.size,
    file: { mimeType: item.mimeType, hashes: { quickXorHash: item.blob!.quickXorHash } },
  };
}

function renderFolder(user: User, item: Item): Record<string, unknown> {
  const isRoot = item.parentId === undefined;
  return {
    ...renderCommon(user, item),
    size: user.drive.sizeOf(item),
    folder: { childCount: item.children!.size },
    ...(isRoot ? { root: {} } : {}),
  };
}

function renderCommon(user: User, item: Item): Record<string, unknown> {
  const path = user.drive.pathOf(item).map(encodeURIComponent).join('/');
  return {
    id: item.id,
    name: item.name,
    eTag: eTag(item),
    webUrl: `${siteUrl(user)}/Documents/${path}`,
    createdDateTime: time(item.created),
    lastModifiedDateTime: time(item.modified),
    parentReference: renderParent(user, item),
    fileSystemInfo: { createdDateTime: time(item.fsCreated), lastModifiedDateTime: time(item.fsModified) },
  };
}

function renderParent(user: User, item: Item): Record<string, unknown> {
  const { drive } = user;
  if (item.parentId === undefined) {
    return { driveType: 'business', driveId: drive.id };
  }
  const parent = drive.items.get(item.parentId)!;
  const path = drive
    .pathOf(parent)
    .map(name => `/${encodeURIComponent(name)}`)
    .join('');
  return {
    driveType: 'business',
    driveId: drive.id,
    id: parent.id,
    name: parent.parentId === undefined ? 'Documents' : parent.name,
    path: `/drives/${drive.id}/root:${path}`,
    siteId: drive.spec.siteId,
  };
}

export function siteUrl(user: User): string {
  return `https://contoso-my.sharepoint.com/personal/${user.site}`;
}

/** `$select` keeps what it names; the download URL is an annotation and comes only under its property path. */
function selectProperties(
  whole: Record<string, unknown>,
  select: string,
  url: () => string,
  isFile: boolean,
): Record<string, unknown> {
  const chosen: Record<string, unknown> = {};
  for (const name of select.split(',').map(part => part.trim())) {
    if (name === 'content.downloadUrl') {
      Object.assign(chosen, isFile ? { '@microsoft.graph.downloadUrl': url() } : {});
    } else if (name in whole && !name.startsWith('@')) {
      chosen[name] = whole[name];
    }
  }
  // Graph adds the entity tag's annotation to whatever was selected.
  return { '@odata.etag': whole.eTag, ...chosen };
}
