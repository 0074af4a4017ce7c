import type { Exchange, Reply } from '../exchange.ts';
import type { Access } from '../permissions.ts';
import { graphSiteId, type Site } from '../site.ts';
import { authenticate } from '../tokens.ts';
import { driveGetOfSite } from './drive-get.ts';
import { driveListOfSite } from './drive-list.ts';
import { answerSite, permitted } from './site-get.ts';

/** `GET /sites/{hostname}:/{server-relative-path}` (Graph docs, "Get a site resource by path"). */
export function siteGetByPath(exchange: Exchange, host: string, path: string): Reply {
  return answerSite(exchange, existingSiteByPath(exchange, { host, path }, 'readSites'));
}

/** `GET /sites/{hostname}:/{path}:/drive`. */
export function siteDriveByPath(exchange: Exchange, host: string, path: string): Reply {
  return driveGetOfSite(exchange, graphSiteId(existingSiteByPath(exchange, { host, path }, 'readFiles')));
}

/** `GET /sites/{hostname}:/{path}:/drives`. */
export function siteDrivesByPath(exchange: Exchange, host: string, path: string): Reply {
  return driveListOfSite(exchange, graphSiteId(existingSiteByPath(exchange, { host, path }, 'readFiles')));
}

/** Returns the site, if the caller may open it; `path` is relative to the server, without a leading slash. */
export function existingSiteByPath(
  exchange: Exchange,
  { host, path }: { host: string; path: string },
  access: Access,
): Site {
  const { tenant } = authenticate(exchange);
  const wanted = `/${path.toLowerCase()}`.replace(/\/+$/, '');
  const site = tenant.sites.find(each => each.host === host.toLowerCase() && each.path.toLowerCase() === wanted);
  return permitted(exchange, site, { access, tenant, host: host.toLowerCase() });
}
