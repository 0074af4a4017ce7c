import type { Item } from './drive.ts';
import type { Exchange, World } from './exchange.ts';
import { downloadUrl } from './pre-authenticated.ts';
import { isPersonal, type Library, libraryUrl } from './site.ts';

/** A driveItem as Graph shows it for OneDrive for Business. */
export function renderItem(world: World, library: Library, item: Item, select?: string): Record<string, unknown> {
  const whole = item.children === undefined ? renderFile(world, library, item) : renderFolder(library, item);
  return select === undefined
    ? whole
    : selectProperties(whole, select, () => downloadUrl(world, library, item), item.children === undefined);
}

export function withContext(
  { url }: Exchange,
  json: Record<string, unknown>,
  fragment: string,
): Record<string, unknown> {
  return { '@odata.context': `${url.origin}/v1.0/$metadata#${fragment}`, ...json };
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

function renderFile(world: World, library: Library, item: Item): Record<string, unknown> {
  return {
    '@microsoft.graph.downloadUrl': downloadUrl(world, library, item),
    ...renderCommon(library, item),
    cTag: cTag(item),
    size: item.blob!.size,
    file: { mimeType: item.mimeType, hashes: { quickXorHash: item.blob!.quickXorHash } },
  };
}

function renderFolder(library: Library, item: Item): Record<string, unknown> {
  const isRoot = item.parentId === undefined;
  return {
    ...renderCommon(library, item),
    size: library.drive.sizeOf(item),
    folder: { childCount: item.children!.size },
    ...(isRoot ? { root: {} } : {}),
  };
}

function renderCommon(library: Library, item: Item): Record<string, unknown> {
  const path = library.drive.pathOf(item).map(encodeURIComponent).join('/');
  return {
    id: item.id,
    name: item.name,
    eTag: eTag(item),
    webUrl: `${libraryUrl(library)}/${path}`,
    createdDateTime: time(item.created),
    lastModifiedDateTime: time(item.modified),
    parentReference: renderParent(library, item),
    fileSystemInfo: { createdDateTime: time(item.fsCreated), lastModifiedDateTime: time(item.fsModified) },
  };
}

function renderParent(library: Library, item: Item): Record<string, unknown> {
  const { drive } = library;
  const ofDrive = { driveType: driveType(library), driveId: drive.id };
  if (item.parentId === undefined) {
    return ofDrive;
  }
  const parent = drive.items.get(item.parentId)!;
  const path = drive
    .pathOf(parent)
    .map(name => `/${encodeURIComponent(name)}`)
    .join('');
  return {
    ...ofDrive,
    id: parent.id,
    name: parent.parentId === undefined ? library.folder : parent.name,
    path: `/drives/${drive.id}/root:${path}`,
    siteId: drive.spec.siteId,
  };
}

export function driveType({ site }: Library): 'business' | 'documentLibrary' {
  return isPersonal(site) ? 'business' : 'documentLibrary';
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
