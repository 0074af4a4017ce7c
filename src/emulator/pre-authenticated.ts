import { contentHostOf, THUMBNAIL_HOST } from './content-hosts.ts';
import type { Item } from './drive-reader.ts';
import type { Exchange, World } from './exchange.ts';
import { now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { type Library, siteUrl } from './site.ts';
import type { UploadSession } from './upload-sessions.ts';

/** Lifetime of a download URL; the docs promise an hour. */
const DOWNLOAD_LIFE_MS = 60 * 60 * 1000;
/** All hosts in one. */
const LOOPBACK = '127.0.0.1';

interface Claims {
  readonly drive: string;
  readonly item: string;
  /** The number of an old version. */
  readonly version?: number;
  /** Of a thumbnail: `small`, `c200x150`. */
  readonly size?: string;
  /** Seconds since 1970; 0 for never. */
  readonly exp: number;
}

/** Returns a fresh `@microsoft.graph.downloadUrl`, of the current content or of an old version. */
export function downloadUrl(world: World, library: Library, item: Item, version?: number): string {
  const claims = { drive: library.drive.id, item: item.guid, version, exp: expiry(world, DOWNLOAD_LIFE_MS) };
  const { host, path } = library.site;
  const base =
    world.settings.downloadBase === 'loopback' ? world.loopbackUrl : `https://${contentHostOf(world.settings, host)}`;
  const query = `UniqueId=${item.guid}&Translate=false&tempauth=${tempauth(world, claims)}&ApiVersion=2.0`;
  return `${base}${encodeURI(path)}/_layouts/15/download.aspx?${query}`;
}

/** Returns the URL of a picture's thumbnail of that size. */
export function thumbnailUrl(world: World, { drive }: Library, { item, size }: { item: Item; size: string }): string {
  const claims = { drive: drive.id, item: item.guid, size, exp: expiry(world, DOWNLOAD_LIFE_MS) };
  const base = world.settings.downloadBase === 'loopback' ? world.loopbackUrl : `https://${THUMBNAIL_HOST}`;
  return `${base}/transform/thumbnail?provider=spo&docid=${item.guid}&tempauth=${tempauth(world, claims)}`;
}

/** Returns the URL of a page that shows the file. */
export function previewUrl(world: World, { site, drive }: Library, item: Item): string {
  const claims = { drive: drive.id, item: item.guid, exp: expiry(world, DOWNLOAD_LIFE_MS) };
  return `${siteUrl(site)}/_layouts/15/embed.aspx?UniqueId=${item.guid}&tempauth=${tempauth(world, claims)}`;
}

/** Returns the URL of an upload session. */
export function uploadUrl(world: World, { site, drive }: Library, session: UploadSession): string {
  const claims = { drive: drive.id, item: session.guid, exp: 0 };
  const parent = drive.store.byKey(session.parent);
  const parentId = parent === undefined ? drive.idOf(drive.root) : drive.idOf(parent);
  const query = `guid='${session.guid}'&overwrite=${session.conflict === 'replace' ? 'True' : 'False'}&rename=False&dc=0&tempauth=${tempauth(world, claims)}`;
  const base =
    world.settings.downloadBase === 'loopback' ? `${world.loopbackUrl}${encodeURI(site.path)}` : siteUrl(site);
  return `${base}/_api/v2.0/drives/${drive.id}/items/${parentId}/uploadSession?${query}`;
}

/** Returns the URL of a copy's monitor. */
export function monitorUrl(world: World, { site, drive }: Library, operation: string): string {
  const claims = { drive: drive.id, item: operation, exp: 0 };
  return `${siteUrl(site)}/_api/v2.1/drives/${drive.id}/operations/${operation}?c=0&v=2.0&tempauth=${tempauth(world, claims)}`;
}

/**
 * Refuses a request to a pre-authenticated URL that carries credentials, was altered or has expired; else returns the
 * URL's purpose. Compares the URL exactly: the order of the query counts.
 */
export function checkPreAuthenticated(
  exchange: Exchange,
  kind: PreAuthenticated,
): { library: Library; item: string; version: number | undefined; size: string | undefined } {
  const { world } = exchange;
  if (
    exchange.request.headers.authorization !== undefined &&
    world.strict.rules.authorizationOnPreAuthenticatedUrl === 'reject'
  ) {
    world.strict.report('authorization', `${exchange.request.method} ${exchange.url.pathname} carries Authorization`);
    throw refused('The request has credentials, but the URL contains its own.');
  }
  const claims = readTempauth(world, exchange.url.searchParams.get('tempauth') ?? '');
  const library = claims && world.tenants.findLibrary(claims.drive);
  if (claims === undefined || library === undefined || !isVerbatim(exchange, kind, library)) {
    world.strict.report('altered-url', `${exchange.request.method} ${exchange.url.pathname} was altered`);
    throw refused('This URL was never issued.');
  }
  if (claims.exp !== 0 && claims.exp * 1000 <= now(exchange)) {
    throw refused('The URL has expired.');
  }
  return { library, item: claims.item, version: claims.version, size: claims.size };
}

/** The path after the site's own, which is the first group. */
const SHAPES = {
  download:
    /^(.*)\/_layouts\/15\/download\.aspx\?UniqueId=[0-9a-f-]+&Translate=false&tempauth=[\w.-]+&ApiVersion=2\.0$/,
  upload:
    /^(.*)\/_api\/v2\.0\/drives\/[^/]+\/items\/[^/]+\/uploadSession\?guid='[0-9a-f-]+'&overwrite=(?:True|False)&rename=False&dc=0&tempauth=[\w.-]+$/,
  preview: /^(.*)\/_layouts\/15\/embed\.aspx\?UniqueId=[0-9a-f-]+&tempauth=[\w.-]+$/,
  // Its host belongs to no site.
  thumbnail: /^()\/transform\/thumbnail\?provider=spo&docid=[0-9a-f-]+&tempauth=[\w.-]+$/,
  monitor: /^(.*)\/_api\/v2\.1\/drives\/[^/]+\/operations\/[0-9a-f-]+\?c=0&v=2\.0&tempauth=[\w.-]+$/,
};

type PreAuthenticated = keyof typeof SHAPES;

function isVerbatim({ target, host, world }: Exchange, kind: PreAuthenticated, { site }: Library): boolean {
  const ofSite = kind === 'download' ? contentHostOf(world.settings, site.host) : site.host;
  const [itsHost, itsPath] = kind === 'thumbnail' ? [THUMBNAIL_HOST, ''] : [ofSite, site.path];
  const isItsHost = host === itsHost || host === LOOPBACK;
  // WHATWG URL parsers write an apostrophe as %27 (URL standard, "special-query percent-encode set").
  return isItsHost && SHAPES[kind].exec(target.replaceAll('%27', "'"))?.[1] === encodeURI(itsPath);
}

/** Returns the expiry of a URL, in whole seconds as in tempauth. */
function expiry({ settings }: World, lifeMs: number): number {
  return Math.floor((settings.clock.now() + lifeMs) / 1000);
}

function tempauth(world: World, claims: Claims): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `v1.${payload}.${world.tenants.sign(payload)}`;
}

function readTempauth(world: World, text: string): Claims | undefined {
  const [, payload, signature] = text.split('.');
  if (payload === undefined || signature !== world.tenants.sign(payload)) {
    return undefined;
  }
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
}

function refused(message: string): GraphFault {
  return new GraphFault('unauthenticated', message);
}
