import { directoryPage, refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { isPersonal, type Site, siteUrl } from '../site.ts';
import { authorize } from '../tokens.ts';
import { renderSite } from './site-get.ts';

/**
 * `GET /sites?search={query}` (Graph docs, "Search for sites"): in names and addresses; `*` is all. `Sites.Selected`
 * does not open it.
 */
export function siteSearch(exchange: Exchange): Reply {
  const { tenant } = authorize(exchange, 'readSites');
  refuseUnknownQuery(exchange, ['search', '$select', '$top', '$skiptoken']);
  const query = exchange.url.searchParams.get('search');
  if (query === null) {
    throw new GraphFault('notImplemented', 'The emulator does not support GET /sites without search.');
  }
  const found = tenant.sites.filter(site => !isPersonal(site) && matches(site, query.toLowerCase()));
  const { items, annotations } = directoryPage(exchange, found);
  const value = items.map(site => renderSite(exchange, site));
  return { status: 200, json: withContext(exchange, { ...annotations, value }, 'sites') };
}

function matches(site: Site, query: string): boolean {
  return query === '*' || `${site.displayName} ${siteUrl(site)}`.toLowerCase().includes(query.replace(/\*$/, ''));
}
