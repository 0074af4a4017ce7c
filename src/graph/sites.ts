import type { CallGraph } from './client.ts';
import { type DriveInfo, readDrive } from './drives.ts';
import { GraphError } from './errors.ts';
import { readPages } from './pages.ts';
import type { WireDrive } from './types.ts';

/** A site has some libraries, not thousands. */
const MAX_PAGES = 50;

/** Our own code: Graph is not asked for the library itself, so it returns none. */
export const NO_LIBRARY = 'nosuchlibrary';

/**
 * Finds a document library of a SharePoint site, given as host and path: by its name, as a browser shows it, or the
 * site's default one (Graph docs, "Get Drive", "List available drives"). Never requests the site itself: that would
 * need a permission for sites as well as files. Throws GraphError `answer` 404 when the site does not exist, with
 * NO_LIBRARY among its codes when none of its libraries has the name.
 */
export async function getSiteDrive(
  call: CallGraph,
  { site, library }: { site: string; library: string | undefined },
  signal: AbortSignal,
): Promise<DriveInfo> {
  const path = sitePath(site);
  if (library === undefined) {
    const { json } = await call({ method: 'GET', path: `${path}/drive?$select=id,quota`, signal });
    return readDrive(json);
  }
  const libraries: WireDrive[] = [];
  const options = { what: 'libraries', maxPages: MAX_PAGES, signal };
  for await (const page of readPages<WireDrive>(call, `${path}/drives?$select=id,name,quota`, options)) {
    libraries.push(...page);
  }
  return readDrive(pickLibrary(libraries, library));
}

function pickLibrary(libraries: readonly WireDrive[], wanted: string): WireDrive {
  const found = libraries.find(({ name }) => name?.toLowerCase() === wanted.toLowerCase());
  if (found === undefined) {
    const names = libraries.map(({ name }) => `"${name}"`).join(', ');
    const details = { status: 404, codes: [NO_LIBRARY] };
    throw new GraphError('answer', `the site has no library "${wanted}"; it has: ${names}`, details);
  }
  return found;
}

/** Returns the path of a host's site, or of one below it (Graph docs, "Get a site by path"). */
function sitePath(site: string): string {
  const [host = '', ...names] = site.split('/');
  return names.length === 0 ? `/sites/${host}` : `/sites/${host}:/${names.map(encodeURIComponent).join('/')}:`;
}
