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

/** Returns the site, if the caller may open it; if there is none, throws `itemNotFound` or the error of `checkHost`. */
export function existingSite(exchange: Exchange, siteId: string, access: Access): Site {
  const { tenant } = authenticate(exchange);
  return permitted(exchange, findSite(tenant, siteId), { access, tenant, host: siteId.split(',')[0]! });
}

/** Refuses in this order: not permitted, foreign host, missing, locked. */
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

/** Refuses a host name that is not the tenant's own. */
function checkHost({ sharePointHost, personalHost }: Tenant, host: string): void {
  if (host.includes('.') && host !== sharePointHost && host !== personalHost) {
    throw new GraphFault('invalidRequest', 'Invalid hostname for this tenancy');
  }
}

/** Finds a site by its three-part id, its site collection's GUID, the root site's host, or `root`. */
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
