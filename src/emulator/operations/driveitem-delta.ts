import { existing, type ItemAddress } from '../address.ts';
import { ChangeFeed, type FeedPosition, readFeedToken, resyncKindOf, writeFeedToken } from '../change-feed.ts';
import { driveType, ItemRenderer, selectOf } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { readPageSize } from '../page-size.ts';
import type { Library } from '../site.ts';
import type { Tombstone } from '../store/item-store.ts';

/** Prefix of a token that is a time (Graph docs, "driveItem: delta", for Business and SharePoint). */
const TIME = /^\d{4}-\d{2}-\d{2}T/;

/** `GET …/root/delta` (Graph docs, "driveItem: delta"): all items, or the changes since a token. */
export function driveitemDelta(exchange: Exchange, address: ItemAddress): Reply {
  const { library } = address;
  checkSupport(exchange, address);
  const token = address.args.token ?? exchange.url.searchParams.get('token') ?? '';
  const feed = new ChangeFeed(exchange.world, library.drive);
  const position = readPosition(exchange, library, { feed, token });
  if (token === 'latest') {
    return answer(exchange, { '@odata.deltaLink': linkTo(exchange, library, position), value: [] });
  }
  const withParents = exchange.request.headers.deltaexcludeparent === undefined;
  const { entries, next, delta } = feed.page({ position, size: readPageSize(exchange), withParents });
  const renderer = new ItemRenderer(exchange.world, library);
  const select = selectOf(exchange);
  const value = entries.map(entry =>
    'item' in entry ? withoutOmissions(renderer.render(entry.item, select)) : renderTombstone(library, entry.tombstone),
  );
  const link =
    next === undefined
      ? { '@odata.deltaLink': linkTo(exchange, library, delta) }
      : { '@odata.nextLink': linkTo(exchange, library, next) };
  return answer(exchange, { ...link, value });
}

function answer({ url }: Exchange, json: Record<string, unknown>): Reply {
  return { status: 200, json: { '@odata.context': `${url.origin}/v1.0/$metadata#Collection(driveItem)`, ...json } };
}

function checkSupport({ world }: Exchange, address: ItemAddress): void {
  const { deltaSupported, deltaUnsupportedStatus } = world.settings;
  const isGlobal = address.caller.tenant.cloud.name === 'global';
  if (deltaSupported === false || (deltaSupported === 'global-cloud' && !isGlobal)) {
    throw deltaUnsupportedStatus === 501
      ? new GraphFault('notSupported', 'The operation is not supported.')
      : new GraphFault('invalidRequest', "Parameter 'DeltaToken' not supported for this request");
  }
  if (existing(address).parent !== null) {
    // In these words: onedrive-api-docs 842, 1060.
    throw new GraphFault('notSupported', 'view.delta can only be called on the root.');
  }
}

function readPosition(
  exchange: Exchange,
  library: Library,
  { feed, token }: { feed: ChangeFeed; token: string },
): FeedPosition {
  if (token === '') {
    return feed.beginning();
  }
  if (token === 'latest') {
    return feed.latest();
  }
  const time = TIME.test(token) ? Date.parse(token) : Number.NaN;
  if (!Number.isNaN(time)) {
    return feed.since(time);
  }
  const position = readFeedToken(library.drive, token);
  if (position === undefined || !feed.isPossible(position)) {
    throw exchange.world.settings.deltaInvalidTokenStatus === 410
      ? resyncRequired(exchange, library, feed)
      : new GraphFault('invalidRequest', 'The delta token is not valid.');
  }
  if (feed.isExpired(position)) {
    throw resyncRequired(exchange, library, feed);
  }
  return position;
}

/** Returns 410, with the link to start anew. */
function resyncRequired(exchange: Exchange, library: Library, feed: ChangeFeed): GraphFault {
  return new GraphFault('resyncRequired', "Resync required. Replace any local items with the server's version.", {
    innerCode: resyncKindOf(exchange.world.db, library.drive),
    headers: { location: linkTo(exchange, library, feed.beginning()) },
  });
}

/** Renders a link, with the options of the request. */
function linkTo({ url }: Exchange, { drive }: Library, position: FeedPosition): string {
  const token = writeFeedToken(drive, position);
  const link = new URL(`${url.origin}/v1.0/drives/${drive.id}/root/delta`);
  // In the query, where rclone's ChangeNotify looks for it.
  link.searchParams.set('token', token);
  for (const [name, text] of url.searchParams) {
    if (name !== 'token') {
      link.searchParams.set(name, text);
    }
  }
  return link.href;
}

/** Renders an item; Business omits the cTag and the parent's path (Graph docs, "driveItem: delta", remarks). */
function withoutOmissions({ cTag: _, ...json }: Record<string, unknown>): Record<string, unknown> {
  const { parentReference } = json;
  if (typeof parentReference !== 'object' || parentReference === null) {
    return json;
  }
  return { ...json, parentReference: { ...parentReference, path: undefined } };
}

/** Renders a deleted item, which has no name and no cTag on Business (same page). */
function renderTombstone(library: Library, { guid, parentGuid, kind }: Tombstone): Record<string, unknown> {
  const { drive } = library;
  return {
    '@odata.type': '#microsoft.graph.driveItem',
    id: drive.idOfGuid(guid),
    parentReference: {
      driveType: driveType(library),
      driveId: drive.id,
      id: drive.idOfGuid(parentGuid),
      siteId: drive.spec.siteId,
    },
    ...(kind === 'folder' ? { folder: {} } : { file: {} }),
    deleted: { state: 'deleted' },
  };
}
