import { refuseUnknownQuery, selectFrom } from '../directory-query.ts';
import { time, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseLocked } from '../no-drive.ts';
import type { Access } from '../permissions.ts';
import { graphSiteId, type Site, siteUrl } from '../site.ts';
import type { Tenant } from '../tenant.ts';
import { authenticate, authorize } from '../tokens.ts';

/** `GET /sites/{id}`, `/sites/{hostname}`, `/sites/root` (Graph docs, "Get a site resource"). */
export function siteGet(exchange: Exchange, siteId: string): Reply {
  return answerSite(exchange, existingSite(exchange, siteId, 'readSites'));
}

export function answerSite(exchange: Exchange, site: Site): Reply {
  refuseUnknownQuery(exchange, ['$select']);
  return { status: 200, json: withContext(exchange, renderSite(exchange, site), 'sites/$entity') };
}

/** The site, if the caller may; `itemNotFound`, or what `checkHost` says, where there is none. */
export function existingSite(exchange: Exchange, siteId: string, access: Access): Site {
  const { tenant } = authenticate(exchange);
  return permitted(exchange, findSite(tenant, siteId), { access, tenant, host: siteId.split(',')[0]! });
}

/** Refuses in the order: not permitted, another's host, not there, locked. */
export function permitted(
  exchange: Exchange,
  site: Site | undefined,
  { access, tenant, host }: { access: Access; tenant: Tenant; host: string },
): Site {
  authorize(exchange, access, site);
  if (site === undefined) {
    checkHost(tenant, host);
    throw new GraphFault('itemNotFound', 'Requested site could not be found');
  }
  refuseLocked(site, exchange.world.settings);
  return site;
}

/** A host name that is not the tenant's own is no site of its. */
function checkHost({ sharePointHost, personalHost }: Tenant, host: string): void {
  if (host.includes('.') && host !== sharePointHost && host !== personalHost) {
    throw new GraphFault('invalidRequest', 'Invalid hostname for this tenancy');
  }
}

/** By the three-part id, by the site collection's GUID alone, by its host for the root site, or `root`. */
function findSite(tenant: Tenant, id: string): Site | undefined {
  const host = id === 'root' ? tenant.sharePointHost : id.toLowerCase();
  return tenant.sites.find(
    site => [graphSiteId(site), site.siteId].includes(id.toLowerCase()) || (site.host === host && site.path === ''),
  );
}

export function renderSite(exchange: Exchange, site: Site): Record<string, unknown> {
  return selectFrom(exchange, {
    createdDateTime: time(site.created),
    displayName: site.displayName,
    id: graphSiteId(site),
    lastModifiedDateTime: time(site.created),
    name: site.path.split('/').at(-1)!,
    ...(site.path === '' ? { root: {} } : {}),
    siteCollection: { hostname: site.host },
    webUrl: siteUrl(site),
  });
}
