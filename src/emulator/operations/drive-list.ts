import { refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import type { Site } from '../site.ts';
import { renderDrive, userWithDrive } from './drive-get.ts';
import { existingSite } from './site-get.ts';

/** `GET /sites/{id}/drives` (Graph docs, "List Drives"): the site's document libraries. */
export function driveListOfSite(exchange: Exchange, siteId: string): Reply {
  return answer(exchange, existingSite(exchange, siteId, 'readFiles'));
}

/** `GET /users/{id | userPrincipalName}/drives`. */
export function driveListOfUser(exchange: Exchange, idOrUpn: string): Reply {
  return answer(exchange, userWithDrive(exchange, idOrUpn, 'readFiles').site);
}

function answer(exchange: Exchange, site: Site): Reply {
  refuseUnknownQuery(exchange, ['$select', '$top']);
  const value = site.libraries.map(library => renderDrive(exchange, library));
  return { status: 200, json: withContext(exchange, { value }, 'drives') };
}
