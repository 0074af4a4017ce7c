import type { Item, UploadSession } from './drive.ts';
import type { Exchange, World } from './exchange.ts';
import { now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { User } from './tenant.ts';

/** How long a download URL works; an hour is what the docs promise. */
const DOWNLOAD_LIFE_MS = 60 * 60 * 1000;

interface Claims {
  readonly drive: string;
  readonly item: string;
  readonly exp: number;
}

/** A fresh `@microsoft.graph.downloadUrl`. */
export function downloadUrl(world: World, user: User, item: Item): string {
  const claims = { drive: user.drive.id, item: item.id, exp: world.settings.clock.now() + DOWNLOAD_LIFE_MS };
  const base = world.settings.downloadBase === 'loopback' ? world.loopbackUrl : `https://${world.tenant.contentHost}`;
  const query = `UniqueId=${item.guid}&Translate=false&tempauth=${tempauth(world, claims)}&ApiVersion=2.0`;
  return `${base}/personal/${user.site}/_layouts/15/download.aspx?${query}`;
}

/** The address of an upload session. */
export function uploadUrl(world: World, user: User, session: UploadSession): string {
  const claims = { drive: user.drive.id, item: session.guid, exp: 0 };
  const query = `guid='${session.guid}'&overwrite=${session.conflict === 'replace' ? 'True' : 'False'}&rename=False&dc=0&tempauth=${tempauth(world, claims)}`;
  return `https://${world.tenant.contentHost}/personal/${user.site}/_api/v2.0/drives/${user.drive.id}/items/${session.parentId}/uploadSession?${query}`;
}

/** The address of a copy's monitor. */
export function monitorUrl(world: World, user: User, operation: string): string {
  const claims = { drive: user.drive.id, item: operation, exp: 0 };
  return `https://${world.tenant.contentHost}/personal/${user.site}/_api/v2.1/drives/${user.drive.id}/operations/${operation}?c=0&v=2.0&tempauth=${tempauth(world, claims)}`;
}

/**
 * Refuses a request to a pre-authenticated URL that carries credentials, was altered or has expired; else gives what the URL is
 * for. Whether it was altered is a comparison to the letter: the order of the query counts.
 */
export function checkPreAuthenticated(
  exchange: Exchange,
  kind: 'download' | 'upload' | 'monitor',
): { user: User; item: string } {
  const { world } = exchange;
  if (
    exchange.request.headers.authorization !== undefined &&
    world.strict.rules.authorizationOnPreAuthenticatedUrl === 'reject'
  ) {
    world.strict.report('authorization', `${exchange.request.method} ${exchange.url.pathname} carries Authorization`);
    throw refused('The request carries credentials; the URL has its own.');
  }
  const claims = readTempauth(world, exchange.url.searchParams.get('tempauth') ?? '');
  const user = claims && world.tenant.findDrive(claims.drive);
  if (claims === undefined || user === undefined || !isVerbatim(exchange, kind, user)) {
    world.strict.report('altered-url', `${exchange.request.method} ${exchange.url.pathname} was altered`);
    throw refused('The URL is not one that was given out.');
  }
  if (claims.exp !== 0 && claims.exp <= now(exchange)) {
    throw refused('The URL has expired.');
  }
  return { user, item: claims.item };
}

const SHAPES = {
  download:
    /^\/personal\/([^/]+)\/_layouts\/15\/download\.aspx\?UniqueId=[0-9a-f-]+&Translate=false&tempauth=[\w.-]+&ApiVersion=2\.0$/,
  upload:
    /^\/personal\/([^/]+)\/_api\/v2\.0\/drives\/[^/]+\/items\/[^/]+\/uploadSession\?guid='[0-9a-f-]+'&overwrite=(?:True|False)&rename=False&dc=0&tempauth=[\w.-]+$/,
  monitor: /^\/personal\/([^/]+)\/_api\/v2\.1\/drives\/[^/]+\/operations\/[0-9a-f-]+\?c=0&v=2\.0&tempauth=[\w.-]+$/,
};

function isVerbatim(exchange: Exchange, kind: keyof typeof SHAPES, user: User): boolean {
  return SHAPES[kind].exec(exchange.target)?.[1] === user.site;
}

function tempauth(world: World, claims: Claims): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `v1.${payload}.${world.tenant.sign(payload)}`;
}

function readTempauth(world: World, text: string): Claims | undefined {
  const [, payload, signature] = text.split('.');
  if (payload === undefined || signature !== world.tenant.sign(payload)) {
    return undefined;
  }
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
}

function refused(message: string): GraphFault {
  return new GraphFault('unauthenticated', message);
}
