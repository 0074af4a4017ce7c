import type { CallGraph } from './client.ts';
import { type DriveInfo, readDrive } from './drives.ts';
import { GraphError } from './errors.ts';
import type { WireDrive, WirePage, WireSite } from './types.ts';

/** A site has some libraries, not thousands; a list of pages that does not end is an error. */
const MAX_PAGES = 50;

/**
 * A document library of a SharePoint site, given as host and path: by its name, as a browser shows it, or the site's default one (Graph docs,
 * "Get a site resource", "Get Drive", "List available drives"). Throws GraphError `answer` 404 when the site is not there, and
 * `no-library` when none of its libraries has the name.
 */
export async function getSiteDrive(
  call: CallGraph,
  { site, library }: { site: string; library: string | undefined },
  signal: AbortSignal,
): Promise<DriveInfo> {
  const siteId = await getSiteId(call, site, signal);
  if (library === undefined) {
    const { json } = await call({ method: 'GET', path: `/sites/${siteId}/drive?$select=id,quota`, signal });
    return readDrive(json);
  }
  const libraries = await listLibraries(call, siteId, signal);
  const found = libraries.find(({ name }) => name?.toLowerCase() === library.toLowerCase());
  if (found === undefined) {
    const names = libraries.map(({ name }) => `"${name}"`).join(', ');
    throw new GraphError('answer', `the site has no library "${library}"; it has: ${names}`, {
      status: 404,
      codes: [NO_LIBRARY],
    });
  }
  return readDrive(found);
}

/** A code of our own: Graph is not asked for the library, so it has none for it. */
export const NO_LIBRARY = 'nosuchlibrary';

async function getSiteId(call: CallGraph, site: string, signal: AbortSignal): Promise<string> {
  const [host = '', ...names] = site.split('/');
  const path = names.length === 0 ? host : `${host}:/${names.map(encodeURIComponent).join('/')}`;
  const { json } = await call({ method: 'GET', path: `/sites/${path}?$select=id`, signal });
  const { id } = (json ?? {}) as WireSite;
  if (typeof id !== 'string') {
    throw new GraphError('protocol', 'Graph answered a site without an id');
  }
  return id;
}

async function listLibraries(call: CallGraph, siteId: string, signal: AbortSignal): Promise<WireDrive[]> {
  const libraries: WireDrive[] = [];
  let path: string | undefined = `/sites/${siteId}/drives?$select=id,name,quota`;
  for (let page = 0; path !== undefined; page += 1) {
    if (page === MAX_PAGES) {
      throw new GraphError('protocol', `Graph gave ${MAX_PAGES} pages of libraries and no end`);
    }
    const { json } = await call({ method: 'GET', path, signal });
    const answer = json as WirePage<WireDrive> | undefined;
    if (!Array.isArray(answer?.value)) {
      throw new GraphError('protocol', 'Graph answered a list of libraries without its value');
    }
    libraries.push(...answer.value);
    path = answer['@odata.nextLink'];
  }
  return libraries;
}
