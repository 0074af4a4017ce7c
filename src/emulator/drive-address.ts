import { notFound } from './drive-reader.ts';
import type { Exchange } from './exchange.ts';
import { decodeName } from './item-path.ts';
import { existingLibrary, userWithDrive } from './operations/drive-get.ts';
import { existingSite } from './operations/site-get.ts';
import { existingSiteByPath } from './operations/site-getbypath.ts';
import type { Access } from './permissions.ts';
import { type Library, oneDriveOf, type Site } from './site.ts';

type Resolve = (exchange: Exchange, access: Access, keys: readonly string[]) => Library;

const USER_DRIVE: Resolve = (exchange, access, [user]) => oneDriveOf(userWithDrive(exchange, user!, access));
const SITE_DRIVE: Resolve = (exchange, access, [site]) => libraryOf(existingSite(exchange, site!, access));

/** The ways in which a URL names a drive, and the rest of the URL. */
const ADDRESSES: readonly (readonly [pattern: RegExp, resolve: Resolve])[] = [
  [/^\/drives\/([^/]+)(\/.*)$/, (exchange, access, [id]) => existingLibrary(exchange, id!, access)],
  [/^\/users\/([^/]+)\/drive(\/.*)$/, USER_DRIVE],
  [
    /^\/users\/([^/]+)\/drives\/([^/]+)(\/.*)$/,
    (exchange, access, keys) => libraryOf(USER_DRIVE(exchange, access, keys).site, keys[1]),
  ],
  [/^\/sites\/([^/:]+)\/drive(\/.*)$/, SITE_DRIVE],
  [
    /^\/sites\/([^/:]+)\/drives\/([^/]+)(\/.*)$/,
    (exchange, access, keys) => libraryOf(SITE_DRIVE(exchange, access, keys).site, keys[1]),
  ],
  [
    /^\/sites\/([^/:]+):\/([^:]*):\/drive(\/.*)$/,
    (exchange, access, [host, path]) => libraryOf(existingSiteByPath(exchange, { host: host!, path: path! }, access)),
  ],
];

/** A drive as a URL names it, and the path below it. */
export interface DriveAddress {
  readonly rest: string;
  readonly resolve: (exchange: Exchange, access: Access) => Library;
}

/** Undefined for a normalized path (`normalizeGraphPath`) that names nothing below a drive. */
export function parseDriveAddress(path: string): DriveAddress | undefined {
  for (const [pattern, resolve] of ADDRESSES) {
    const match = pattern.exec(path);
    if (match !== null) {
      const keys = match.slice(1, -1);
      return {
        rest: match.at(-1)!,
        resolve: (exchange, access) => resolve(exchange, access, keys.map(decodeName)),
      };
    }
  }
  return undefined;
}

/** The library of that id, or the default one. */
function libraryOf({ libraries }: Site, driveId = libraries[0]?.drive.id): Library {
  const library = libraries.find(({ drive }) => drive.id === driveId);
  if (library === undefined) {
    throw notFound();
  }
  return library;
}
