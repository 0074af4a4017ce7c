import type { Item } from './drive-reader.ts';
import type { Exchange, World } from './exchange.ts';
import { readFacets } from './facets.ts';
import { GraphFault } from './graph-error.ts';
import { mimeTypeOf } from './mime-types.ts';
import { downloadUrl } from './pre-authenticated.ts';
import { linksOf, widest } from './sharing.ts';
import { isPersonal, type Library, libraryUrl } from './site.ts';
import type { LinkScope } from './store/permission-store.ts';

/** Properties of the v1.0 driveItem (Graph docs, "driveItem resource type") that the emulator models. */
const MODELLED = [
  ...['id', 'name', 'size', 'eTag', 'cTag', 'webUrl', 'createdDateTime', 'lastModifiedDateTime', 'createdBy'],
  ...['lastModifiedBy', 'parentReference', 'fileSystemInfo', 'file', 'folder', 'root', 'package', 'remoteItem'],
  ...['malware', 'deleted', 'description', 'publication', 'content.downloadUrl', 'children', 'shared'],
];
/** Properties of the v1.0 driveItem that are not modelled: requests for them are 501. */
const NOT_MODELLED = [
  ...['audio', 'image', 'location', 'photo', 'video', 'bundle', 'pendingOperations', 'searchResult', 'sharepointIds'],
  ...['specialFolder', 'webDavUrl', 'analytics', 'listItem', 'permissions', 'retentionLabel', 'subscriptions'],
  ...['thumbnails', 'versions', 'content', 'createdByUser', 'lastModifiedByUser', 'workbook'],
];

const DOWNLOAD_URL = '@microsoft.graph.downloadUrl';

/** Renders the items of one answer; looks up shared parent folders once. */
export class ItemRenderer {
  readonly #world: World;
  readonly #library: Library;
  readonly #parents = new Map<number, { item: Item; path: string }>();
  readonly #identities = new Map<number, unknown>();
  /** Of folders. */
  readonly #scopes = new Map<number, LinkScope | undefined>();

  constructor(world: World, library: Library) {
    this.#world = world;
    this.#library = library;
  }

  /** Renders a driveItem as Graph does for OneDrive for Business. */
  render(item: Item, select?: string): Record<string, unknown> {
    if (select === undefined) {
      return this.#whole(item, () => true);
    }
    const names = readSelect(select);
    const whole = this.#whole(item, name => names.includes(name));
    return this.#select(item, whole, names);
  }

  /** Renders all properties; those that cost most, a signature and a look at the links, only when they are wanted. */
  #whole(item: Item, isWanted: (name: string) => boolean): Record<string, unknown> {
    const { shownSize, isNameless, remoteItem, malware } = readFacets(item.facets);
    const json: Record<string, unknown> = {
      ...(item.kind === 'file' && isWanted(DOWNLOAD_URL) ? { [DOWNLOAD_URL]: this.#url(item) } : {}),
      ...this.#common(item),
      ...(item.kind === 'file' ? { cTag: cTag(item) } : {}),
      size: shownSize === undefined ? this.#size(item) : shownSize,
      ...this.#kind(item),
      ...(remoteItem === undefined ? {} : { remoteItem: this.#remoteItem(remoteItem) }),
      ...(malware === undefined ? {} : { malware: { description: malware } }),
      ...(isWanted('shared') ? this.#shared(item) : {}),
    };
    if (isNameless) {
      delete json.name;
    }
    if (shownSize === null) {
      delete json.size;
    }
    return json;
  }

  #size({ kind, size }: Item): number {
    return kind === 'folder' && this.#library.quirks.hasNegativeFolderSizes ? -1 : size;
  }

  #common(item: Item): Record<string, unknown> {
    const { path } = this.#parentOf(item);
    return {
      id: this.#library.drive.idOf(item),
      name: item.name,
      eTag: eTag(item),
      webUrl: `${libraryUrl(this.#library)}${item.parent === null ? '' : `${path}/${encodeURIComponent(item.name)}`}`,
      createdDateTime: time(item.created),
      lastModifiedDateTime: time(item.modified),
      createdBy: this.#identity(item.createdBy),
      lastModifiedBy: this.#identity(item.modifiedBy),
      parentReference: this.#parentReference(item),
      fileSystemInfo: { createdDateTime: time(item.fsCreated), lastModifiedDateTime: time(item.fsModified) },
    };
  }

  /** Returns the facet for the item's kind. */
  #kind(item: Item): Record<string, unknown> {
    const { isBare, isHashless, packageType = 'oneNote' } = readFacets(item.facets);
    if (isBare || item.kind === 'remoteItem') {
      return {};
    }
    switch (item.kind) {
      case 'file': {
        const hashes = isHashless ? {} : { hashes: { quickXorHash: item.hash } };
        return { file: { mimeType: mimeTypeOf(item.name), ...hashes } };
      }
      case 'folder':
        return { folder: { childCount: item.childCount }, ...(item.parent === null ? { root: {} } : {}) };
      case 'package':
        return { package: { type: packageType } };
    }
  }

  #remoteItem({ driveId, itemId }: { driveId: string; itemId: string }): Record<string, unknown> {
    const library = this.#world.tenants.findLibrary(driveId);
    const target = library?.drive.find(itemId);
    const known = library && target && new ItemRenderer(this.#world, library).render(target);
    return {
      id: itemId,
      parentReference: { driveId, driveType: 'business' },
      ...(known && {
        ...{ name: known.name, size: known.size, webUrl: known.webUrl, fileSystemInfo: known.fileSystemInfo },
        ...(known.folder === undefined ? { file: known.file } : { folder: known.folder }),
      }),
    };
  }

  #parentReference(item: Item): Record<string, unknown> {
    const { drive, folder } = this.#library;
    const ofDrive = { driveType: driveType(this.#library), driveId: drive.id };
    if (item.parent === null) {
      return ofDrive;
    }
    const { item: parent, path } = this.#parentOf(item);
    return {
      ...ofDrive,
      id: drive.idOf(parent),
      name: parent.parent === null ? folder : parent.name,
      path: `/drives/${drive.id}/root:${path}`,
      siteId: drive.spec.siteId,
    };
  }

  /** Returns the item's folder with its encoded path from the root; for the root, the root itself. */
  #parentOf(item: Item): { item: Item; path: string } {
    const key = item.parent ?? item.key;
    const { drive } = this.#library;
    let found = this.#parents.get(key);
    if (found === undefined) {
      const parent = item.parent === null ? item : drive.store.byKey(item.parent)!;
      const path = drive.pathOf(parent).map(name => `/${encodeURIComponent(name)}`);
      found = { item: parent, path: path.join('') };
      this.#parents.set(key, found);
    }
    return found;
  }

  /** Renders the facet for items in shared folders too (Graph docs, "shared resource type"). */
  #shared(item: Item): Record<string, unknown> {
    const scope = this.#scopeOf(item);
    return scope === undefined ? {} : { shared: { scope } };
  }

  /** Returns the widest scope of the item's sharing. */
  #scopeOf(item: Item): LinkScope | undefined {
    if (this.#scopes.has(item.key)) {
      return this.#scopes.get(item.key);
    }
    const parent = item.parent === null ? undefined : this.#parentOf(item).item;
    const own = linksOf(this.#world, item).map(link => link.scope);
    const scope = widest([...own, parent && this.#scopeOf(parent)]);
    if (item.kind === 'folder') {
      this.#scopes.set(item.key, scope);
    }
    return scope;
  }

  #identity(key: number): unknown {
    let found = this.#identities.get(key);
    if (found === undefined) {
      found = JSON.parse(this.#library.drive.store.identity(key));
      this.#identities.set(key, found);
    }
    return found;
  }

  /** Included only when it is selected (Graph docs, "publicationFacet resource type"). */
  #publication({ facets, versionNumber }: Item): Record<string, unknown> {
    const { checkedOutBy } = readFacets(facets);
    return {
      level: checkedOutBy === undefined ? 'published' : 'checkout',
      versionId: `${versionNumber}.0`,
      ...(checkedOutBy === undefined ? {} : { checkedOutBy: { user: { displayName: checkedOutBy } } }),
    };
  }

  #url(item: Item): string {
    return downloadUrl(this.#world, this.#library, item);
  }

  /** Keeps the properties in `$select`; the download URL is an annotation and needs its own property path there. */
  #select(item: Item, whole: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
    const chosen: Record<string, unknown> = {};
    for (const name of names) {
      if (name === 'content.downloadUrl') {
        Object.assign(chosen, item.kind === 'file' ? { [DOWNLOAD_URL]: this.#url(item) } : {});
      } else if (name === 'publication' && item.kind === 'file') {
        chosen.publication = this.#publication(item);
      } else if (name in whole) {
        chosen[name] = whole[name];
      }
    }
    // Graph adds the entity tag's annotation to every selection.
    return { '@odata.etag': whole.eTag, ...chosen };
  }
}

/** Renders an answer of one item, with its context. */
export function itemReply(
  exchange: Exchange,
  library: Library,
  item: Item,
  status: number,
): { status: number; json: unknown } {
  const select = selectOf(exchange);
  const json = new ItemRenderer(exchange.world, library).render(item, select);
  return { status, json: withContext(exchange, json, `drives('${library.drive.id}')/items/$entity`) };
}

/**
 * Returns the names in `$select`, also without the `$`, as some clients send it (microsoft-graph-docs 20212).
 */
export function selectOf({ url }: Exchange): string | undefined {
  return url.searchParams.get('$select') ?? undefined;
}

/** Checks the names in `$select`: an unknown one is refused, an unmodelled one is 501. */
function readSelect(select: string): string[] {
  const names = select.split(',').map(part => part.trim());
  for (const name of names) {
    if (NOT_MODELLED.includes(name)) {
      throw new GraphFault('notImplemented', `The emulator does not support ${name} of a driveItem.`);
    }
    if (!MODELLED.includes(name) && !name.startsWith('@')) {
      const text = `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.driveItem'.`;
      throw new GraphFault('BadRequest', text);
    }
  }
  return names.filter(name => !name.startsWith('@'));
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

/** Formats a time; Graph's times have whole seconds. */
export function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

export function driveType({ site }: Library): 'business' | 'documentLibrary' {
  return isPersonal(site) ? 'business' : 'documentLibrary';
}
